package optim_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestMain(m *testing.M) { devtest.Main(m) }

// each is an element's update in float64, written from PyTorch's source: s is
// the element's state, zeros at first.
type each func(s *[4]float64, p, g, lr, t float64) float64

func TestRulesFollowPyTorchsFormulas(t *testing.T) {
	sqrt, pow := math.Sqrt, math.Pow
	nadam := func(decay, decoupled, psi, twice float64) each {
		return func(s *[4]float64, p, g, lr, t float64) float64 {
			mu := func(t float64) float64 { return 0.9 * (1 - 0.5*pow(0.96, t*psi)) }
			if t == 1 {
				s[2] = 1
			}
			p -= lr * decoupled * p
			g += decay * p
			s[2] *= mu(t)
			s[0] += 0.1 * (g - s[0])
			s[1] = 0.999*s[1] + 0.001*g*g
			d := sqrt(s[1]/(1-pow(0.999, t))) + 1e-8
			return p - lr*(1-mu(t))/(1-s[2])*g/d - lr*mu(t+1)/(1-s[2]*mu(t+1)*pow(mu(t), twice))*s[0]/d
		}
	}
	radam := func(b2, decay float64) each {
		return func(s *[4]float64, p, g, lr, t float64) float64 {
			g += decay * p
			s[0] += 0.1 * (g - s[0])
			s[1] = b2*s[1] + (1-b2)*g*g
			m := s[0] / (1 - pow(0.9, t))
			inf := 2/(1-b2) - 1
			rho := inf - 2*t*pow(b2, t)/(1-pow(b2, t))
			if rho <= 5 {
				return p - lr*m
			}
			r := sqrt((rho - 4) * (rho - 2) * inf / ((inf - 4) * (inf - 2) * rho))
			return p - lr*m*r*sqrt(1-pow(b2, t))/(sqrt(s[1])+1e-8)
		}
	}
	sign := func(x float64) float64 { return map[bool]float64{true: 1}[x > 0] - map[bool]float64{true: 1}[x < 0] }
	for _, c := range []struct {
		name string
		o    optim.Optimizer
		by   each
	}{
		{"sgd that maximizes", optim.SGD{LR: 0.1, Maximize: true, WeightDecay: 0.1}, func(_ *[4]float64, p, g, lr, _ float64) float64 { return p - lr*(0.1*p-g) }},
		{"adamw without decay", optim.AdamW{LR: 0.01, WeightDecay: -1}, func(s *[4]float64, p, g, lr, t float64) float64 {
			s[0] += 0.1 * (g - s[0])
			s[1] += 0.001 * (g*g - s[1])
			return p - lr*s[0]/(1-pow(0.9, t))/(sqrt(s[1]/(1-pow(0.999, t)))+1e-8)
		}},
		{"rmsprop", optim.RMSprop{WeightDecay: 0.1}, func(s *[4]float64, p, g, lr, _ float64) float64 {
			g += 0.1 * p
			s[0] = 0.99*s[0] + 0.01*g*g
			return p - lr*g/(sqrt(s[0])+1e-8)
		}},
		{"rmsprop centered with momentum", optim.RMSprop{Momentum: 0.5, Centered: true, Alpha: 0.9, Maximize: true}, func(s *[4]float64, p, g, lr, _ float64) float64 {
			g = -g
			s[0] = 0.9*s[0] + 0.1*g*g
			s[1] = 0.9*s[1] + 0.1*g
			s[2] = 0.5*s[2] + g/(sqrt(s[0]-s[1]*s[1])+1e-8)
			return p - lr*s[2]
		}},
		{"adagrad", optim.Adagrad{LRDecay: 0.1, InitialAccumulator: 0.5, WeightDecay: 0.1}, func(s *[4]float64, p, g, lr, t float64) float64 {
			if t == 1 {
				s[0] = 0.5
			}
			g += 0.1 * p
			s[0] += g * g
			return p - lr/(1+(t-1)*0.1)*g/(sqrt(s[0])+1e-10)
		}},
		{"adadelta", optim.Adadelta{WeightDecay: 0.1}, func(s *[4]float64, p, g, lr, _ float64) float64 {
			g += 0.1 * p
			s[0] = 0.9*s[0] + 0.1*g*g
			d := sqrt(s[1]+1e-6) / sqrt(s[0]+1e-6) * g
			s[1] = 0.9*s[1] + 0.1*d*d
			return p - lr*d
		}},
		{"adamax", optim.Adamax{WeightDecay: 0.1, Beta2: 0.6}, func(s *[4]float64, p, g, lr, t float64) float64 {
			g += 0.1 * p
			s[0] += 0.1 * (g - s[0])
			s[1] = max(0.6*s[1], math.Abs(g)+1e-8)
			return p - lr/(1-pow(0.9, t))*s[0]/s[1]
		}},
		{"nadam", optim.NAdam{WeightDecay: 0.1, MomentumDecay: 0.2}, nadam(0.1, 0, 0.2, 0)},
		{"nadam decoupled", optim.NAdam{WeightDecay: 0.1, DecoupledWeightDecay: true}, nadam(0, 0.1, 4e-3, 0)},
		{"nadam of PyTorch 1", optim.NAdam{PyTorch1: true}, nadam(0, 0, 4e-3, 1)},
		{"radam", optim.RAdam{WeightDecay: 0.1}, radam(0.999, 0.1)},
		{"radam with a short memory", optim.RAdam{Beta2: 0.8}, radam(0.8, 0)},
		{"lion", optim.Lion{LR: 0.01, WeightDecay: 0.1}, func(s *[4]float64, p, g, lr, _ float64) float64 {
			p -= lr*0.1*p + lr*sign(0.9*s[0]+0.1*g)
			s[0] = 0.99*s[0] + 0.01*g
			return p
		}},
		{"asgd", optim.ASGD{LR: 0.1, Lambd: 0.5, T0: 2, WeightDecay: 0.1}, func(s *[4]float64, p, g, lr, t float64) float64 {
			if t == 1 {
				s[1], s[2] = lr, 1
			}
			g += 0.1 * p
			p = p*(1-0.5*s[1]) - s[1]*g
			s[0] += s[2] * (p - s[0])
			s[1], s[2] = lr/pow(1+0.5*lr*t, 0.75), 1/max(1, t-2)
			return p
		}},
		{"rprop", optim.Rprop{LR: 1. / 64, StepMax: 0.02}, func(s *[4]float64, p, g, lr, t float64) float64 {
			if t == 1 {
				s[1] = lr
			}
			f := 1.0
			switch same := sign(g * s[0]); {
			case same > 0:
				f = 1.2
			case same < 0:
				f, g = 0.5, 0
			}
			s[0], s[1] = g, min(max(s[1]*f, 1e-6), 0.02)
			return p - sign(g)*s[1]
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			devtest.Each(t, func(t *testing.T, d devtest.Dev) {
				follows(t, c.by, c.o, train(t, d.Device, c.o.For(params(5, 70)), 12, 0), 3e-6)
				if d.Target.Kind != kernels.CPU {
					return
				}
				ps := params(5, 70)
				for _, p := range ps {
					init := p.Init
					p.Type.DType = tensor.Float64
					p.Init = func() *tensor.Tensor { return must(init().To(tensor.Float64)) }
				}
				follows(t, c.by, c.o, train(t, d.Device, c.o.For(ps), 12, 0), 1e-12)
			})
		})
	}
}

