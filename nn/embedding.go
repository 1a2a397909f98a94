package nn

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
)

// Embedding looks up rows of Weight [Num, Dim] by int32 indexes: [.., Dim]. It
// starts in N(0, 1), as torch.nn.Embedding.
type Embedding struct {
	Num, Dim int

	Weight *graph.Variable `vulgo:"-"`
}

// Build makes the table; Init calls it.
func (e *Embedding) Build(s *Scope) error {
	if e.Num < 1 || e.Dim < 1 {
		return fmt.Errorf("nn: Embedding %s: Num %d and Dim %d must be positive", s.prefix, e.Num, e.Dim)
	}
	e.Weight = s.Param("weight", NormalInit(0, 1), e.Num, e.Dim)
	return nil
}

// Forward adds the lookup to idx's graph.
func (e *Embedding) Forward(idx graph.Value) graph.Value {
	w, ok := read(idx, e.Weight, "Embedding")
	if !ok {
		return graph.Value{}
	}
	return w.Embed(idx)
}
