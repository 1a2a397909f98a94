package nn

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Embedding looks up rows of Weight [Num, Dim] by int32 indexes: [.., Dim]. It
// starts in N(0, 1), as torch.nn.Embedding.
type Embedding struct {
	Num, Dim int
	// Padded makes row PaddingIdx that of a filler: it starts as zeros and has no
	// gradient. Negative ones count from the end.
	Padded     bool
	PaddingIdx int

	Weight *graph.Variable `vulgo:"-"`
}

// Build makes the table; Init calls it.
func (e *Embedding) Build(s *Scope) error {
	if e.Num < 1 || e.Dim < 1 {
		return fmt.Errorf("nn: Embedding %s: Num %d and Dim %d must be positive", s.prefix, e.Num, e.Dim)
	}
	if pad := e.padding(); pad < 0 || pad >= e.Num {
		return fmt.Errorf("nn: Embedding %s: PaddingIdx %d is none of %d rows", s.prefix, e.PaddingIdx, e.Num)
	}
	start := NormalInit(0, 1)
	if e.Padded {
		start = func(rng *tensor.Philox, x []float32) {
			NormalInit(0, 1)(rng, x)
			clear(x[e.padding()*e.Dim:][:e.Dim])
		}
	}
	e.Weight = s.Param("weight", start, e.Num, e.Dim)
	return nil
}

func (e *Embedding) padding() int {
	if e.PaddingIdx < 0 {
		return e.PaddingIdx + e.Num
	}
	return e.PaddingIdx
}

// Forward adds the lookup to idx's graph.
func (e *Embedding) Forward(idx graph.Value) graph.Value {
	w, ok := read(idx, e.Weight, "Embedding")
	if !ok {
		return graph.Value{}
	}
	rows := w.Embed(idx)
	if !e.Padded {
		return rows
	}
	pad := idx.Graph().Const(tensor.FromI32([]int32{int32(e.padding())}))
	return idx.Eq(pad).Unsqueeze(-1).Where(rows.Detach(), rows)
}
