package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// The shape ops. All but reshape, which is a view, are one strided copy.
var (
	Reshape = declare(Op{
		Name: "reshape", Doc: "Y = X under another shape, in row-major order; one size may be -1, the one that fits",
		In: []Operand{{Name: "X"}}, Out: []Operand{{Name: "Y"}},
		Attrs: cpuref.ReshapeAttrs{}, Shape: reshapeShape, View: true, Torch: "torch.reshape", ONNX: "Reshape",
	})
	Permute = declare(Op{
		Name: "permute", Doc: "Y's dimension i is X's dimension perm[i]",
		In: []Operand{{Name: "X"}}, Out: []Operand{{Name: "Y"}},
		Attrs: cpuref.PermuteAttrs{}, Shape: permuteShape,
		CPU:      Plain(cpuref.Permute[float32], cpuref.Permute[float64]),
		Variants: copies(permuteCopy, fast.Permute),
		Cases: alsoInts(
			permuteCase(tensor.Shape{}), permuteCase(tensor.Shape{5}, 0), permuteCase(tensor.Shape{3, 5}, 1, 0),
			permuteCase(tensor.Shape{33, 67}, 1, 0), permuteCase(tensor.Shape{2, 3, 5}, 2, 0, 1), permuteCase(tensor.Shape{2, 3, 5}, 1, 0, 2),
			permuteCase(tensor.Shape{2, 3, 4, 5}, 0, 2, 3, 1), permuteCase(tensor.Shape{2, 3, 2, 3, 2}, 4, 3, 2, 1, 0),
			permuteCase(tensor.Shape{2, 1, 3, 2, 2, 3}, 5, 0, 4, 1, 3, 2), permuteCase(tensor.Shape{2, 0, 3}, 2, 1, 0),
			permuteCase(tensor.Shape{2, 2, 2, 2, 2, 2, 2, 2}, 7, 6, 5, 4, 3, 2, 1, 0),
		),
		Bench: []Case{permuteCase(tensor.Shape{1024, 1024}, 1, 0), permuteCase(tensor.Shape{32, 64, 28, 28}, 0, 2, 3, 1)},
		Cost:  copyCost, Tol: Exact(), Torch: "torch.permute", ONNX: "Transpose",
	})
	Expand = declare(Op{
		Name: "expand", Doc: "Y = X repeated along missing dimensions and those of size 1",
		In: []Operand{{Name: "X"}}, Out: []Operand{{Name: "Y"}},
		Attrs: cpuref.ExpandAttrs{}, Shape: expandShape,
		CPU:      Plain(cpuref.Expand[float32], cpuref.Expand[float64]),
		Variants: copies(expandCopy, fast.Expand),
		Cases: alsoInts(
			expandCase(tensor.Shape{}, 7), expandCase(tensor.Shape{5}, 5), expandCase(tensor.Shape{1}, 3, 4),
			expandCase(tensor.Shape{3, 1}, 3, 1031), expandCase(tensor.Shape{1, 5}, 7, 5), expandCase(tensor.Shape{2, 1, 3}, 4, 2, 5, 3),
			expandCase(tensor.Shape{1}, 0), expandCase(tensor.Shape{}, 70001),
		),
		Bench: []Case{expandCase(tensor.Shape{1024, 1}, 1024, 1024), expandCase(tensor.Shape{1024}, 1024, 1024)},
		Cost:  copyCost, Tol: Exact(), Torch: "Tensor.expand", ONNX: "Expand",
	})
	Slice = declare(Op{
		Name: "slice", Doc: "Y[i] = X[start + i·step], for i below size, in each dimension",
		In: []Operand{{Name: "X"}}, Out: []Operand{{Name: "Y"}},
		Attrs: cpuref.SliceAttrs{}, Norm: normSlice, Shape: sliceShape,
		CPU:      Plain(cpuref.Slice[float32], cpuref.Slice[float64]),
		Variants: copies(sliceCopy, fast.Slice),
		Cases: alsoInts(
			sliceCase(tensor.Shape{7}, []int{2}, []int{3}, []int{1}), sliceCase(tensor.Shape{7}, []int{6}, []int{7}, []int{-1}),
			sliceCase(tensor.Shape{5, 6}, []int{1, 0}, []int{3, 6}, []int{1, 1}), sliceCase(tensor.Shape{5, 6}, []int{0, 1}, []int{5, 3}, []int{1, 2}),
			sliceCase(tensor.Shape{4, 5, 6}, []int{3, 1, 5}, []int{2, 2, 3}, []int{-2, 3, -1}), sliceCase(tensor.Shape{4, 5}, []int{4, 0}, []int{0, 5}, nil),
			sliceCase(tensor.Shape{67, 129}, []int{1, 64}, []int{65, 65}, nil),
		),
		Bench: []Case{sliceCase(tensor.Shape{64, 32, 1024}, []int{0, 0, 256}, []int{64, 32, 256}, nil)},
		Cost:  copyCost, Tol: Exact(), Torch: "x[a:b:c, ...]", ONNX: "Slice",
	})
	SliceGrad = declare(Op{
		Name: "slice_grad", Doc: "dX = 0 but for dX[start + i·step] = dY[i]",
		In: []Operand{{Name: "dY"}}, Out: []Operand{{Name: "dX"}},
		Attrs: cpuref.SliceGradAttrs{}, Norm: normSliceGrad, Shape: sliceGradShape,
		CPU:      Plain(cpuref.SliceGrad[float32], cpuref.SliceGrad[float64]),
		Variants: copies(sliceGradCopy, fast.SliceGrad),
		Cases: []Case{
			sliceGradCase(tensor.Shape{3}, []int{7}, []int{2}, nil), sliceGradCase(tensor.Shape{7}, []int{7}, []int{6}, []int{-1}),
			sliceGradCase(tensor.Shape{3, 6}, []int{5, 6}, []int{1, 0}, nil), sliceGradCase(tensor.Shape{2, 2, 3}, []int{4, 5, 6}, []int{3, 1, 5}, []int{-2, 3, -1}),
			sliceGradCase(tensor.Shape{0, 5}, []int{4, 5}, []int{0, 0}, nil), sliceGradCase(tensor.Shape{300, 100}, []int{300, 257}, []int{0, 57}, nil),
		},
		Bench: []Case{sliceGradCase(tensor.Shape{64, 32, 256}, []int{64, 32, 1024}, []int{0, 0, 256}, nil)},
		Cost:  copyCost, Tol: Exact(),
	})
	Concat = declare(Op{
		Name: "concat", Doc: "Y = the X one after the other along the axis",
		In: []Operand{{Name: "X", Variadic: true}}, Out: []Operand{{Name: "Y"}},
		Attrs: cpuref.ConcatAttrs{}, Shape: concatShape,
		CPU:      Plain(cpuref.Concat[float32], cpuref.Concat[float64]),
		Variants: copies(concatCopy, fast.Concat),
		Cases: alsoInts(
			concatCase(0, tensor.Shape{3}, tensor.Shape{5}), concatCase(0, tensor.Shape{3, 2}), concatCase(1, tensor.Shape{3, 2}, tensor.Shape{3, 1}, tensor.Shape{3, 4}),
			concatCase(1, tensor.Shape{2, 3, 5}, tensor.Shape{2, 0, 5}, tensor.Shape{2, 7, 5}), concatCase(2, tensor.Shape{4, 9, 31}, tensor.Shape{4, 9, 33}),
		),
		Bench: []Case{concatCase(2, tensor.Shape{64, 32, 256}, tensor.Shape{64, 32, 256})},
		Cost:  copyCost, Tol: Exact(), Torch: "torch.cat", ONNX: "Concat",
	})
)

