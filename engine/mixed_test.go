package engine_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

// dtypeNet is a small net whose activations are stored in d.
type dtypeNet struct {
	model   any
	in      []int
	logits  func(x graph.Value) graph.Value
	classes int
}

func dtypeNets() map[string]func() dtypeNet {
	return map[string]func() dtypeNet{
		"mlp": func() dtypeNet {
			m := &mlp{nn.Linear{In: 9, Out: 33}, nn.Linear{In: 33, Out: 5}}
			return dtypeNet{m, []int{7, 9}, func(x graph.Value) graph.Value {
				return m.Out.Forward(m.Hidden.Forward(x).Gelu())
			}, 5}
		},
		"cnn": func() dtypeNet {
			m := &cnn{nn.Conv2d{In: 1, Out: 4, Kernel: 3, Padding: 1}, nn.Conv2d{In: 4, Out: 5, Kernel: 3, Padding: 1},
				nn.Linear{In: 5 * 2 * 2, Out: 11}, nn.Linear{In: 11, Out: 5}}
			return dtypeNet{m, []int{3, 1, 9, 9}, func(x graph.Value) graph.Value {
				x = m.Conv2.Forward(m.Conv1.Forward(x).Relu().MaxPool2d(2)).Relu().AvgPool2d(2)
				return m.Out.Forward(m.Hidden.Forward(x.Flatten(1)).Tanh())
			}, 5}
		},
		"norms": func() dtypeNet {
			m := &struct {
				Conv  nn.Conv2d
				Batch nn.BatchNorm2d
				Layer nn.LayerNorm
				Out   nn.Linear
			}{nn.Conv2d{In: 1, Out: 4, Kernel: 3}, nn.BatchNorm2d{Features: 4}, nn.LayerNorm{Shape: []int{4, 3, 3}}, nn.Linear{In: 36, Out: 5}}
			return dtypeNet{m, []int{6, 1, 5, 5}, func(x graph.Value) graph.Value {
				x = m.Layer.Forward(m.Batch.Forward(m.Conv.Forward(x)).Relu())
				return m.Out.Forward(x.Flatten(1).Dropout(0.1))
			}, 5}
		},
		"lstm": func() dtypeNet {
			m := &charLSTM{LSTM: nn.LSTM{In: 6, Hidden: 8}, Embed: nn.Embedding{Num: 1, Dim: 1}, Out: nn.Linear{In: 8, Out: 5}}
			return dtypeNet{m, []int{4, 3, 6}, func(x graph.Value) graph.Value {
				y, _, _ := m.LSTM.Forward(x, graph.Value{}, graph.Value{})
				return m.Out.Forward(y.Narrow(0, 3, 1).Reshape(3, 8))
			}, 5}
		},
	}
}

// step is a step of training with the activations in d; in float64 the
// parameters too.
func (n dtypeNet) step(t *testing.T, d tensor.DType, o optim.Optimizer) (build func(g *graph.Graph), feeds engine.Feeds) {
	vars, err := nn.Init(n.model, 3)
	require.NoError(t, err)
	if d == tensor.Float64 {
		nn.To(d, vars...)
	}
	params := nn.Trainable(vars)
	rule := o.For(params)
	x, y := tensor.New(tensor.F32(n.in...)), tensor.New(tensor.I32())
	build = func(g *graph.Graph) {
		logits := n.logits(g.Input("x", x.Type).Cast(d))
		if g.Err() == nil {
			require.Equal(t, d, logits.Type().DType)
		}
		loss := nn.CrossEntropy(logits.Cast(compute(d)), g.Input("y", y.Type))
		var read []graph.Value
		for _, p := range rule.Params {
			read = append(read, g.Read(p))
		}
		grads := graph.Grad(loss, read...)
		rule.Apply(grads, 1)
		g.Output("loss", loss)
		g.Output("logits", logits)
		for i, v := range grads {
			require.Equal(t, read[i].Type(), v.Type())
		}
	}
	g := graph.New()
	rows := n.logits(g.Input("x", x.Type)).Dim(0)
	y = tensor.New(tensor.I32(rows))
	kernels.FillDefault(&tensor.Philox{Seed: 1}, x)
	kernels.FillInts(n.classes)(&tensor.Philox{Seed: 2}, y)
	feeds = engine.Feeds{"x": x, "y": y}
	for _, r := range rule.Rates {
		feeds[r.Input] = tensor.Scalar(0.01)
	}
	return build, feeds
}

