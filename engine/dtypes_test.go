package engine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/internal/opcheck"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/plan"
	"github.com/vulgo-ml/vulgo/tensor"
)

// inDType is the fixture with its operands of one sort, float32 or d, in d.
func inDType(t *testing.T, f *opcheck.Fixture, d tensor.DType) (some bool) {
	f.Case.In = append([]tensor.Type(nil), f.Case.In...)
	for i, x := range f.In {
		if x != nil && (d.IsFloat() && x.DType == tensor.Float32 || x.DType == d || d == tensor.Int64 && x.DType == tensor.Int32) {
			y, err := x.To(d)
			require.NoError(t, err)
			f.In[i], f.Case.In[i], some = y, y.Type, true
		}
	}
	return some
}

// In float64 the CPU has the oracle's own bits.
func TestOpsInFloat64OnTheCPUAreTheOracle(t *testing.T) {
	for _, d := range devtest.Devices() {
		for _, op := range kernels.All() {
			if d.Target.Kind != kernels.CPU || op.View || !op.Accepts(tensor.Float64, kernels.CPU) {
				continue
			}
			f := opcheck.NewFixture(op, op.Cases[0], 1, true)
			if !inDType(t, f, tensor.Float64) {
				continue
			}
			want, _, err := f.Oracle()
			require.NoError(t, err, f)
			got, err := f.Run(d.Device, kernels.PlainName, 1)
			require.NoError(t, err, f)
			for name, w := range want {
				_, err := kernels.Exact().Compare(got[0][name], w, w)
				require.NoError(t, err, "%v %s", f, name)
				require.Equal(t, w.DType == tensor.Float64, got[0][name].DType.IsFloat(), f)
			}
		}
	}
}

// Accepts says which dtypes an op takes: exactly those get a plan.
func TestAcceptsIsWhatCompiles(t *testing.T) {
	for _, target := range []*kernels.Target{kernels.CPUTarget(), kernels.MinimalVulkan()} {
		for _, op := range kernels.All() {
			for _, d := range tensor.DTypes() {
				tried, fits := false, false
				var last error
				for _, c := range op.Cases {
					f := &opcheck.Fixture{Op: op, Case: c, In: make([]*tensor.Tensor, len(c.In)), All: true}
					if fits || f.Elems() > 5000 {
						continue
					}
					for i, ty := range c.In {
						if ty.Present() {
							f.In[i] = tensor.New(ty)
						}
					}
					if !inDType(t, f, d) {
						continue
					}
					g := graph.New()
					f.Build(g)
					_, last = plan.Build(g, target, plan.Options{})
					tried, fits = true, last == nil
				}
				if tried {
					require.Equal(t, op.Accepts(d, target.Kind), fits, "%s in %v on %s: %v", op.Name, d, target.Name, last)
				}
			}
		}
	}
}

// The gradient of an op over any float type has that type, and a plan.
func TestGradientsHaveTheirOperandsTypes(t *testing.T) {
	cpu := kernels.CPUTarget()
	for _, op := range kernels.All() {
		for _, d := range op.DTypes(kernels.CPU) {
			if !d.IsFloat() || op.NoGrad != "" || len(op.Cases) == 0 || op == kernels.Cast {
				continue
			}
			g := graph.New()
			var in, wrt []graph.Value
			for i, ty := range op.Cases[0].In {
				v := graph.Value{}
				if ty.Present() {
					if ty.DType == tensor.Float32 {
						ty.DType = d
					}
					if v = g.Input(fmt.Sprint(i), ty); ty.DType == d {
						wrt = append(wrt, v)
					}
				}
				in = append(in, v)
			}
			var loss graph.Value
			for i, y := range g.Apply(op, op.Cases[0].Attrs, in...) {
				if g.Err() == nil && differentiable(op, i, y) {
					if y = y.Sum(); loss.Valid() {
						y = y.Add(loss)
					}
					loss = y
				}
			}
			if !loss.Valid() || len(wrt) == 0 {
				continue
			}
			for i, dx := range graph.Grad(loss, wrt...) {
				require.NoError(t, g.Err(), "%s in %v", op.Name, d)
				require.True(t, wrt[i].Type().Equal(dx.Type()), "%s in %v: %v", op.Name, d, dx.Type())
				g.Output(fmt.Sprint(i), dx)
			}
			_, err := plan.Build(g, cpu, plan.Options{})
			require.NoError(t, err, "%s in %v", op.Name, d)
		}
	}
}

func TestDTypesThatADeviceCannotDoAreRefusedByName(t *testing.T) {
	f64 := func(shape ...int) tensor.Type { return tensor.Type{DType: tensor.Float64, Shape: shape} }
	w := &graph.Variable{Name: "w", Type: f64(3)}
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		for what, build := range map[string]func(g *graph.Graph){
			"matmul":       func(g *graph.Graph) { g.Output("y", g.Input("x", f64(2, 3)).MatMul(g.Input("z", f64(3, 2)))) },
			"cast":         func(g *graph.Graph) { g.Output("y", g.Input("x", tensor.F32(3)).Double().Float()) },
			`output "y"`:   func(g *graph.Graph) { g.Output("y", g.Const(tensor.FromF64([]float64{1}, 1))) },
			`variable "w"`: func(g *graph.Graph) { g.Assign(w, g.Input("x", f64(3))) },
			"relu":         func(g *graph.Graph) { g.Output("y", g.Read(w).Relu()) },
		} {
			st, err := engine.NewState(d.Device)
			require.NoError(t, err)
			p, err := engine.Compile(st, build)
			if d.Target.Kind == kernels.CPU {
				require.NoError(t, err, what)
				require.NoError(t, p.Close())
			} else {
				require.ErrorContains(t, err, fmt.Sprintf("%s: float64 is not supported on %s: use float32, or the CPU device", what, d.Target.Name))
				if what == "matmul" {
					require.ErrorContains(t, err, "dtypes_test.go:")
				}
			}
			require.NoError(t, st.Close())
		}
	})
}

