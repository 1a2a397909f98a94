package nn_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

// layer is a recurrent layer under test: any of the three, by one form.
type layer struct {
	name    string
	model   any // for nn.Init
	states  int // layers · directions
	out     int // the width of h
	cell    int // the width of c; 0: none
	forward func(x, lengths, h, c graph.Value) []graph.Value
}

const recIn, recHidden = 3, 4

// recurrentLayers are all kinds, of two layers; both directions with both.
func recurrentLayers(both bool) []layer {
	states := 2
	if both {
		states = 4
	}
	rnn := func(f string) layer {
		l := &nn.RNN{In: recIn, Hidden: recHidden, Layers: 2, Nonlinearity: f, Bidirectional: both}
		return layer{"RNN " + f, l, states, recHidden, 0, func(x, n, h, _ graph.Value) []graph.Value {
			y, h := l.ForwardLengths(x, n, h)
			return []graph.Value{y, h}
		}}
	}
	gru := &nn.GRU{In: recIn, Hidden: recHidden, Layers: 2, Bidirectional: both}
	lstm := func(proj int) layer {
		l := &nn.LSTM{In: recIn, Hidden: recHidden, Proj: proj, Layers: 2, Bidirectional: both}
		out := recHidden
		if proj > 0 {
			out = proj
		}
		return layer{fmt.Sprintf("LSTM of projection %d", proj), l, states, out, recHidden, func(x, n, h, c graph.Value) []graph.Value {
			y, h, c := l.ForwardLengths(x, n, h, c)
			return []graph.Value{y, h, c}
		}}
	}
	return []layer{rnn("tanh"), rnn("relu"), {"GRU", gru, states, recHidden, 0, func(x, n, h, _ graph.Value) []graph.Value {
		y, h := gru.ForwardLengths(x, n, h)
		return []graph.Value{y, h}
	}}, lstm(0), lstm(2)}
}

// feed is a sequence batch with initial states.
func (l *layer) feed(T, N int) engine.Feeds {
	in := engine.Feeds{"x": normal(1, T, N, recIn), "h": normal(2, l.states, N, l.out)}
	if l.cell > 0 {
		in["c"] = normal(3, l.states, N, l.cell)
	}
	return in
}

func normal(stream uint64, shape ...int) *tensor.Tensor {
	x, rng := tensor.New(tensor.F32(shape...)), &tensor.Philox{Seed: 5, Stream: stream}
	nn.NormalInit(0, 1)(rng, x.F32)
	return x
}

// add puts the layer in a graph, and gives its inputs and outputs.
func (l *layer) add(g *graph.Graph, in engine.Feeds) (from map[string]graph.Value, to []graph.Value) {
	from = map[string]graph.Value{}
	for _, name := range []string{"x", "lengths", "h", "c"} {
		if in[name] != nil {
			from[name] = g.Input(name, tensor.Type{DType: dtype(in[name]), Shape: in[name].Shape})
		}
	}
	return from, l.forward(from["x"], from["lengths"], from["h"], from["c"])
}

// dtype is a tensor's type in a graph, which has no float64.
func dtype(t *tensor.Tensor) tensor.DType {
	if t.DType == tensor.Float64 {
		return tensor.Float32
	}
	return t.DType
}

var stateNames = []string{"y", "h", "c"}

// oracle computes a layer in float64.
func (l *layer) oracle(t *testing.T, in engine.Feeds) map[string]*tensor.Tensor {
	g := graph.New()
	_, to := l.add(g, in)
	for i, v := range to {
		g.Output(stateNames[i], v)
	}
	require.NoError(t, g.Err(), l.name)
	out, _, err := engine.Oracle(g, in, nil)
	require.NoError(t, err, l.name)
	return out
}

// part is sequence n of a batch, cut to a length; states have no length.
func part(x *tensor.Tensor, n, length int) *tensor.Tensor {
	s := slices.Clone(x.Shape)
	s[0], s[1] = length, 1
	y := tensor.New(tensor.Type{DType: x.DType, Shape: s})
	w := s[2]
	for t := range length {
		for j := range w {
			y.Set(t*w+j, x.At((t*x.Shape[1]+n)*w+j))
		}
	}
	return y
}

// A batch of several lengths is each sequence alone: exactly so in the padding,
// which holds NaN, and in the rest but for rounding.
func TestSequencesOfSeveralLengthsAreEachAlone(t *testing.T) {
	const T = 5
	lengths := []int32{3, 5, 1, 0, 4}
	for _, both := range []bool{false, true} {
		for _, l := range recurrentLayers(both) {
			_, err := nn.Init(l.model, 3)
			require.NoError(t, err)
			in := l.feed(T, len(lengths))
			in["lengths"] = tensor.FromI32(lengths, len(lengths))
			for n, length := range lengths {
				for s := int(length); s < T; s++ {
					for j := range recIn {
						in["x"].F32[(s*len(lengths)+n)*recIn+j] = float32(math.NaN())
					}
				}
			}
			got := l.oracle(t, in)
			for n, length := range lengths {
				name := fmt.Sprintf("%s, both %v, length %d", l.name, both, length)
				alone := engine.Feeds{"x": part(in["x"], n, int(length)), "h": part(in["h"], n, l.states)}
				if l.cell > 0 {
					alone["c"] = part(in["c"], n, l.states)
				}
				want := l.oracle(t, alone)
				for _, k := range stateNames[1:] {
					if want[k] != nil {
						require.InDeltaSlice(t, want[k].F64, part(got[k], n, l.states).F64, 1e-12, "%s: %s", name, k)
					}
				}
				y := part(got["y"], n, T).F64
				kept := len(want["y"].F64)
				require.InDeltaSlice(t, want["y"].F64, y[:kept], 1e-12, "%s: y", name)
				require.Equal(t, make([]float64, len(y)-kept), y[kept:], "%s: y behind the end", name)
			}
		}
	}
}

