package nn

import "github.com/vulgo-ml/vulgo/graph"

// Sequential runs modules one after the other; their variables are named 0.weight,
// 2.weight and so on, as in torch.nn.Sequential.
type Sequential []Module

// Forward adds the modules to x's graph.
func (s Sequential) Forward(x graph.Value) graph.Value {
	for _, m := range s {
		x = m.Forward(x)
	}
	return x
}

// Identity is x.
type Identity struct{}

// Forward gives x back.
func (Identity) Forward(x graph.Value) graph.Value { return x }

// Func is any function as a module, without variables.
type Func func(x graph.Value) graph.Value

// Forward calls the function.
func (f Func) Forward(x graph.Value) graph.Value { return f(x) }

// Flatten joins the dimensions from StartDim to EndDim.
type Flatten struct {
	StartDim int // 0: 1, so that batches stay
	EndDim   int // 0: the last
}

// Forward adds the layer to x's graph.
func (l Flatten) Forward(x graph.Value) graph.Value {
	s := x.Shape()
	at := func(d, def int) int {
		if d == 0 {
			d = def
		}
		if d < 0 {
			d += len(s)
		}
		return d
	}
	from, to := at(l.StartDim, 1), at(l.EndDim, -1)
	if from < 0 || to >= len(s) || from > to {
		return fail(x, "nn: Flatten: %v has no dimensions %d to %d", s, from, to)
	}
	shape := append(append([]int{}, s[:from]...), s[from:to+1].Elems())
	return x.Reshape(append(shape, s[to+1:]...)...)
}

// Unflatten splits dimension Dim into Sizes, of which one may be -1.
type Unflatten struct {
	Dim   int
	Sizes []int
}

// Forward adds the layer to x's graph.
func (l Unflatten) Forward(x graph.Value) graph.Value {
	s, d := x.Shape(), l.Dim
	if d < 0 {
		d += len(s)
	}
	if d < 0 || d >= len(s) {
		return fail(x, "nn: Unflatten: %v has no dimension %d", s, l.Dim)
	}
	shape := append(append([]int{}, s[:d]...), l.Sizes...)
	return x.Reshape(append(shape, s[d+1:]...)...)
}