func compute(d tensor.DType) tensor.DType {
	if d.IsHalf() {
		return tensor.Float32
	}
	return d
}

func losses(t *testing.T, d *engine.Device, build func(g *graph.Graph), feeds engine.Feeds, steps int) (out []float64, logits *tensor.Tensor) {
	st, err := engine.NewState(d)
	require.NoError(t, err)
	defer st.Close()
	p, err := engine.Compile(st, build, engine.Train())
	require.NoError(t, err)
	defer p.Close()
	for range steps {
		tk, err := p.Run(feeds)
		require.NoError(t, err)
		l, err := tk.Tensor("loss")
		require.NoError(t, err)
		out = append(out, l.At(0))
		logits, err = tk.Tensor("logits")
		require.NoError(t, err)
	}
	return out, logits
}

// Nets train with activations in 16 bits on every device as in float32, but for
// the type's rounding, and in float64 on the CPU.
func TestNetsTrainInEveryFloatType(t *testing.T) {
	unit := map[tensor.DType]float64{tensor.Float16: 0x1p-11, tensor.BFloat16: 0x1p-8, tensor.Float64: 0x1p-24}
	for name, make := range dtypeNets() {
		t.Run(name, func(t *testing.T) {
			devtest.Each(t, func(t *testing.T, dev devtest.Dev) {
				build, feeds := make().step(t, tensor.Float32, optim.Adam{})
				want, _ := losses(t, dev.Device, build, feeds, 8)
				require.Less(t, want[7], 0.9*want[0], "it learns")
				for d, u := range unit {
					if d == tensor.Float64 && dev.Target.Kind != kernels.CPU {
						continue
					}
					build, feeds := make().step(t, d, optim.Adam{})
					got, logits := losses(t, dev.Device, build, feeds, 8)
					require.Equal(t, d, logits.DType)
					for i := range want {
						require.InDelta(t, want[i], got[i], 30*u*want[0], "%v step %d", d, i)
					}
					if d.IsHalf() {
						require.NotEqual(t, want[0], got[0], "%v: nothing was rounded", d)
					}
				}
			})
		})
	}
}

// Whole steps in float64 on the CPU, gradients and optimizer and all, have the
// oracle's bits.
func TestStepsInFloat64AreTheOracles(t *testing.T) {
	nets := dtypeNets()
	for what, c := range map[string]struct {
		net string
		o   optim.Optimizer
	}{
		"cnn": {"cnn", optim.Adam{}}, "lstm": {"lstm", optim.SGD{Momentum: 0.9}}, "norms": {"norms", optim.AdamW{AMSGrad: true}},
		"rmsprop": {"mlp", optim.RMSprop{}}, "adagrad": {"mlp", optim.Adagrad{}}, "adadelta": {"mlp", optim.Adadelta{}}, "adamax": {"mlp", optim.Adamax{}},
		"radam": {"mlp", optim.RAdam{}}, "nadam": {"mlp", optim.NAdam{}}, "lion": {"mlp", optim.Lion{}}, "asgd": {"mlp", optim.ASGD{}},
		"rprop": {"mlp", optim.Rprop{}}, "lamb": {"mlp", optim.LAMB{}}, "muon": {"mlp", optim.Muon{}},
	} {
		for _, d := range devtest.Devices() {
			if d.Target.Kind != kernels.CPU {
				continue
			}
			build, feeds := nets[c.net]().step(t, tensor.Float64, c.o)
			g := graph.New()
			g.SetTrain(true)
			build(g)
			st, err := engine.NewState(d.Device)
			require.NoError(t, err)
			p, err := engine.Compile(st, build, engine.Train())
			require.NoError(t, err, what)
			values := map[*graph.Variable]*tensor.Tensor{}
			for step := range 2 {
				feeds[graph.SeedInput] = tensor.FromI32([]int32{0, int32(step)}, 2)
				want, assigned, err := engine.Oracle(g, feeds, values)
				require.NoError(t, err)
				tk, err := p.Run(feeds)
				require.NoError(t, err)
				require.Equal(t, want["logits"].F64, tk.F64("logits"), what)
				require.Equal(t, want["loss"].F64, tk.F64("loss"), what)
				for v, x := range assigned {
					got, err := st.Get(v)
					require.NoError(t, err)
					want, err := x.To(v.Type.DType)
					require.NoError(t, err)
					require.Equal(t, want, got, "%s: %s", what, v.Name)
					values[v] = x
				}
			}
			require.NoError(t, p.Close())
			require.NoError(t, st.Close())
		}
	}
}

