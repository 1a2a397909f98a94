package kernels

import (
	"errors"
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Going back and forth by the indices of max pooling.
var (
	PoolGather = declare(Op{
		Name:  "pool_gather",
		Doc:   "Y[n,c,o] = X[n,c,Idx[n,c,o]], 0 where Idx points outside  (X [N,C,S..], Idx int32 [N,C,O..] -> Y [N,C,O..])",
		In:    []Operand{{Name: "X"}, {Name: "Idx"}},
		Out:   []Operand{{Name: "Y"}},
		Attrs: cpuref.PoolGatherAttrs{},
		Norm: func(attrs any) any {
			at := attrs.(cpuref.PoolGatherAttrs)
			at.Pool = at.Pool.WithDefaults()
			return at
		},
		Shape: func(_ any, in []tensor.Type) ([]tensor.Type, error) {
			if err := checkPlanes(in[0], in[1]); err != nil {
				return nil, err
			}
			return []tensor.Type{{DType: in[0].DType, Shape: in[1].Shape}}, nil
		},
		CPU:      Plain(cpuref.PoolGather[float32], cpuref.PoolGather[float64]),
		Variants: unpoolVariants(fast.Planes(cpuref.PoolGather[float32]), lowerPoolGather),
		Cases:    unpoolCases(true),
		Bench:    unpoolBench(true),
		Cost:     unpoolCost,
		Tol:      Exact(),
	})

	MaxUnpool = declare(Op{
		Name: "max_unpool", Torch: "torch.nn.functional.max_unpool2d", ONNX: "MaxUnpool",
		Doc:   "Y[n,c,Idx[n,c,o]] = X[n,c,o], the last o where several share an index, 0 elsewhere  (X [N,C,O..], Idx int32 as X -> Y [N,C,Size..])",
		In:    []Operand{{Name: "X"}, {Name: "Idx"}},
		Out:   []Operand{{Name: "Y"}},
		Attrs: cpuref.MaxUnpoolAttrs{},
		Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
			if err := checkPlanes(in[0], in[1]); err != nil {
				return nil, err
			}
			if !in[0].Shape.Equal(in[1].Shape) {
				return nil, fmt.Errorf("input %v, indices %v: wants an index for each element", in[0], in[1])
			}
			size := attrs.(cpuref.MaxUnpoolAttrs).Size
			for _, n := range size.Slice() {
				if n < 1 {
					return nil, fmt.Errorf("size %v: starts at 1", size.Slice())
				}
			}
			if size.N != len(in[0].Shape)-2 {
				return nil, fmt.Errorf("input %v, size %v: wants %d sizes", in[0], size.Slice(), len(in[0].Shape)-2)
			}
			return []tensor.Type{{DType: in[0].DType, Shape: append(in[0].Shape[:2:2], size.Slice()...)}}, nil
		},
		CPU:      Plain(cpuref.MaxUnpool[float32], cpuref.MaxUnpool[float64]),
		Variants: unpoolVariants(fast.Planes(cpuref.MaxUnpool[float32]), lowerMaxUnpool),
		Cases:    unpoolCases(false),
		Bench:    unpoolBench(false),
		Cost:     unpoolCost,
		Tol:      Exact(),
	})
)

func init() {
	PoolGather.SetGrad(func(b Builder, g Grad) []Ref {
		dy, idx, x := g.DOut[0], g.In[1], b.Type(g.In[0]).Shape
		at := g.Attrs.(cpuref.PoolGatherAttrs).Pool
		if at.Kernel == [3]int{} && at.Adaptive == [3]int{} {
			return append(b.Apply(MaxUnpool, cpuref.MaxUnpoolAttrs{Size: cpuref.IntList(x[2:]...)}, dy, idx), NoRef)
		}
		shape := func(r Ref, s tensor.Shape) Ref {
			return b.Apply(Lookup("reshape"), cpuref.ReshapeAttrs{Shape: cpuref.IntList(s...)}, r)[0]
		}
		deep := func(s tensor.Shape) tensor.Shape { // [N, C, D, H, W] of [N, C, .., W]
			s5 := tensor.Shape{s[0], s[1], 1, 1, 1}
			copy(s5[7-len(s):], s[2:])
			return s5
		}
		s5, o5 := deep(x), deep(b.Type(dy).Shape)
		at.Size = [3]int(s5[2:])
		dx := b.Apply(MaxPool3dGrad, at, shape(dy, o5), shape(idx, o5))[0]
		return []Ref{shape(dx, x), NoRef}
	})
	MaxUnpool.SetGrad(func(b Builder, g Grad) []Ref {
		return append(b.Apply(PoolGather, cpuref.PoolGatherAttrs{}, g.DOut[0], g.In[1]), NoRef)
	})
}