func TestIntegersOf64BitsAreCheckedWhereTheyGoToADevice(t *testing.T) {
	i64 := func(shape ...int) tensor.Type { return tensor.Type{DType: tensor.Int64, Shape: shape} }
	v := &graph.Variable{Name: "v", Type: i64(2), Init: func() *tensor.Tensor { return tensor.FromI64([]int64{-5, 7}, 2) }}
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		st, err := engine.NewState(d.Device)
		require.NoError(t, err)
		p, err := engine.Compile(st, func(g *graph.Graph) {
			x := g.Input("idx", i64(2)).Add(g.Const(tensor.FromI64([]int64{1, 2}, 2)))
			g.Output("y", x)
			g.Assign(v, g.Read(v).Add(x))
		})
		require.NoError(t, err)
		_, err = p.Run(engine.Feeds{"idx": tensor.FromI64([]int64{1, -1 << 31}, 2)})
		require.NoError(t, err)
		tk, err := p.Run(engine.Feeds{"idx": tensor.FromI32([]int32{1, 2}, 2)})
		require.NoError(t, err)
		require.Equal(t, []int32{2, 4}, tk.I32("y"))
		_, err = p.Run(engine.Feeds{"idx": tensor.FromI64([]int64{1, 1 << 31}, 2)})
		require.EqualError(t, err, `engine: input "idx": element 1 is 2147483648, which int32 doesn't hold`)
		require.ErrorContains(t, st.Set(v, tensor.FromI64([]int64{1 << 40, 0}, 2)), `variable "v": element 0 is 1099511627776`)
		require.NoError(t, st.Set(v, tensor.FromI64([]int64{1 << 30, -9}, 2)))
		x, err := st.Get(v)
		require.NoError(t, err)
		require.Equal(t, []int64{1 << 30, -9}, x.I64)
		require.NoError(t, p.Close())
		_, err = engine.Compile(st, func(g *graph.Graph) { g.Output("y", g.Const(tensor.FromI64([]int64{1 << 33}, 1))) })
		require.ErrorContains(t, err, "const: element 0 is 8589934592")
		require.NoError(t, st.Close())
	})
}

// A Func compiles for the dtypes it is fed; a Program takes narrower floats.
func TestFeedsOfOtherFloats(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		st, err := engine.NewState(d.Device)
		require.NoError(t, err)
		f := engine.NewFunc(st, func(g *graph.Graph, in map[string]tensor.Type) {
			g.Output("y", g.Input("x", in["x"]).MulScalar(3))
		})
		half := tensor.FromF16([]uint16{tensor.F16FromF32(1.5), tensor.F16FromF32(-2)}, 2)
		for range 2 {
			for _, x := range []*tensor.Tensor{half, tensor.FromF32([]float32{1.5, -2}, 2)} {
				tk, err := f.Run(engine.Feeds{"x": x})
				require.NoError(t, err)
				y, err := tk.Tensor("y")
				require.NoError(t, err)
				require.Equal(t, x.Type, y.Type)
				require.Equal(t, []float64{4.5, -6}, []float64{y.At(0), y.At(1)})
			}
		}
		require.Equal(t, 2, f.Compiled)
		require.NoError(t, f.Close())

		p, err := engine.Compile(st, func(g *graph.Graph) { g.Output("y", g.Input("x", tensor.F32(2)).Neg()) })
		require.NoError(t, err)
		tk, err := p.Run(engine.Feeds{"x": half})
		require.NoError(t, err)
		require.Equal(t, []float32{-1.5, 2}, tk.F32("y"))
		_, err = p.Run(engine.Feeds{"x": tensor.FromF64([]float64{1, 2}, 2)})
		require.EqualError(t, err, `engine: input "x" is float64[2], the program wants float32[2]`)
		require.NoError(t, p.Close())
		require.NoError(t, st.Close())
	})
}

// A bool tensor feeds a mask, whether bool or int32 was declared, and ints a bool.
func TestMasksAreFed(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		for _, declared := range []tensor.DType{tensor.Bool, tensor.Int32} {
			for _, fed := range []tensor.DType{tensor.Bool, tensor.Int32} {
				st, err := engine.NewState(d.Device)
				require.NoError(t, err)
				p, err := engine.Compile(st, func(g *graph.Graph) {
					m := g.Input("m", tensor.Type{DType: declared, Shape: tensor.Shape{3}}).Bool()
					x := g.Input("x", tensor.F32(3))
					g.Output("y", m.Where(x, x.Neg()))
					g.Output("n", m.Float().Sum())
				})
				require.NoError(t, err)
				m := &tensor.Tensor{Type: tensor.Type{DType: fed, Shape: tensor.Shape{3}}, I32: []int32{1, 0, 1}}
				tk, err := p.Run(engine.Feeds{"m": m, "x": tensor.FromF32([]float32{1, 2, 3}, 3)})
				require.NoError(t, err)
				require.Equal(t, []float32{1, -2, 3}, tk.F32("y"))
				require.Equal(t, []float32{2}, tk.F32("n"))
				require.NoError(t, p.Close())
				require.NoError(t, st.Close())
			}
		}
	})
}
