package nn

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/graph"
)

// Linear is y = x·Wᵀ + b for x [.., In]: y [.., Out]. Weight is [Out, In],
// Bias [Out]; both start in U(±1/sqrt(In)), as torch.nn.Linear.
type Linear struct {
	In, Out int
	NoBias  bool

	Weight, Bias *graph.Variable `vulgo:"-"`
}

// Build makes the variables; Init calls it.
func (l *Linear) Build(s *Scope) error {
	if l.In < 1 || l.Out < 1 {
		return fmt.Errorf("nn: Linear %s: In %d and Out %d must be positive", s.prefix, l.In, l.Out)
	}
	init := UniformInit(1 / math.Sqrt(float64(l.In)))
	l.Weight = s.Param("weight", init, l.Out, l.In)
	if !l.NoBias {
		l.Bias = s.Param("bias", init, l.Out)
	}
	return nil
}

// Forward adds the layer to x's graph.
func (l *Linear) Forward(x graph.Value) graph.Value {
	w, ok := read(x, l.Weight, "Linear")
	if !ok {
		return graph.Value{}
	}
	y := x.MatMulT(w)
	if l.Bias != nil {
		y = y.Add(x.Graph().Read(l.Bias))
	}
	return y
}

// read is a layer's variable in x's graph; a layer that Init has not built is
// an error of the graph.
func read(x graph.Value, v *graph.Variable, layer string) (graph.Value, bool) {
	g := x.Graph()
	if g == nil {
		return graph.Value{}, false
	}
	if v == nil {
		g.Fail(fmt.Errorf("nn: %s has no variables: call nn.Init on the model first, and keep layers in exported fields", layer))
		return graph.Value{}, false
	}
	return g.Read(v), true
}
