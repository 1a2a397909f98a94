package conformance

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
)

// Normalisations and attention as a case may write them.
func TestNormsAndAttentionAsCalls(t *testing.T) {
	none := graph.Value{}
	group := func(x, w, b graph.Value) graph.Value { return x.GroupNorm(2, w, b, 1e-3) }
	for text, want := range map[string]func(x, w, b graph.Value) graph.Value{
		"F.group_norm(x, 2, weight, bias, 1e-3)":                   group,
		"torch.nn.functional.group_norm(x, 2, weight, bias, 1e-3)": group,
		"torch.nn.GroupNorm(2, 4, eps=1e-3)":                       group,
		"F.layer_norm(x, (3,))":                                    func(x, _, _ graph.Value) graph.Value { return x.LayerNorm(1, none, none, 1e-5) },
		"F.layer_norm(x, [4, 3], eps=0.1)":                         func(x, _, _ graph.Value) graph.Value { return x.LayerNorm(2, none, none, 0.1) },
		"F.rms_norm(x, (3,))":                                      func(x, _, _ graph.Value) graph.Value { return x.RMSNorm(1, none, 0x1p-23) },
		"F.local_response_norm(x, 3, alpha=0.5)":                   func(x, _, _ graph.Value) graph.Value { return x.LocalResponseNorm(3, 0.5, 0.75, 1) },
		"torch.nn.LocalResponseNorm(2, k=2.0)":                     func(x, _, _ graph.Value) graph.Value { return x.LocalResponseNorm(2, 1e-4, 0.75, 2) },
		"F.instance_norm(x, weight=weight, bias=bias)": func(x, w, b graph.Value) graph.Value {
			y, _, _ := x.InstanceNorm(w, b, 1e-5)
			return y
		},
		"F.batch_norm(x, bias, weight, weight, bias, training=False)": func(x, w, b graph.Value) graph.Value { return x.Standardize(b, w, w, b, 1e-5) },
		"F.batch_norm(x, None, None, weight, bias, True)": func(x, w, b graph.Value) graph.Value {
			y, _, _ := x.BatchNorm(w, b, 1e-5)
			return y
		},
		"F.scaled_dot_product_attention(x, x, x, is_causal=True)": func(x, _, _ graph.Value) graph.Value {
			return nn.ScaledDotProductAttention(x, x, x, nn.AttentionOptions{Causal: true})
		},
	} {
		c := &Case{Name: text, Torch: text, Kind: "op"}
		in := engine.Feeds{"x": c.give("x", "input", "f32", 2, 4, 3)}
		if strings.Contains(text, "weight") || strings.Contains(text, "Group") {
			in["weight"], in["bias"] = c.give("weight", "input", "f32", 4), c.give("bias", "input", "f32", 4)
			for i, v := range in["weight"].F32 {
				in["weight"].F32[i] = v*v + 1 // as a variance
			}
		}
		f, err := find(c)
		require.NoError(t, err, text)
		g := graph.New()
		b := &builder{c: c, vars: map[string]*graph.Variable{}}
		b.begin(g, in)
		g.Output("got", f(b))
		g.Output("want", want(b.at("x"), b.at("weight"), b.at("bias")))
		out, _, err := engine.Oracle(g, in, nil)
		require.NoError(t, err, text)
		require.Equal(t, out["want"].F64, out["got"].F64, text)
	}
}