// follows compares parameters after 12 steps with the formula.
func follows(t *testing.T, by each, o optim.Optimizer, got []*tensor.Tensor, within float64) {
	for k, v := range got {
		start, grad := drawn(k, v.Elems())
		for i := range v.Elems() {
			var s [4]float64
			p := start[i]
			for step := range 12 {
				p = by(&s, p, grad[step][i], float64(float32(o.Rate())), float64(step+1))
			}
			require.InDelta(t, p, v.At(i), within, "%v: element %d of parameter %d", v.DType, i, k)
		}
	}
}

func must(t *tensor.Tensor, err error) *tensor.Tensor {
	if err != nil {
		panic(err)
	}
	return t
}

// params are float32 vectors of those sizes, with fixed random values.
func params(sizes ...int) (ps []*graph.Variable) {
	for k, n := range sizes {
		ps = append(ps, &graph.Variable{Name: string(rune('a' + k)), Type: tensor.F32(n), Trainable: true, Init: func() *tensor.Tensor {
			start, _ := drawn(k, n)
			t := tensor.New(tensor.F32(n))
			for i, v := range start {
				t.F32[i] = float32(v)
			}
			return t
		}})
	}
	return ps
}

// drawn is parameter k's start and its gradients by step, multiples of 1/64.
func drawn(k, n int) (start []float64, grads [20][]float64) {
	rng := &tensor.Philox{Seed: 9, Stream: uint64(k)}
	draw := func() (v []float64) {
		for range n {
			v = append(v, math.Round(rng.Uniform(-2, 2)*64)/64+1./128)
		}
		return v
	}
	start = draw()
	for s := range grads {
		grads[s] = draw()
	}
	return start, grads
}

// train runs a rule over the drawn gradients, in the order of rule.Params, and
// gives the parameters' values.
func train(t *testing.T, dev *engine.Device, r *optim.Rule, steps int, clip float64) []*tensor.Tensor {
	t.Helper()
	st, err := engine.NewState(dev)
	require.NoError(t, err)
	defer st.Close()
	p, err := engine.Compile(st, func(g *graph.Graph) {
		var grads []graph.Value
		for _, v := range r.Params {
			grads = append(grads, g.Input("g."+v.Name, v.Type))
		}
		r.Apply(grads, clip)
	})
	require.NoError(t, err)
	defer p.Close()
	for s := range steps {
		in := engine.Feeds{}
		for _, rate := range r.Rates {
			in[rate.Input] = tensor.Scalar(float32(rate.Base))
		}
		for _, v := range r.Params {
			_, grads := drawn(int(v.Name[0]-'a'), v.Type.Elems())
			g := tensor.New(v.Type) // of any rank
			for i, x := range grads[s] {
				g.Set(i, x)
			}
			in["g."+v.Name] = g
		}
		_, err := p.Run(in)
		require.NoError(t, err)
	}
	var out []*tensor.Tensor
	for _, v := range r.Params {
		w, err := st.Get(v)
		require.NoError(t, err)
		out = append(out, w)
	}
	return out
}
