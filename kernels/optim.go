package kernels

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/tensor"
)

// The optimizers share one frame: parameters that lie side by side in memory,
// a run, are updated as one array, and so are their gradients and moments.

// flatUpdate is an optimizer's call taken apart by its attributes.
type flatUpdate struct {
	n      int // parameters: inputs and outputs [0, n)
	states int // flat states: inputs [n+1, n+1+states), outputs [n, n+states)
	c      *Call
}

func (u flatUpdate) grad() Bind       { return In(u.n) }
func (u flatUpdate) state(i int) Bind { return Out(u.n + i).RW() }
func (u flatUpdate) lr() Bind         { return In(u.n + 1 + u.states) }
func (u flatUpdate) t() Bind          { return In(u.n + 2 + u.states) }

// gscale binds the gradient multiplier, or lr unread where there is none.
func (u flatUpdate) gscale() (Bind, bool) {
	i := u.n + 3 + u.states
	if i < len(u.c.In) && u.c.In[i].Present() {
		return In(i), true
	}
	return unread(u.lr()), false
}

// flatShape checks the operands p_0 .. p_{n-1}, G, states, lr, t [, gscale] and
// gives the outputs' types: the parameters' and the states'.
func flatShape(in []tensor.Type, n int, states ...string) ([]tensor.Type, error) {
	return flatShapeWith(in, n, nil, states...)
}

// flatShapeWith is flatShape where t's operand has a shape: another scalar
// stands behind the step's number.
func flatShapeWith(in []tensor.Type, n int, step tensor.Shape, states ...string) ([]tensor.Type, error) {
	names := append(append([]string{"G"}, states...), "lr", "t", "gscale")
	if n < 1 || len(in) < n+len(names)-1 || len(in) > n+len(names) {
		return nil, fmt.Errorf("%d operands for %d parameters: wants the parameters, then %v, the last one optional", len(in), n, names)
	}
	flat := 0
	for i, p := range in[:n] {
		if !p.DType.IsFloat() || p.DType != in[0].DType {
			return nil, fmt.Errorf("parameter %d is %v: wants one float type, parameter 0 is %v", i, p, in[0])
		}
		flat += FlatPad(p.Elems())
	}
	for i, t := range in[n:] {
		want := tensor.Type{DType: in[0].DType, Shape: tensor.Shape{flat}}
		why := fmt.Sprintf("%d parameters, each padded to %d elements", n, FlatAlign)
		if i > len(states) {
			want.Shape, why = nil, "a scalar"
		}
		if names[i] == "t" && step != nil {
			want.Shape, why = step, "the step and a scalar"
		}
		if names[i] == "gscale" && !t.Present() {
			continue
		}
		if t.DType != want.DType || len(t.Shape) != len(want.Shape) || !t.Shape.Equal(want.Shape) {
			return nil, fmt.Errorf("%s is %v, wants %v: %s", names[i], t, want, why)
		}
	}
	return append(append([]tensor.Type{}, in[:n]...), in[n+1:n+1+len(states)]...), nil
}

// flatAlias: each parameter and state is overwritten in place.
func flatAlias(n, states int) []int {
	alias := make([]int, n+states)
	for i := range alias {
		alias[i] = i
		if i >= n {
			alias[i]++ // behind the parameters stands G
		}
	}
	return alias
}

// flatThreads and flatEach are how many invocations a workgroup of an optimizer
// has, and how many vec4 each of them updates.
const (
	flatThreads = 64
	flatEach    = 4
)

// lower makes a dispatch of each run, or, where it is larger than a binding may
// be, of each window of it. bind gives the bindings; part narrows a flat
// operand, or a parameter, to the window.
func (u flatUpdate) lower(t *Target, shader string, spec, push []uint32, bind func(part func(b Bind, param bool) Bind) []Bind) Lowered {
	window := t.MaxStorageRange / 4 / FlatAlign * FlatAlign
	var low Lowered
	for _, r := range u.c.Runs {
		for off := 0; off < r.Elems; off += window {
			n := min(window, r.Elems-off)
			low.Dispatches = append(low.Dispatches, Dispatch{
				Shader: shader,
				Spec:   append(words(flatThreads, flatEach), spec...),
				Bind: bind(func(b Bind, param bool) Bind {
					if param {
						return Out(r.First).RW().Part(off, n)
					}
					return b.Part(r.Offset+off, n)
				}),
				Push: append(words(n/4), push...),
				Grid: Folded(t, parts(n, 4*flatThreads*flatEach)),
			})
		}
	}
	return low
}

// flatCost counts the operations an element, and every operand once, those in
// place twice.
func flatCost(c *Call, ops float64) Cost {
	var k Cost
	for _, t := range append(append([]tensor.Type{}, c.In...), c.Out...) {
		k.Bytes += float64(t.Bytes())
	}
	for _, t := range c.In[:c.Op.Flat(c.Attrs)] {
		k.Flops += ops * float64(t.Elems())
	}
	return k
}

// flatCase is a case over parameters of these sizes, at step t. Moments that
// must not be negative are named by positive.
func flatCase(attrs any, name string, t float32, gscale bool, states int, positive []int, sizes ...tensor.Shape) Case {
	k := Case{Name: name, Attrs: attrs}
	n := 0
	for _, s := range sizes {
		k.In = append(k.In, tensor.F32(s...))
		k.Fill = append(k.Fill, nil)
		n += FlatPad(s.Elems())
	}
	for i := range 1 + states {
		k.In = append(k.In, tensor.F32(n))
		fill := padded(FillDefault, sizes)
		for _, p := range positive {
			if p == i-1 {
				fill = padded(FillRange(0, 2), sizes)
			}
		}
		k.Fill = append(k.Fill, fill)
	}
	k.In = append(k.In, tensor.F32(), tensor.F32())
	k.Fill = append(k.Fill, always(0.01), always(t))
	if gscale {
		k.In = append(k.In, tensor.F32())
		k.Fill = append(k.Fill, always(0.37))
	}
	return k
}

// padded draws a flat operand with zeros between the parameters.
func padded(draw Filler, sizes []tensor.Shape) Filler {
	return func(rng *tensor.Philox, t *tensor.Tensor) {
		draw(rng, t)
		off := 0
		for _, s := range sizes {
			clear(t.F32[off+s.Elems() : off+FlatPad(s.Elems())])
			off += FlatPad(s.Elems())
		}
	}
}

func always(v float32) Filler {
	return func(_ *tensor.Philox, t *tensor.Tensor) {
		for i := range t.F32 {
			t.F32[i] = v
		}
	}
}

// floatWords are float32 push constants.
func floatWords(v ...float64) []uint32 {
	w := make([]uint32, len(v))
	for i, x := range v {
		w[i] = math.Float32bits(float32(x))
	}
	return w
}

// flatSizes are parameter lists for cases: single values, sizes around the
// padding and around a workgroup, and one that takes many workgroups.
var flatSizes = []struct {
	name  string
	sizes []tensor.Shape
}{
	{"1 + 3", []tensor.Shape{{}, {3}}},
	{"3x5 + 64 + 65", []tensor.Shape{{3, 5}, {64}, {65}}},
	{"1024 + 1 + 7x5", []tensor.Shape{{1024}, {1}, {7, 5}}},
	{"70x71 + 70", []tensor.Shape{{70, 71}, {70}}},
}
