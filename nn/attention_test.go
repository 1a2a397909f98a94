package nn_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

func gauss(seed uint64, shape ...int) *tensor.Tensor {
	t := tensor.New(tensor.F32(shape...))
	kernels.FillDefault(&tensor.Philox{Seed: seed}, t)
	return t
}

// rows is softmax(q·kᵀ·scale, -inf where hidden)·v for one head, in float64.
func rows(q, k, v [][]float64, scale float64, hidden func(i, j int) bool) (y, weights [][]float64) {
	for i := range q {
		w, sum := make([]float64, len(k)), 0.0
		for j := range k {
			if !hidden(i, j) {
				w[j] = math.Exp(dot(q[i], k[j]) * scale)
				sum += w[j]
			}
		}
		row := make([]float64, len(v[0]))
		for j := range k {
			w[j] /= sum
			for d := range row {
				row[d] += w[j] * v[j][d]
			}
		}
		y, weights = append(y, row), append(weights, w)
	}
	return y, weights
}

func dot(x, y []float64) (s float64) {
	for i := range x {
		s += x[i] * y[i]
	}
	return s
}

// linear is rows of x·wᵀ + b for the rows first to last of w [.., E].
func linear(x [][]float64, w, b *tensor.Tensor, first, last int) (y [][]float64) {
	e := len(x[0])
	for _, r := range x {
		var out []float64
		for o := first; o < last; o++ {
			s := b.At(o)
			for i := range e {
				s += r[i] * w.At(o*e+i)
			}
			out = append(out, s)
		}
		y = append(y, out)
	}
	return y
}

// example is row n of x [N, L, E].
func example(x *tensor.Tensor, n int) (out [][]float64) {
	l, e := x.Shape[1], x.Shape[2]
	for i := range l {
		r := make([]float64, e)
		for d := range r {
			r[d] = x.At((n*l+i)*e + d)
		}
		out = append(out, r)
	}
	return out
}

func columns(x [][]float64, from, to int) (out [][]float64) {
	for _, r := range x {
		out = append(out, r[from:to])
	}
	return out
}

// values draws a model's variables anew, biases too, and gives them by name.
func values(vars []*graph.Variable) map[string]*tensor.Tensor {
	out := map[string]*tensor.Tensor{}
	for i, v := range vars {
		t := gauss(uint64(100+i), v.Type.Shape...)
		v.Init = func() *tensor.Tensor { return t }
		out[v.Name] = t
	}
	return out
}

// Two heads, keys of their own, padding in the second example and a mask that
// hides key 1 from query 0, against the sums written out.
func TestMultiheadAttentionIsTheSumsWrittenOut(t *testing.T) {
	const n, l, s, e, heads = 2, 3, 4, 6, 2
	m := &struct{ Attn nn.MultiheadAttention }{nn.MultiheadAttention{Embed: e, Heads: heads, BatchFirst: true}}
	vars, err := nn.Init(m, 1)
	require.NoError(t, err)
	p := values(vars)
	q, k, v := gauss(1, n, l, e), gauss(2, n, s, e), gauss(3, n, s, e)
	padding, mask := tensor.New(tensor.Type{DType: tensor.Bool, Shape: tensor.Shape{n, s}}), tensor.New(tensor.Type{DType: tensor.Bool, Shape: tensor.Shape{l, s}})
	padding.I32[s+3], mask.I32[1] = 1, 1
	g := graph.New()
	y, weights := m.Attn.Forward(g.Input("q", q.Type), g.Input("k", k.Type), g.Input("v", v.Type),
		nn.MultiheadOptions{KeyPadding: g.Const(padding), Mask: g.Const(mask), Weights: true})
	g.Output("y", y)
	g.Output("weights", weights)
	got, _, err := engine.Oracle(g, engine.Feeds{"q": q, "k": k, "v": v}, nil)
	require.NoError(t, err)
	w, b := p["attn.in_proj_weight"], p["attn.in_proj_bias"]
	for x := range n {
		qs, ks, vs := linear(example(q, x), w, b, 0, e), linear(example(k, x), w, b, e, 2*e), linear(example(v, x), w, b, 2*e, 3*e)
		joined, mean := make([][]float64, l), make([][]float64, l)
		for i := range mean {
			mean[i] = make([]float64, s)
		}
		for h := range heads {
			from, to := h*e/heads, (h+1)*e/heads
			head, weights := rows(columns(qs, from, to), columns(ks, from, to), columns(vs, from, to), 1/math.Sqrt(e/heads),
				func(i, j int) bool { return i == 0 && j == 1 || x == 1 && j == 3 })
			for i := range l {
				joined[i] = append(joined[i], head[i]...)
				for j := range s {
					mean[i][j] += weights[i][j] / heads
				}
			}
		}
		for i, row := range linear(joined, p["attn.out_proj.weight"], p["attn.out_proj.bias"], 0, e) {
			for d, want := range row {
				require.InDelta(t, want, got["y"].At((x*l+i)*e+d), 1e-6)
			}
			for j, want := range mean[i] {
				require.InDelta(t, want, got["weights"].At((x*l+i)*s+j), 1e-6)
			}
		}
	}
}

