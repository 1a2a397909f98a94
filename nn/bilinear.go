package nn

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/graph"
)

// Bilinear is y[.., o] = Σ x1[.., i]·Weight[o, i, j]·x2[.., j] + Bias[o], for x1
// [.., In1] and x2 [.., In2]: y [.., Out]. Weight is [Out, In1, In2], Bias [Out];
// both start in U(±1/sqrt(In1)), as torch.nn.Bilinear.
type Bilinear struct {
	In1, In2, Out int
	NoBias        bool

	Weight, Bias *graph.Variable `vulgo:"-"`
}

// Build makes the variables; Init calls it.
func (l *Bilinear) Build(s *Scope) error {
	if l.In1 < 1 || l.In2 < 1 || l.Out < 1 {
		return fmt.Errorf("nn: Bilinear %s: In1 %d, In2 %d and Out %d must be positive", s.prefix, l.In1, l.In2, l.Out)
	}
	init := UniformInit(1 / math.Sqrt(float64(l.In1)))
	l.Weight = s.Param("weight", init, l.Out, l.In1, l.In2)
	if !l.NoBias {
		l.Bias = s.Param("bias", init, l.Out)
	}
	return nil
}

// Forward adds the layer to x1's graph.
func (l *Bilinear) Forward(x1, x2 graph.Value) graph.Value {
	w, ok := read(x1, l.Weight, "Bilinear")
	if !ok {
		return graph.Value{}
	}
	var b graph.Value
	if l.Bias != nil {
		b = x1.Graph().Read(l.Bias)
	}
	return x1.Bilinear(x2, w, b)
}
