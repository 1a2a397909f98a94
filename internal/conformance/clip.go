package conformance

import (
	"math"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/optim"
)

// addClip scales the given gradients as torch.nn.utils.clip_grad_norm_ does, or
// bounds them as clip_grad_value_.
func (b *builder) addClip() {
	var names []string
	var grads []graph.Value
	for _, g := range b.c.Given {
		if g.Kind == "grad_in" {
			names, grads = append(names, g.Name), append(grads, b.at(g.Name))
		}
	}
	args := options(b.c.Args)
	switch name := b.c.Torch[strings.LastIndex(b.c.Torch, ".")+1:]; name {
	case "clip_grad_norm_", "clip_grad_norm":
		var norm graph.Value
		grads, norm = optim.ClipGradNorm(grads, args.num("max_norm", 1), normType(args))
		for _, e := range b.c.Expect {
			if e.Kind == "output" {
				b.Output("output "+e.Name, norm)
			}
		}
	case "clip_grad_value_", "clip_grad_value":
		grads = optim.ClipGradValue(grads, args.num("clip_value", 1))
	default:
		b.miss("%s", b.c.Torch)
		return
	}
	for i, g := range grads {
		b.Output("grad "+names[i], g)
	}
}

// normType is 2 where none is given; JSON has no infinity: "inf".
func normType(args map[string]any) float64 {
	if s, ok := args["norm_type"].(string); ok && strings.Contains(s, "inf") {
		return math.Inf(1)
	}
	return options(args).num("norm_type", 2)
}