// softmax(1/√2, 0) weighs the values 10 and 20.
func TestScaledDotProductAttentionByHand(t *testing.T) {
	g := graph.New()
	q, k := g.Const(tensor.FromF32([]float32{1, 0}, 1, 2)), g.Const(tensor.FromF32([]float32{1, 0, 0, 1}, 2, 2))
	v := g.Const(tensor.FromF32([]float32{10, 20}, 2, 1))
	g.Output("plain", nn.ScaledDotProductAttention(q, k, v, nn.AttentionOptions{}))
	g.Output("causal", nn.ScaledDotProductAttention(q, k, v, nn.AttentionOptions{Causal: true}))
	second := g.Const(&tensor.Tensor{Type: tensor.Type{DType: tensor.Bool, Shape: tensor.Shape{2}}, I32: []int32{0, 1}})
	g.Output("second", nn.ScaledDotProductAttention(q, k, v, nn.AttentionOptions{Mask: second}))
	bias := g.Const(tensor.FromF32([]float32{0, 1}, 1, 2))
	g.Output("scaled", nn.ScaledDotProductAttention(q, k, v, nn.AttentionOptions{Mask: bias, Scale: 1}))
	out, _, err := engine.Oracle(g, nil, nil)
	require.NoError(t, err)
	a := math.Exp(1 / math.Sqrt2)
	for name, want := range map[string]float64{"plain": (10*a + 20) / (a + 1), "causal": 10, "second": 20, "scaled": 15} {
		require.InDelta(t, want, out[name].At(0), 1e-6, name)
	}
}

// A query that may look at nothing gives zeros, and no NaN reaches a gradient.
func TestAQueryWithoutKeysGivesZeros(t *testing.T) {
	g := graph.New()
	q, k, v := g.Input("q", tensor.F32(2, 3)), g.Input("k", tensor.F32(2, 3)), g.Input("v", tensor.F32(2, 3))
	mask := g.Const(&tensor.Tensor{Type: tensor.Type{DType: tensor.Bool, Shape: tensor.Shape{2, 2}}, I32: []int32{0, 0, 1, 1}})
	y := nn.ScaledDotProductAttention(q, k, v, nn.AttentionOptions{Mask: mask})
	g.Output("y", y)
	for i, d := range graph.Grad(y.Square().Sum(), q, k, v) {
		g.Output(fmt.Sprint("d", i), d)
	}
	out, _, err := engine.Oracle(g, engine.Feeds{"q": gauss(1, 2, 3), "k": gauss(2, 2, 3), "v": gauss(3, 2, 3)}, nil)
	require.NoError(t, err)
	require.Equal(t, []float64{0, 0, 0}, out["y"].F64[:3])
	require.NotZero(t, out["y"].F64[3])
	for i := range 3 {
		for _, x := range out[fmt.Sprint("d", i)].F64 {
			require.False(t, math.IsNaN(x))
		}
	}
	require.Equal(t, []float64{0, 0, 0}, out["d0"].F64[:3])
}

// One more key and value, learned or zeros, are as if they were given.
func TestAddedKeysAndValues(t *testing.T) {
	m := &struct{ Attn nn.MultiheadAttention }{nn.MultiheadAttention{Embed: 2, Heads: 1, BiasKV: true, ZeroAttn: true, NoBias: true}}
	vars, err := nn.Init(m, 1)
	require.NoError(t, err)
	p := values(vars)
	x := gauss(5, 1, 2)
	g := graph.New()
	v := g.Input("x", x.Type)
	_, w := m.Attn.Forward(v, v, v, nn.MultiheadOptions{Weights: true})
	g.Output("w", w)
	out, _, err := engine.Oracle(g, engine.Feeds{"x": x}, nil)
	require.NoError(t, err)
	zero := tensor.New(tensor.F32(6))
	at := [][]float64{{x.At(0), x.At(1)}}
	q, k := linear(at, p["attn.in_proj_weight"], zero, 0, 2), linear(at, p["attn.in_proj_weight"], zero, 2, 4)
	keys := append(k, []float64{p["attn.bias_k"].At(0), p["attn.bias_k"].At(1)}, []float64{0, 0})
	_, want := rows(q, keys, keys, 1/math.Sqrt2, func(int, int) bool { return false })
	require.InDeltaSlice(t, want[0], out["w"].F64, 1e-6)
}

func TestPositionsAreSinesAndCosines(t *testing.T) {
	g := graph.New()
	p := nn.SinusoidalPositions{BatchFirst: true}
	g.Output("y", p.Forward(g.Zeros(1, 3, 4)))
	second := nn.SinusoidalPositions{}
	g.Output("second", second.Forward(g.Zeros(3, 1, 4)))
	out, _, err := engine.Oracle(g, nil, nil)
	require.NoError(t, err)
	for at := range 3 {
		x := float64(at)
		want := []float64{math.Sin(x), math.Cos(x), math.Sin(x / 100), math.Cos(x / 100)}
		require.InDeltaSlice(t, want, out["y"].F64[4*at:4*at+4], 1e-7)
		require.InDeltaSlice(t, want, out["second"].F64[4*at:4*at+4], 1e-7)
	}
}
