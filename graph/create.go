package graph

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/tensor"
)

// Full is a constant of one number, float32.
func (g *Graph) Full(x float64, shape ...int) Value {
	return g.Scalar(x).expandTo(shape)
}

// Zeros is a constant of zeros.
func (g *Graph) Zeros(shape ...int) Value { return g.Const(tensor.New(tensor.F32(shape...))) }

// Ones is a constant of ones.
func (g *Graph) Ones(shape ...int) Value { return g.Full(1, shape...) }

// full is a constant of rank 0 of any type.
func (g *Graph) full(dtype tensor.DType, x float64) Value {
	if dtype.IsFloat() {
		return g.Scalar(x)
	}
	key := fmt.Sprintf("const %v %v", dtype, x)
	if n := g.cse[key]; n != nil {
		return Value{g, n.Out[0]}
	}
	t := tensor.New(tensor.Type{DType: dtype, Shape: tensor.Shape{}})
	t.I32[0] = int32(x)
	c := g.Const(t)
	g.cse[key] = g.maker[c.ref]
	return c
}

// FullLike is x in v's shape and type.
func (v Value) FullLike(x float64) Value {
	if v.g == nil {
		return v
	}
	return v.g.full(v.Type().DType, x).expandTo(v.Shape())
}

// ZerosLike is zeros in v's shape and type.
func (v Value) ZerosLike() Value { return v.FullLike(0) }

// OnesLike is ones in v's shape and type.
func (v Value) OnesLike() Value { return v.FullLike(1) }

// span is how many steps from start end before stop.
func (g *Graph) span(name string, start, stop, step float64) int {
	n := math.Ceil((stop - start) / step)
	if !(n <= 1<<31) {
		g.Fail(fmt.Errorf("%s: from %v to %v by steps of %v", name, start, stop, step))
		return 0
	}
	return max(0, int(n))
}

// Arange is the float32 constants start, start + step, .. before stop.
func (g *Graph) Arange(start, stop, step float64) Value {
	t := tensor.New(tensor.F32(g.span("arange", start, stop, step)))
	for i := range t.F32 {
		t.F32[i] = float32(start + float64(i)*step)
	}
	return g.Const(t)
}

// ArangeInt is Arange in int32.
func (g *Graph) ArangeInt(start, stop, step int) Value {
	if start == 0 && step == 1 {
		return g.arange(stop)
	}
	t := tensor.New(tensor.I32(g.span("arange", float64(start), float64(stop), float64(step))))
	for i := range t.I32 {
		t.I32[i] = int32(start + i*step)
	}
	return g.Const(t)
}

// Linspace is n float32 constants from start to end, both included.
func (g *Graph) Linspace(start, end float64, n int) Value {
	t := tensor.New(tensor.F32(max(n, 0)))
	for i := range t.F32 {
		// from the nearer end, so that it is hit
		if step := (end - start) / float64(max(1, n-1)); 2*i < n {
			t.F32[i] = float32(start + float64(i)*step)
		} else {
			t.F32[i] = float32(end - float64(n-1-i)*step)
		}
	}
	return g.Const(t)
}

// Eye is the float32 matrix of m rows and n columns with ones on the diagonal.
func (g *Graph) Eye(m, n int) Value {
	return g.arange(m).Reshape(max(m, 0), 1).Eq(g.arange(n)).Float()
}

// Meshgrid spreads vectors over a grid whose dimensions are theirs: out[k][i, j, ..]
// is vs[k] at the k-th of i, j, ..; torch.meshgrid with indexing="ij".
func Meshgrid(vs ...Value) []Value {
	var grid []int
	for _, v := range vs {
		grid = append(grid, v.Shape().Elems())
	}
	out := make([]Value, len(vs))
	for k, v := range vs {
		s := make([]int, len(vs))
		for i := range s {
			s[i] = 1
		}
		s[k] = grid[k]
		out[k] = v.Reshape(s...).expandTo(grid)
	}
	return out
}