// slopes checks each gradient of Σ w·output by inputs and variables against
// central differences in float64 along a random direction.
func (l *layer) slopes(t *testing.T, vars []*graph.Variable, in engine.Feeds) {
	g := graph.New()
	from, to := l.add(g, in)
	var loss graph.Value
	for i, v := range to {
		term := v.Mul(g.Const(normal(uint64(10+i), v.Shape()...))).Sum()
		if loss.Valid() {
			term = loss.Add(term)
		}
		loss = term
	}
	g.Output("loss", loss)
	var names []string
	var wrt []graph.Value
	for _, name := range []string{"x", "h", "c"} {
		if from[name].Valid() {
			names, wrt = append(names, name), append(wrt, from[name])
		}
	}
	values := map[*graph.Variable]*tensor.Tensor{}
	for _, v := range vars {
		names, wrt = append(names, v.Name), append(wrt, g.Read(v))
		values[v] = widen(t, v.Init())
	}
	for i, d := range graph.Grad(loss, wrt...) {
		g.Output("d"+names[i], d)
	}
	require.NoError(t, g.Err(), l.name)
	wide := engine.Feeds{}
	for k, x := range in {
		if wide[k] = x; x.DType == tensor.Float32 {
			wide[k] = widen(t, x)
		}
	}
	out, _, err := engine.Oracle(g, wide, values)
	require.NoError(t, err, l.name)
	at := func() float64 {
		o, _, err := engine.Oracle(g, wide, values)
		require.NoError(t, err)
		return o["loss"].At(0)
	}
	for i, name := range names {
		x := wide[name]
		if x == nil {
			x = values[vars[i-len(names)+len(vars)]]
		}
		const h = 1e-5
		d, want := normal(uint64(20+i), x.Shape...).F32, 0.0
		for k := range x.F64 {
			want += out["d"+name].At(k) * float64(d[k])
			x.F64[k] += h * float64(d[k])
		}
		hi := at()
		for k := range x.F64 {
			x.F64[k] -= 2 * h * float64(d[k])
		}
		lo := at()
		for k := range x.F64 {
			x.F64[k] += h * float64(d[k])
		}
		require.InDelta(t, (hi-lo)/(2*h), want, 1e-6*max(1, math.Abs(want)), "%s: gradient of %s", l.name, name)
	}
}

func TestRecurrentGradientsAreTheFiniteDifferences(t *testing.T) {
	for _, both := range []bool{false, true} {
		for _, l := range recurrentLayers(both) {
			vars, err := nn.Init(l.model, 3)
			require.NoError(t, err)
			l.slopes(t, vars, l.feed(3, 2))
			in := l.feed(4, 3)
			in["lengths"] = tensor.FromI32([]int32{2, 4, 0}, 3)
			l.slopes(t, vars, in)
		}
	}
}

// Forward and backward on every device, with lengths: the oracle's numbers, and
// the same bits twice.
func TestRecurrentLayersOnEveryDevice(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		for _, l := range recurrentLayers(true) {
			vars, err := nn.Init(l.model, 3)
			require.NoError(t, err)
			in := l.feed(4, 3)
			in["lengths"] = tensor.FromI32([]int32{2, 4, 0}, 3)
			build := func(g *graph.Graph) {
				from, to := l.add(g, in)
				loss := to[0].Square().Sum()
				for i, v := range to {
					g.Output(stateNames[i], v)
					loss = loss.Add(v.Sum())
				}
				for i, dv := range graph.Grad(loss, append([]graph.Value{from["x"], from["h"]}, g.Read(vars[1]), g.Read(vars[len(vars)-1]))...) {
					g.Output(fmt.Sprint("d", i), dv)
				}
			}
			g := graph.New()
			build(g)
			require.NoError(t, g.Err())
			want, _, err := engine.Oracle(g, in, nil)
			require.NoError(t, err)

			st, err := engine.NewState(d.Device)
			require.NoError(t, err)
			p, err := engine.Compile(st, build)
			require.NoError(t, err, l.name)
			var first map[string][]float32
			for range 2 {
				tk, err := p.Run(in)
				require.NoError(t, err)
				got := map[string][]float32{}
				for name, w := range want {
					x, err := tk.Tensor(name)
					require.NoError(t, err)
					got[name] = slices.Clone(x.F32)
					for i, v := range x.F32 {
						require.InDelta(t, w.At(i), v, 2e-5, "%s: %s[%d]", l.name, name, i)
					}
				}
				if first == nil {
					first = got
				}
				require.Equal(t, first, got, "%s: other bits in another run", l.name)
			}
			p.Close()
			st.Close()
		}
	})
}

func widen(t *testing.T, x *tensor.Tensor) *tensor.Tensor {
	w, err := x.To(tensor.Float64)
	require.NoError(t, err)
	return w
}
