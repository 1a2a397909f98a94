package kernels

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Sort orders the elements along an axis, and TopK keeps the first of them.
var (
	Sort = sorting(Op{
		Name: "sort", Torch: "torch.sort",
		Doc: "values = X in order along the axis, descending if asked, and places = where they stood: stable, NaN counts as the largest",
		Cases: []Case{
			sortCase(0, 0, 1), sortCase(0, 0, 7), sortCase(1, 0, 5, 32), sortCase(0, 0, 33, 5), sortCase(1, 0, 2, 65, 3), sortCase(2, 0, 2, 3, 130, 1),
			sortCase(1, 0, 3, 0), sortCase(0, 0, 0, 3), descending(sortCase(1, 0, 6, 1031)), ties(sortCase(0, 0, 400, 3)), ties(descending(sortCase(1, 0, 3, 300))),
			sortCase(0, 0, 65537), {Attrs: cpuref.SortAttrs{Axis: 1}, In: []tensor.Type{tensor.I32(3, 77)}, Fill: []Filler{fillSigned}},
		},
		Bench: []Case{sortCase(1, 0, 1024, 1024), sortCase(0, 0, 1<<20)},
	})
	TopK = sorting(Op{
		Name: "topk", Torch: "torch.topk", ONNX: "TopK",
		Doc: "values = the K smallest of X along the axis in order, or descending the largest, and places = where they stood: the first of equals, NaN counts as the largest",
		Cases: []Case{
			sortCase(0, 1, 1), sortCase(0, 3, 7), sortCase(0, 0, 7), sortCase(1, 32, 5, 32), descending(sortCase(0, 40, 100, 3)), descending(sortCase(1, 5, 2, 130, 3)),
			sortCase(0, 2, 3, 0), ties(descending(sortCase(1, 7, 3, 300))), descending(sortCase(1, 50, 2, 20000)), sortCase(0, 65, 1031),
		},
		Bench: []Case{descending(sortCase(1, 50, 8, 50000)), descending(sortCase(1, 5, 256, 1000))},
	})
	SearchSorted = declare(Op{
		Name: "searchsorted", Torch: "torch.searchsorted",
		Doc: "Y = how many of the ascending numbers are less than V, or with right no larger; NaN is above all  (sorted [n] or [.., n], V [..] or [.., m] -> Y int32 as V)",
		In:  []Operand{{Name: "sorted"}, {Name: "V"}}, Out: []Operand{{Name: "Y"}},
		Attrs: cpuref.SearchSortedAttrs{}, Shape: searchSortedShape,
		CPU:      Plain(cpuref.SearchSorted[float32], cpuref.SearchSorted[float64]),
		Variants: []Variant{{Name: "flat", Kind: Vulkan, When: inRange, Lower: lowerSearchSorted}},
		NoGrad:   "a place has no derivative",
		Cases: []Case{
			searchCase(false, tensor.F32(1), tensor.F32()), searchCase(true, tensor.F32(7), tensor.F32(5, 3)), searchCase(false, tensor.F32(3, 33), tensor.F32(3, 17)),
			searchCase(true, tensor.F32(0), tensor.F32(4)), searchCase(false, tensor.F32(4), tensor.F32(0)), searchCase(false, tensor.F32(65536), tensor.F32(300)),
		},
		Bench: []Case{searchCase(false, tensor.F32(1024), tensor.F32(1<<20))},
		Cost:  func(c *Call) Cost { return Cost{Bytes: operandBytes(c)} }, Tol: Exact(),
	})
)