func checkPlanes(x, idx tensor.Type) error {
	wrong := func(err error) error { return fmt.Errorf("input %v, indices %v: %w", x, idx, err) }
	switch {
	case !x.DType.IsFloat() || idx.DType != tensor.Int32:
		return wrong(errors.New("wants floats and int32 indices"))
	case len(x.Shape) < 3 || len(x.Shape) > 5 || len(idx.Shape) != len(x.Shape):
		return wrong(errors.New("wants 3 to 5 dimensions each: batch, channels, then the plane's"))
	case x.Shape[0] != idx.Shape[0] || x.Shape[1] != idx.Shape[1]:
		return wrong(errors.New("batches and channels differ"))
	}
	return nil
}

func unpoolCost(c *Call) Cost {
	bytes := 0
	for _, t := range append(c.In[:2:2], c.Out[0]) {
		bytes += t.Bytes()
	}
	return Cost{Bytes: float64(bytes)}
}

func unpoolVariants(f Prepare[float32], lower func(t *Target, c *Call) (Lowered, error)) []Variant {
	return []Variant{
		{Name: "fast", Kind: CPU, Prepare: f},
		{Name: "index", Kind: Vulkan, Lower: lower, When: func(t *Target, c *Call) bool {
			_, err := lower(t, c)
			return err == nil
		}},
	}
}

func planeElems(s tensor.Shape) int { return s[2:].Elems() }

// lowerPoolGather: one invocation an element of Y.
func lowerPoolGather(t *Target, c *Call) (Lowered, error) {
	n := c.Out[0].Elems()
	if n == 0 {
		return Lowered{}, nil
	}
	if err := errRange(t, c); err != nil {
		return Lowered{}, err
	}
	push := words(n, planeElems(c.Out[0].Shape), planeElems(c.In[0].Shape))
	return Lowered{Dispatches: []Dispatch{flat(t, "pool_gather", n, push, In(0), In(1), Out(0))}}, nil
}

// lowerMaxUnpool finds each element's last source by an atomic maximum of ints,
// whose result doesn't depend on the order, and then brings it.
func lowerMaxUnpool(t *Target, c *Call) (Lowered, error) {
	n, m := c.Out[0].Elems(), c.In[0].Elems()
	if n == 0 {
		return Lowered{}, nil
	}
	if err := errRange(t, c); err != nil {
		return Lowered{}, err
	}
	low := Lowered{Work: []int{4 * n}, Dispatches: []Dispatch{fillWith(t, Work(0).WO(), n, ^uint32(0))}}
	push := words(m, planeElems(c.In[0].Shape), planeElems(c.Out[0].Shape))
	if m > 0 {
		low.Dispatches = append(low.Dispatches, flat(t, "max_unpool_owner", m, push, In(1), Work(0).RW()))
	}
	low.Dispatches = append(low.Dispatches, flat(t, "max_unpool", n, words(n), In(0), Work(0).RO(), Out(0)))
	return low, nil
}

// unpoolCase goes between planes of two sizes. The first index of a plane points
// outside; the others differ where there are enough elements.
func unpoolCase(gather bool, from, plane tensor.Shape) Case {
	c := Case{
		Name: fmt.Sprint(from, " ", plane), Attrs: cpuref.MaxUnpoolAttrs{Size: cpuref.IntList(plane...)},
		In: []tensor.Type{tensor.F32(from...), tensor.I32(from...)},
	}
	if gather {
		c.Attrs, c.In[0] = cpuref.PoolGatherAttrs{}, tensor.F32(append(from[:2:2], plane...)...)
	}
	c.Fill = []Filler{nil, func(_ *tensor.Philox, t *tensor.Tensor) {
		each, all := planeElems(t.Shape), plane.Elems()
		for i := range t.I32 {
			t.I32[i] = int32(i % each * max(1, all/each) % all)
			if each > 1 && i%each == 0 {
				t.I32[i] = -1
			}
		}
	}}
	return c
}

func unpoolCases(gather bool) []Case {
	s := func(n ...int) tensor.Shape { return n }
	return []Case{
		unpoolCase(gather, s(2, 3, 4, 5), s(8, 11)),
		unpoolCase(gather, s(1, 1, 1), s(1)),
		unpoolCase(gather, s(2, 2, 7), s(13)),
		unpoolCase(gather, s(1, 3, 2, 3, 2), s(5, 6, 4)),
		unpoolCase(gather, s(3, 5, 67), s(134)),
		unpoolCase(gather, s(0, 3, 2, 2), s(4, 4)),
	}
}

func unpoolBench(gather bool) []Case {
	return []Case{unpoolCase(gather, tensor.Shape{32, 32, 14, 14}, tensor.Shape{28, 28})}
}
