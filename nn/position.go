package nn

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// SinusoidalPositions adds the positional encoding of "Attention is all you need"
// to x [L, N, Dim], or [N, L, Dim] with BatchFirst, or [L, Dim]:
//
//	p[t, 2i] = sin(t / Base^(2i/Dim))    p[t, 2i+1] = cos(t / Base^(2i/Dim))
//
// It has no variables and any length will do.
type SinusoidalPositions struct {
	Dropout    float64 // of the sum, in training
	Base       float64 // 0 means 10000
	BatchFirst bool
}

// Forward adds the layer to x's graph.
func (p *SinusoidalPositions) Forward(x graph.Value) graph.Value {
	g := x.Graph()
	if g == nil {
		return x
	}
	l, d, ok := sequence(x, p.BatchFirst, "SinusoidalPositions")
	if !ok {
		return graph.Value{}
	}
	base := orFloat(p.Base, 10000)
	t := tensor.New(tensor.F32(l, d))
	for i := range t.F32 {
		at, k := i/d, i%d
		angle := float64(at) / math.Pow(base, float64(k-k%2)/float64(d))
		if k%2 == 0 {
			t.F32[i] = float32(math.Sin(angle))
		} else {
			t.F32[i] = float32(math.Cos(angle))
		}
	}
	return x.Add(alongSequence(x, g.Const(t), p.BatchFirst)).Dropout(p.Dropout)
}

// LearnedPositions adds a learned vector for each place in the sequence to x
// [L, N, Dim], or [N, L, Dim] with BatchFirst, or [L, Dim], for L up to MaxLen:
// the rows of Weight [MaxLen, Dim], which start as those of an Embedding.
type LearnedPositions struct {
	MaxLen, Dim int
	Dropout     float64 // of the sum, in training
	BatchFirst  bool

	Weight *graph.Variable `vulgo:"-"`
}

// Build makes the variable; Init calls it.
func (p *LearnedPositions) Build(s *Scope) error {
	if p.MaxLen < 1 || p.Dim < 1 {
		return fmt.Errorf("nn: LearnedPositions %s: MaxLen %d and Dim %d must be positive", s.prefix, p.MaxLen, p.Dim)
	}
	p.Weight = s.Param("weight", NormalInit(0, 1), p.MaxLen, p.Dim)
	return nil
}

// Forward adds the layer to x's graph.
func (p *LearnedPositions) Forward(x graph.Value) graph.Value {
	w, ok := read(x, p.Weight, "LearnedPositions")
	if !ok {
		return graph.Value{}
	}
	l, d, ok := sequence(x, p.BatchFirst, "LearnedPositions")
	if !ok {
		return graph.Value{}
	}
	if l > p.MaxLen || d != p.Dim {
		x.Graph().Fail(fmt.Errorf("nn: LearnedPositions: x %v has %d places of width %d, the layer %d of width %d", x.Shape(), l, d, p.MaxLen, p.Dim))
		return graph.Value{}
	}
	return x.Add(alongSequence(x, w.Narrow(0, 0, l), p.BatchFirst)).Dropout(p.Dropout)
}

// sequence is the length and the width of x.
func sequence(x graph.Value, batchFirst bool, layer string) (l, d int, ok bool) {
	s := x.Shape()
	if len(s) != 2 && len(s) != 3 {
		x.Graph().Fail(fmt.Errorf("nn: %s: x is %v, wants [L, N, Dim], [N, L, Dim] with BatchFirst, or [L, Dim]", layer, s))
		return 0, 0, false
	}
	if len(s) == 3 && batchFirst {
		return s[1], s[2], true
	}
	return s[0], s[len(s)-1], true
}

// alongSequence is p [L, Dim] so that it broadcasts to x.
func alongSequence(x, p graph.Value, batchFirst bool) graph.Value {
	if len(x.Shape()) == 3 && !batchFirst {
		return p.Unsqueeze(1)
	}
	return p
}