func copyCost(c *Call) Cost { return Cost{Bytes: 2 * float64(c.Out[0].Bytes())} }

// listed says what is wrong with a list that should have one number a dimension.
func listed(what string, l cpuref.Ints, rank int) error {
	if l.N != rank || rank > cpuref.MaxRank {
		return fmt.Errorf("%s has %d numbers, wants %d, one a dimension (at most %d)", what, l.N, rank, cpuref.MaxRank)
	}
	return nil
}

// sizes is the list as a shape, which has no negative size.
func sizes(l cpuref.Ints) (tensor.Shape, error) {
	if l.N > cpuref.MaxRank {
		return nil, fmt.Errorf("a shape of %d dimensions: at most %d", l.N, cpuref.MaxRank)
	}
	s := tensor.Shape(l.Slice())
	for _, n := range s {
		if n < 0 {
			return nil, fmt.Errorf("shape %v has a negative size", s)
		}
	}
	return s, nil
}

func reshapeShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	x, l := in[0], attrs.(cpuref.ReshapeAttrs).Shape
	asked := tensor.Shape(l.Slice())
	free, known := -1, 1
	for d, n := range asked {
		if n == -1 && free < 0 {
			free = d
		} else {
			known *= n
		}
	}
	if free >= 0 && known > 0 && x.Elems()%known == 0 {
		l.V[free] = x.Elems() / known
	}
	y, err := sizes(l)
	if err == nil && y.Elems() == x.Elems() {
		return []tensor.Type{{DType: x.DType, Shape: y}}, nil
	}
	return nil, fmt.Errorf("%v has %d elements and can't be %v", x.Shape, x.Elems(), asked)
}

func permuteShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	x, p := in[0], attrs.(cpuref.PermuteAttrs).Perm
	if err := listed("perm", p, len(x.Shape)); err != nil {
		return nil, fmt.Errorf("%v: %w", x.Shape, err)
	}
	if ax, err := Axes(p.N, p.Slice()...); err != nil || ax.N != p.N {
		return nil, fmt.Errorf("%v: perm %v doesn't name each dimension once", x.Shape, p.Slice())
	}
	y := make(tensor.Shape, p.N)
	for i := range y {
		if p.V[i] < 0 {
			return nil, fmt.Errorf("%v: perm %v holds a negative dimension", x.Shape, p.Slice())
		}
		y[i] = x.Shape[p.V[i]]
	}
	return []tensor.Type{{DType: x.DType, Shape: y}}, nil
}

func expandShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	x := in[0]
	y, err := sizes(attrs.(cpuref.ExpandAttrs).Shape)
	if err != nil {
		return nil, err
	}
	lead := len(y) - len(x.Shape)
	for d := range x.Shape {
		if lead < 0 || x.Shape[d] != 1 && x.Shape[d] != y[lead+d] {
			return nil, fmt.Errorf("%v can't be expanded to %v: sizes must agree, counted from the last dimension, or be 1", x.Shape, y)
		}
	}
	return []tensor.Type{{DType: x.DType, Shape: y}}, nil
}

// steps makes a step of 0, or none given, 1.
func steps(l cpuref.Ints, rank int) cpuref.Ints {
	if l.N == 0 {
		l.N = rank
	}
	for i := range l.V[:min(l.N, cpuref.MaxRank)] {
		if l.V[i] == 0 {
			l.V[i] = 1
		}
	}
	return l
}

func normSlice(attrs any) any {
	s := attrs.(cpuref.SliceAttrs)
	s.Step = steps(s.Step, s.Size.N)
	return s
}

func normSliceGrad(attrs any) any {
	s := attrs.(cpuref.SliceGradAttrs)
	s.Step = steps(s.Step, s.Shape.N)
	return s
}

func sliceShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	x, s := in[0], attrs.(cpuref.SliceAttrs)
	y, err := sizes(s.Size)
	if err == nil {
		err = inside(x.Shape, y, s.Start, s.Step)
	}
	if err != nil {
		return nil, err
	}
	return []tensor.Type{{DType: x.DType, Shape: y}}, nil
}

func sliceGradShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	dy, s := in[0], attrs.(cpuref.SliceGradAttrs)
	x, err := sizes(s.Shape)
	if err == nil {
		err = inside(x, dy.Shape, s.Start, s.Step)
	}
	if err != nil {
		return nil, err
	}
	return []tensor.Type{{DType: dy.DType, Shape: x}}, nil
}

// inside checks that a slice of that size lies within a shape.
func inside(x, size tensor.Shape, start, step cpuref.Ints) error {
	for _, err := range []error{listed("size", cpuref.IntList(size...), len(x)), listed("start", start, len(x)), listed("step", step, len(x))} {
		if err != nil {
			return fmt.Errorf("%v: %w", x, err)
		}
	}
	for d, n := range size {
		first, last := start.V[d], start.V[d]+(n-1)*step.V[d]
		if n > 0 && (min(first, last) < 0 || max(first, last) >= x[d]) {
			return fmt.Errorf("%v: dimension %d of size %d has no elements %d to %d", x, d, x[d], first, last)
		}
	}
	return nil
}

func concatShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	if len(in) == 0 {
		return nil, fmt.Errorf("wants at least one operand")
	}
	axis, x := attrs.(cpuref.ConcatAttrs).Axis, in[0]
	if axis < 0 || axis >= len(x.Shape) {
		return nil, fmt.Errorf("%v has no axis %d", x.Shape, axis)
	}
	y := tensor.Type{DType: x.DType, Shape: append(tensor.Shape{}, x.Shape...)}
	for _, t := range in[1:] {
		ok := t.DType == x.DType && len(t.Shape) == len(x.Shape)
		for d := range t.Shape {
			ok = ok && (d == axis || t.Shape[d] == x.Shape[d])
		}
		if !ok {
			return nil, fmt.Errorf("%v and %v: types and sizes must agree but for axis %d", x, t, axis)
		}
		y.Shape[axis] += t.Shape[axis]
	}
	return []tensor.Type{y}, nil
}

// reshapeTo and expandTo are v under another shape, or v itself where it has it.
func reshapeTo(b Builder, v Ref, to tensor.Shape) Ref {
	if v == NoRef || b.Type(v).Shape.Equal(to) {
		return v
	}
	return b.Apply(Reshape, cpuref.ReshapeAttrs{Shape: cpuref.IntList(to...)}, v)[0]
}

func expandTo(b Builder, v Ref, to tensor.Shape) Ref {
	if v == NoRef || b.Type(v).Shape.Equal(to) {
		return v
	}
	return b.Apply(Expand, cpuref.ExpandAttrs{Shape: cpuref.IntList(to...)}, v)[0]
}

// sumTo undoes expandTo: it sums the repeated dimensions of v.
func sumTo(b Builder, v Ref, to tensor.Shape) Ref {
	from := b.Type(v).Shape
	lead := len(from) - len(to)
	var axes []int
	for d, n := range from {
		if d < lead || to[d-lead] == 1 && n != 1 {
			axes = append(axes, d)
		}
	}
	if len(axes) == 0 {
		return v
	}
	return reshapeTo(b, b.Apply(ReduceSum, cpuref.ReduceAttrs{Axes: cpuref.IntList(axes...)}, v)[0], to)
}

func init() {
	Reshape.SetGrad(func(b Builder, g Grad) []Ref {
		return []Ref{reshapeTo(b, g.DOut[0], b.Type(g.In[0]).Shape)}
	})
	Permute.SetGrad(func(b Builder, g Grad) []Ref {
		p := g.Attrs.(cpuref.PermuteAttrs).Perm
		inverse := cpuref.Ints{N: p.N}
		for i, d := range p.V[:p.N] {
			inverse.V[d] = i
		}
		return b.Apply(Permute, cpuref.PermuteAttrs{Perm: inverse}, g.DOut[0])
	})
	Expand.SetGrad(func(b Builder, g Grad) []Ref {
		return []Ref{sumTo(b, g.DOut[0], b.Type(g.In[0]).Shape)}
	})
	Slice.SetGrad(func(b Builder, g Grad) []Ref {
		s := g.Attrs.(cpuref.SliceAttrs)
		shape := cpuref.IntList(b.Type(g.In[0]).Shape...)
		return b.Apply(SliceGrad, cpuref.SliceGradAttrs{Shape: shape, Start: s.Start, Step: s.Step}, g.DOut[0])
	})
	SliceGrad.SetGrad(func(b Builder, g Grad) []Ref {
		s := g.Attrs.(cpuref.SliceGradAttrs)
		size := cpuref.IntList(b.Type(g.In[0]).Shape...)
		return b.Apply(Slice, cpuref.SliceAttrs{Start: s.Start, Size: size, Step: s.Step}, g.DOut[0])
	})
	Concat.SetGrad(func(b Builder, g Grad) []Ref {
		axis, at := g.Attrs.(cpuref.ConcatAttrs).Axis, 0
		d := make([]Ref, len(g.In))
		for i, x := range g.In {
			shape := b.Type(x).Shape
			d[i] = NoRef
			if g.Want[i] {
				start := cpuref.Ints{N: len(shape)}
				start.V[axis] = at
				d[i] = b.Apply(Slice, cpuref.SliceAttrs{Start: start, Size: cpuref.IntList(shape...)}, g.DOut[0])[0]
			}
			at += shape[axis]
		}
		return d
	})
}
