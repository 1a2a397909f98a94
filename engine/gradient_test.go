package engine_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/opcheck"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Every op's gradient, over its listed cases, against finite differences in
// float64. With L = sum of w·output for random w, and a random direction d:
//
//	<dL/dx, d> = (L(x + h·d) - L(x - h·d)) / 2h + O(h²)
//
// for each float input x by itself, d no longer than x so that no step crosses 0,
// where many a formula has a kink or a pole. Cases with NaN or infinities are left
// out, and so are outputs that only save something for the gradient.
func TestGradientsAreTheFiniteDifferences(t *testing.T) {
	for _, op := range kernels.All() {
		if op.NoGrad != "" {
			continue
		}
		t.Run(op.Name, func(t *testing.T) {
			for i, c := range op.Cases {
				if f := opcheck.NewFixture(op, c, uint64(i), true); f.Elems() <= 5000 && f.Finite() {
					s := newSlope(f, uint64(i), 1)
					s.measure()
					require.NoError(t, s.g.Err(), s.name)
					s.check(t)
				}
			}
		})
	}
}

// firstOrder are the ops whose gradient may be a kernel that has none itself: a
// gradient of their gradient is refused by name.
var firstOrder = []string{"ctc_loss", "gru", "lstm", "max_pool2d", "rnn"}

// The same for gradients of gradients: the loss is now the sum of r·dL/dx over all
// inputs, for random r, of an L quadratic in the outputs. An op that can't says so.
func TestGradientsOfGradientsAreTheFiniteDifferences(t *testing.T) {
	var refused []string
	for _, op := range kernels.All() {
		if op.NoGrad != "" || op.View {
			continue
		}
		t.Run(op.Name, func(t *testing.T) {
			for i, c := range op.Cases {
				f := opcheck.NewFixture(op, c, uint64(i), true)
				if n := f.Elems(); n == 0 || n > 3000 || !f.Finite() {
					continue
				}
				s := newSlope(f, uint64(i), 2)
				s.again(uint64(i))
				s.measure()
				if err := s.g.Err(); err != nil && strings.Contains(err.Error(), "has no gradient") {
					refused = append(refused, op.Name)
					return
				}
				require.NoError(t, s.g.Err(), s.name)
				s.check(t)
			}
		})
	}
	require.Subset(t, firstOrder, refused)
}

// differentiable tells of an output whether the op's gradient knows it: not what
// is saved for the gradient, but for cross-entropy's lse, a result in itself.
func differentiable(op *kernels.Op, out int, y graph.Value) bool {
	o := op.Out[min(out, len(op.Out)-1)]
	return y.Type().DType.IsFloat() && (!o.Optional || o.Name == "lse")
}

// slope is a case with float64 inputs, as a loss and its gradients.
type slope struct {
	name  string
	f     *opcheck.Fixture
	g     *graph.Graph
	feeds engine.Feeds
	in    []int         // the inputs that the loss is differentiated by
	wrt   []graph.Value // their values
	loss  graph.Value
}

// newSlope makes the loss Σ w·output^power.
func newSlope(f *opcheck.Fixture, seed uint64, power int) *slope {
	s := &slope{name: f.String(), f: f, g: graph.New(), feeds: engine.Feeds{}}
	var in []graph.Value
	for i, x := range f.In {
		if x == nil {
			in = append(in, graph.Value{})
			continue
		}
		name := fmt.Sprintf("in%d", i)
		s.feeds[name] = widened(x)
		in = append(in, s.g.Input(name, x.Type))
		if x.DType.IsFloat() {
			s.in, s.wrt = append(s.in, i), append(s.wrt, in[i])
		}
	}
	for i, y := range s.g.Apply(f.Op, f.Case.Attrs, in...) {
		if differentiable(f.Op, i, y) {
			if power == 2 {
				y = y.Square()
			}
			s.add(y, fmt.Sprintf("w%d", i), seed, 100+i)
		}
	}
	return s
}

// add adds Σ w·y to the loss, for random w.
func (s *slope) add(y graph.Value, name string, seed uint64, stream int) {
	w := tensor.New(tensor.F32(y.Shape()...))
	kernels.FillDefault(&tensor.Philox{Seed: seed, Stream: uint64(stream)}, w)
	s.feeds[name] = widened(w)
	l := y.Mul(s.g.Input(name, y.Type())).Sum()
	if s.loss.Valid() {
		l = s.loss.Add(l)
	}
	s.loss = l
}

// again makes a loss of the loss's gradients.
func (s *slope) again(seed uint64) {
	if !s.loss.Valid() {
		return
	}
	first := graph.Grad(s.loss, s.wrt...)
	s.loss = graph.Value{}
	for i, d := range first {
		if s.g.Err() == nil {
			s.add(d, fmt.Sprintf("r%d", i), seed, 200+i)
		}
	}
}

// measure asks for the loss and its gradients.
func (s *slope) measure() {
	if !s.loss.Valid() {
		s.in = nil
		return
	}
	s.g.Output("loss", s.loss)
	for k, d := range graph.Grad(s.loss, s.wrt...) {
		s.g.Output(fmt.Sprintf("d%d", s.in[k]), d)
	}
}

func widened(x *tensor.Tensor) *tensor.Tensor {
	if x.F32 == nil {
		return x
	}
	w := tensor.New(tensor.Type{DType: tensor.Float64, Shape: x.Shape})
	for i, v := range x.F32 {
		w.F64[i] = float64(v)
	}
	return w
}

// infinite are the ops whose result may be: a maximum over nothing but padding,
// labels that don't fit into their steps.
var infinite = []string{"max_pool2d", "max_pool3d", "ctc_loss"}

func (s *slope) check(t *testing.T) {
	if len(s.in) == 0 {
		return
	}
	out, _, err := engine.Oracle(s.g, s.feeds, nil)
	require.NoError(t, err, s.name)
	if l := out["loss"].At(0); math.IsNaN(l) || math.IsInf(l, 0) {
		require.Contains(t, infinite, s.f.Op.Name)
		return
	}
	for _, i := range s.in {
		name := fmt.Sprintf("in%d", i)
		x, grad := s.feeds[name], out[fmt.Sprintf("d%d", i)]
		d := tensor.New(x.Type)
		rng := &tensor.Philox{Seed: 7, Stream: uint64(i)}
		for j, v := range x.F64 {
			d.F64[j] = rng.Uniform(-1, 1) * min(1, math.Abs(v))
		}
		want, terms := 0.0, 0.0
		for j := range x.F64 {
			want += grad.At(j) * d.At(j)
			terms += math.Abs(grad.At(j) * d.At(j))
		}
		const h = 1e-6
		loss := func(h float64) float64 {
			moved := x.Clone()
			for j, v := range d.F64 {
				moved.F64[j] += h * v
			}
			s.feeds[name] = moved
			out, _, err := engine.Oracle(s.g, s.feeds, nil)
			require.NoError(t, err, s.name)
			s.feeds[name] = x
			return out["loss"].At(0)
		}
		got := (loss(h) - loss(-h)) / (2 * h)
		if bound := 1e-6*terms + 1e-6; !(math.Abs(got-want) <= bound) {
			t.Errorf("%s: input %s: the gradient gives %g, the finite difference %g", s.name, s.f.Op.In[min(i, len(s.f.Op.In)-1)].Name, want, got)
		}
	}
}
