// Package worked runs networks small enough to compute by hand. It keeps every
// forward value and gradient of each training step, and holds the gradients to
//
//	dE/dw ≈ (E(w + ε) - E(w - ε)) / 2ε
//
// in float64.
package worked

import (
	"fmt"
	"io"
	"maps"
	"math"
	"strings"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Loss is the output that holds E; gradients are named GradOf + the variable's name.
const (
	Loss   = "E"
	GradOf = "dE/d "
)

// Network is what to compute.
type Network struct {
	Vars  []*graph.Variable
	Feeds engine.Feeds
	// Forward adds the network to a graph, names by g.Output what is worth
	// seeing, and returns the loss.
	Forward func(g *graph.Graph) graph.Value
}

// Init builds the model's variables and gives them the values by name; a
// variable that isn't named starts at zero.
func Init(model any, values map[string][]float32) ([]*graph.Variable, error) {
	vars, err := nn.Init(model, 0)
	if err != nil {
		return nil, err
	}
	named := 0
	for _, v := range vars {
		x, ok := values[v.Name]
		if !ok {
			v.Init = nil
			continue
		}
		named++
		if len(x) != v.Type.Elems() {
			return nil, fmt.Errorf("worked: %s is %v, got %d values", v.Name, v.Type, len(x))
		}
		v.Init = func() *tensor.Tensor {
			t := tensor.New(v.Type)
			copy(t.F32, x)
			return t
		}
	}
	if named != len(values) {
		return nil, fmt.Errorf("worked: %d of the %d named variables are not the model's", len(values)-named, len(values))
	}
	return vars, nil
}

// Pass is what one forward and backward pass gave.
type Pass struct {
	Names  []string // in the order they were named; E and the gradients last
	Values map[string]*tensor.Tensor
}

// E is the loss.
func (p Pass) E() float64 { return p.Values[Loss].At(0) }

// Grad is the gradient with respect to a variable.
func (p Pass) Grad(name string) []float32 { return p.Values[GradOf+name].F32 }

// build adds the network with its gradients.
func (n *Network) build(g *graph.Graph) []graph.Value {
	loss := n.Forward(g)
	g.Output(Loss, loss)
	reads := make([]graph.Value, len(n.Vars))
	for i, v := range n.Vars {
		reads[i] = g.Read(v)
	}
	grads := graph.Grad(loss, reads...)
	for i, v := range n.Vars {
		g.Output(GradOf+v.Name, grads[i])
	}
	return grads
}

// Run trains by w ← w - rate·dE/dw. Pass k is from after k updates, so there is
// one pass more than steps.
func (n *Network) Run(dev *engine.Device, rate float64, steps int) ([]Pass, error) {
	st, err := engine.NewState(dev)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	rule := optim.SGD{LR: rate}.For(n.Vars)
	var names []string
	prog, err := engine.Compile(st, func(g *graph.Graph) {
		rule.Apply(n.build(g), 0)
		names = nil
		for _, o := range g.Outputs {
			names = append(names, o.Name)
		}
	})
	if err != nil {
		return nil, err
	}
	defer prog.Close()

	feeds := maps.Clone(n.Feeds)
	feeds[optim.LRInput] = tensor.Scalar(float32(rate))
	passes := make([]Pass, steps+1)
	for k := range passes {
		run, err := prog.Run(feeds)
		if err != nil {
			return nil, err
		}
		passes[k] = Pass{Names: names, Values: map[string]*tensor.Tensor{}}
		for _, name := range names {
			if passes[k].Values[name], err = run.Tensor(name); err != nil {
				return nil, err
			}
		}
	}
	return passes, nil
}

// Check compares the gradients at the initial values with finite differences
// of E, both in float64 through the oracle, and then those of a device's pass
// with the same differences. It gives the largest of |difference| / max(1, |dE/dw|).
func (n *Network) Check(p Pass) (oracle, device float64, err error) {
	const eps = 1e-5
	g := graph.New()
	n.build(g)
	exact, _, err := engine.Oracle(g, n.Feeds, nil)
	if err != nil {
		return 0, 0, err
	}
	g = graph.New()
	g.Output(Loss, n.Forward(g))
	for _, v := range n.Vars {
		w := tensor.New(tensor.Type{DType: tensor.Float64, Shape: v.Type.Shape})
		if v.Init != nil {
			for i, x := range v.Init().F32 {
				w.F64[i] = float64(x)
			}
		}
		loss := func(i int, x float64) (float64, error) {
			keep := w.F64[i]
			defer func() { w.F64[i] = keep }()
			w.F64[i] = x
			out, _, err := engine.Oracle(g, n.Feeds, map[*graph.Variable]*tensor.Tensor{v: w})
			if err != nil {
				return 0, err
			}
			return out[Loss].At(0), nil
		}
		for i, x := range w.F64 {
			up, err := loss(i, x+eps)
			if err != nil {
				return 0, 0, err
			}
			down, err := loss(i, x-eps)
			if err != nil {
				return 0, 0, err
			}
			want := (up - down) / (2 * eps)
			scale := max(1, math.Abs(want))
			oracle = max(oracle, math.Abs(exact[GradOf+v.Name].At(i)-want)/scale)
			device = max(device, math.Abs(p.Values[GradOf+v.Name].At(i)-want)/scale)
		}
	}
	return oracle, device, nil
}

// Print writes the pass, a line for each value.
func (p Pass) Print(w io.Writer) {
	for _, name := range p.Names {
		t := p.Values[name]
		fmt.Fprintf(w, "  %-28s %-9v%s\n", name, t.Shape, Numbers(t.F32))
	}
}

// PrintCheck writes what Check found.
func (n *Network) PrintCheck(w io.Writer, p Pass) error {
	oracle, device, err := n.Check(p)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nAgainst finite differences in float64: the oracle's gradients differ by %.0e at most, the device's by %.0e.\n", oracle, device)
	return nil
}

// Numbers formats values in columns.
func Numbers(x []float32) string {
	var b strings.Builder
	for _, v := range x {
		fmt.Fprintf(&b, " %9.6f", v+0) // + 0 makes -0 a plain 0
	}
	return b.String()
}

// PrintLosses writes E after some of the updates.
func PrintLosses(w io.Writer, passes []Pass) {
	for k := 0; k < len(passes); k = max(k+1, min(2*k, len(passes)-1)) {
		fmt.Fprintf(w, "  after %4d updates  E = %.6f\n", k, passes[k].E())
	}
}