func sorting(op Op) *Op {
	op.In = []Operand{{Name: "X"}}
	op.Out = []Operand{{Name: "values"}, {Name: "places"}}
	op.Attrs = cpuref.SortAttrs{}
	all := op.Name == "sort"
	op.Shape = func(attrs any, in []tensor.Type) ([]tensor.Type, error) { return sortShape(attrs, in[0], all) }
	op.CPU = CPUBody{F32: cpuref.Sort[float32], F64: cpuref.Sort[float64]}
	op.Variants = []Variant{
		{Name: "merge", Kind: Vulkan, When: sortServes, Lower: lowerSort},
		{Name: "fast", Kind: CPU, Prepare: fast.Sort},
	}
	op.Cost = func(c *Call) Cost {
		n := c.In[0].Elems()
		return Cost{Flops: float64(n) * math.Log2(float64(max(2, c.Out[0].Shape[c.Attrs.(cpuref.SortAttrs).Axis]))), Bytes: operandBytes(c)}
	}
	op.Tol = Exact()
	return declare(op)
}

func init() {
	for _, op := range []*Op{Sort, TopK} {
		op.SetGrad(func(b Builder, g Grad) []Ref {
			if g.DOut[0] == NoRef {
				return []Ref{NoRef}
			}
			at := g.Attrs.(cpuref.SortAttrs).Axis
			back := cpuref.ScatterAttrs{Axis: at, Reduce: cpuref.ScatterAdd, Size: b.Type(g.In[0]).Shape[at]}
			return b.Apply(Scatter, back, NoRef, g.Out[1], g.DOut[0])
		})
	}
}

func sortShape(attrs any, x tensor.Type, all bool) ([]tensor.Type, error) {
	s := attrs.(cpuref.SortAttrs)
	if !x.DType.IsFloat() && x.DType != tensor.Int32 {
		return nil, fmt.Errorf("operand X is %v, wants floats or int32", x)
	}
	if err := axisOf(x, s.Axis); err != nil {
		return nil, err
	}
	y := tensor.Type{DType: x.DType, Shape: append(tensor.Shape{}, x.Shape...)}
	switch n := x.Shape[s.Axis]; {
	case all && s.K != 0:
		return nil, fmt.Errorf("sort keeps all elements: K is %d, wants 0", s.K)
	case s.K < 0 || s.K > n:
		return nil, fmt.Errorf("a K of %d for %v along axis %d, wants 0 to %d", s.K, x.Shape, s.Axis, n)
	case !all:
		y.Shape[s.Axis] = s.K
	}
	return []tensor.Type{y, {DType: tensor.Int32, Shape: y.Shape}}, nil
}

// sortRun is the elements whose order is found by counting.
const sortRun = 32

// sortPass is a state of a sort: runs a row, each of span elements, room of them kept.
type sortPass struct{ span, runs, room int }

func sortPassOf(n, keep, span int) sortPass {
	return sortPass{span, parts(n, span), min(span, keep)}
}

func (p sortPass) bytes(rows int) int { return 8 * rows * p.runs * p.room }

func sortServes(t *Target, c *Call) bool {
	n, keep := c.In[0].Shape[c.Attrs.(cpuref.SortAttrs).Axis], c.Out[0].Shape[c.Attrs.(cpuref.SortAttrs).Axis]
	rows := c.In[0].Elems() / max(1, n)
	return inRange(t, c) && (n <= sortRun || sortPassOf(n, keep, sortRun).bytes(rows) <= t.MaxStorageRange)
}

func lowerSort(t *Target, c *Call) (Lowered, error) {
	s, x := c.Attrs.(cpuref.SortAttrs), c.In[0]
	n, keep, inner := x.Shape[s.Axis], c.Out[0].Shape[s.Axis], stride(x.Shape, s.Axis)
	if c.Out[0].Elems() == 0 {
		return Lowered{}, nil
	}
	rows := x.Elems() / n
	low := Lowered{}
	pass := func(name string, from, to sortPass, bind ...Bind) {
		jobs := rows * from.runs * from.room
		push := words(jobs, n, inner, keep, from.span, from.runs, from.room, to.runs, to.room)
		d := flat(t, "sort_"+name, jobs, append(push, reciprocals(from.runs*from.room, from.room, inner)...), bind...)
		d.Spec = append(d.Spec, truth(s.Descending), truth(!x.DType.IsFloat()))
		low.Dispatches = append(low.Dispatches, d)
	}
	first := sortPass{sortRun, parts(n, sortRun), min(n, sortRun)} // nothing is dropped yet
	at := sortPassOf(n, keep, sortRun)
	if at.runs == 1 {
		pass("only", first, at, In(0), Out(0), Out(1))
		return low, nil
	}
	low.Work = []int{at.bytes(rows), 4}
	pass("first", first, at, In(0), Work(0).WO())
	for from := 0; ; from = 1 - from {
		to := sortPassOf(n, keep, 2*at.span)
		if to.runs == 1 {
			pass("last", at, to, Work(from).RO(), In(0), Out(0), Out(1))
			return low, nil
		}
		low.Work[1-from] = max(low.Work[1-from], to.bytes(rows))
		pass("merge", at, to, Work(from).RO(), Work(1-from).WO())
		at = to
	}
}

func searchSortedShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	sorted, v := in[0], in[1]
	rank := len(sorted.Shape)
	ok := sorted.DType.IsFloat() && v.DType == sorted.DType && rank > 0
	if rank > 1 {
		ok = ok && len(v.Shape) == rank && v.Shape[:rank-1].Equal(sorted.Shape[:rank-1])
	}
	if !ok {
		return nil, fmt.Errorf("sorted is %v and V %v, wants floats [n] and any shape, or [.., n] and [.., m]", sorted, v)
	}
	return []tensor.Type{{DType: tensor.Int32, Shape: v.Shape}}, nil
}

func lowerSearchSorted(t *Target, c *Call) (Lowered, error) {
	sorted, v := c.In[0].Shape, c.In[1].Shape
	count := v.Elems()
	if count == 0 {
		return Lowered{}, nil
	}
	n, m := sorted[len(sorted)-1], count
	if n == 0 {
		return Lowered{Dispatches: []Dispatch{fillWith(t, Out(0), count, 0)}}, nil
	}
	if len(sorted) > 1 {
		m = v[len(v)-1]
	}
	d := flat(t, "searchsorted", count, words(count, n, m), In(0), In(1), Out(0))
	d.Spec = append(d.Spec, truth(c.Attrs.(cpuref.SearchSortedAttrs).Right))
	return Lowered{Dispatches: []Dispatch{d}}, nil
}

// sortCase sorts x along an axis, or with k keeps so many.
func sortCase(axis, k int, x ...int) Case {
	name := fmt.Sprintf("%v along %d", tensor.Shape(x), axis)
	if k > 0 {
		name = fmt.Sprintf("%d of %s", k, name)
	}
	return Case{
		Name:  name,
		Attrs: cpuref.SortAttrs{Axis: axis, K: k}, In: []tensor.Type{tensor.F32(x...)},
	}
}

func descending(c Case) Case {
	s := c.Attrs.(cpuref.SortAttrs)
	s.Descending = true
	c.Attrs = s
	return c
}

// ties draws few different values, both zeros, NaN and infinities among them.
func ties(c Case) Case {
	c.Fill = []Filler{func(rng *tensor.Philox, t *tensor.Tensor) {
		some := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.Copysign(0, -1)), 0, 0.5, -0.5, 1}
		for i := range t.F32 {
			t.F32[i] = some[rng.Intn(len(some))]
		}
	}}
	return c
}

func fillSigned(rng *tensor.Philox, t *tensor.Tensor) {
	for i := range t.I32 {
		t.I32[i] = int32(rng.Intn(61) - 30)
	}
}

func searchCase(right bool, sorted, v tensor.Type) Case {
	n := max(1, sorted.Elems())
	return Case{
		Attrs: cpuref.SearchSortedAttrs{Right: right}, In: []tensor.Type{sorted, v},
		Fill: []Filler{func(_ *tensor.Philox, t *tensor.Tensor) {
			for i := range t.F32 {
				t.F32[i] = float32(i/2*2 - len(t.F32)/2)
			}
		}, func(rng *tensor.Philox, t *tensor.Tensor) {
			for i := range t.F32 {
				t.F32[i] = float32(rng.Intn(n+4) - n/2 - 2)
			}
		}},
	}
}