// A cast has the same bits on every device, NaN's included.
func TestCastsHaveTheSameBitsEverywhere(t *testing.T) {
	floats := tensor.New(tensor.F32(1 << 15))
	rng := tensor.Philox{Seed: 9}
	for i := range floats.F32 {
		floats.F32[i] = math.Float32frombits(rng.Uint32())
	}
	halves := tensor.FromF16(make([]uint16, 1<<16), 1<<16)
	for i := range halves.U16 {
		halves.U16[i] = uint16(i)
	}
	brains := tensor.FromBF16(halves.U16, 1<<16)
	type result struct {
		u16 []uint16
		f32 []uint32
		i32 []int32
	}
	var first map[string]result
	for _, dev := range devtest.Devices() {
		got := map[string]result{}
		for _, x := range []*tensor.Tensor{floats, halves, brains} {
			for _, to := range []tensor.DType{tensor.Float32, tensor.Float16, tensor.BFloat16, tensor.Int32, tensor.Bool} {
				if to == x.DType {
					continue
				}
				st, err := engine.NewState(dev.Device)
				require.NoError(t, err)
				p, err := engine.Compile(st, func(g *graph.Graph) {
					g.Output("y", g.Apply(kernels.Cast, cpuref.CastAttrs{To: to}, g.Input("x", x.Type))[0])
				})
				require.NoError(t, err)
				tk, err := p.Run(engine.Feeds{"x": x})
				require.NoError(t, err)
				y, err := tk.Tensor("y")
				require.NoError(t, err)
				r := result{u16: y.U16, i32: y.I32}
				for _, v := range y.F32 {
					r.f32 = append(r.f32, math.Float32bits(v))
				}
				got[fmt.Sprintf("%v to %v", x.DType, to)] = r
				require.NoError(t, p.Close())
				require.NoError(t, st.Close())
			}
		}
		if first == nil {
			first = got
		}
		for what, r := range got {
			require.Equal(t, first[what], r, "%s on %s", what, dev.Name)
		}
	}
}

// Variables in 16 bits are kept, assigned and copied, an odd number of them too;
// an optimizer refuses them by name.
func TestVariablesIn16Bits(t *testing.T) {
	devtest.Each(t, func(t *testing.T, dev devtest.Dev) {
		for _, d := range []tensor.DType{tensor.Float16, tensor.BFloat16} {
			ty := tensor.Type{DType: d, Shape: tensor.Shape{5}}
			v := &graph.Variable{Name: "v", Type: tensor.F32(5), Trainable: true, Init: func() *tensor.Tensor { return tensor.FromF32([]float32{1, 2, 3, 4, 5}, 5) }}
			nn.To(d, v)
			st, err := engine.NewState(dev.Device)
			require.NoError(t, err)
			p, err := engine.Compile(st, func(g *graph.Graph) {
				x := g.Read(v)
				y := x.MulScalar(1.5).Add(g.Input("x", ty)) // 16 bits and 16 bits
				require.Equal(t, d, y.Type().DType)
				g.Output("y", y.Reshape(1, 5))
				g.Assign(v, y.Add(g.Zeros(5))) // float32, rounded to v's type
			})
			require.NoError(t, err)
			x := tensor.New(ty)
			x.Set(4, 0.5)
			for range 2 {
				_, err = p.Run(engine.Feeds{"x": x})
				require.NoError(t, err)
			}
			got, err := st.Get(v)
			require.NoError(t, err)
			require.Equal(t, ty, got.Type)
			for i, want := range []float64{2.25, 4.5, 6.75, 9, 12.5} {
				require.Equal(t, want, got.At(i))
			}
			require.NoError(t, p.Close())
			_, err = engine.Compile(st, func(g *graph.Graph) {
				optim.SGD{LR: 1}.For([]*graph.Variable{v}).Apply(graph.Grad(g.Read(v).Sum(), g.Read(v)), 0)
			})
			require.ErrorContains(t, err, fmt.Sprintf("sgd: operand 0 is %v[5], updated in place: keep it in float32", d))
			require.NoError(t, st.Close())
		}
	})
}
