package optim_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestLAMBScalesEachParametersStepToItsNorm(t *testing.T) {
	o := optim.LAMB{LR: 0.1, WeightDecay: 0.1, MaxTrust: 1.5}
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		ps := params(5, 70, 4)
		ps[2].Init = nil // a norm of 0: the step as it is
		got := train(t, d.Device, o.For(ps), 3, 0)
		for k, n := range []int{5, 70, 4} {
			p, grads := drawn(k, n)
			if k == 2 {
				p = make([]float64, n)
			}
			m, v, u := make([]float64, n), make([]float64, n), make([]float64, n)
			for s := range 3 {
				var pp, uu float64
				for i, g := range grads[s] {
					m[i] = 0.9*m[i] + 0.1*g
					v[i] = 0.999*v[i] + 0.001*g*g
					t := float64(s + 1)
					u[i] = m[i]/(1-math.Pow(0.9, t))/(math.Sqrt(v[i]/(1-math.Pow(0.999, t)))+1e-6) + 0.1*p[i]
					pp, uu = pp+p[i]*p[i], uu+u[i]*u[i]
				}
				trust := 1.0
				if pp > 0 && uu > 0 {
					trust = min(math.Sqrt(pp/uu), 1.5)
				}
				for i := range p {
					p[i] -= 0.1 * trust * u[i]
				}
			}
			for i := range p {
				require.InDelta(t, p[i], got[k].At(i), 5e-6)
			}
		}
	})
}

// matrixParams is one matrix with the values of a vector of their size.
func matrixParams(rows, cols int) []*graph.Variable {
	ps := params(rows * cols)
	init := ps[0].Init
	ps[0].Type = tensor.F32(rows, cols)
	ps[0].Init = func() *tensor.Tensor { return tensor.FromF32(init().F32, rows, cols) }
	return ps
}

// The iteration written with loops; a tall matrix by its transpose.
func TestMuonMakesTheMomentumOrthogonal(t *testing.T) {
	for _, size := range [][2]int{{3, 5}, {6, 2}} {
		rows, cols := size[0], size[1]
		at := func(x []float64, i, j int) *float64 {
			if rows > cols {
				return &x[j*cols+i]
			}
			return &x[i*cols+j]
		}
		short, long := min(rows, cols), max(rows, cols)
		iterate := func(x []float64) []float64 {
			norm := 0.0
			for _, v := range x {
				norm += v * v
			}
			y := make([]float64, len(x))
			for i, v := range x {
				y[i] = v / math.Sqrt(norm)
			}
			for range 5 {
				gram := make([]float64, short*short)
				for i := range short {
					for j := range short {
						for k := range long {
							gram[i*short+j] += *at(y, i, k) * *at(y, j, k)
						}
					}
				}
				next := make([]float64, len(y))
				for i := range short {
					for k := range long {
						s := 3.4445 * *at(y, i, k)
						for j := range short {
							b := -4.7750 * gram[i*short+j]
							for l := range short {
								b += 2.0315 * gram[i*short+l] * gram[l*short+j]
							}
							s += b * *at(y, j, k)
						}
						*at(next, i, k) = s
					}
				}
				y = next
			}
			return y
		}
		devtest.Each(t, func(t *testing.T, d devtest.Dev) {
			o := optim.Muon{LR: 0.1, Momentum: 0.75}
			got := train(t, d.Device, o.For(matrixParams(rows, cols)), 2, 0)
			p, grads := drawn(0, rows*cols)
			buf, u := make([]float64, len(p)), make([]float64, len(p))
			for s := range 2 {
				for i, g := range grads[s] {
					buf[i] += 0.25 * (g - buf[i])
					u[i] = 0.25*g + 0.75*buf[i]
				}
				x := iterate(u)
				for i := range p {
					p[i] -= 0.1*0.1*p[i] + 0.1*math.Sqrt(max(1, float64(rows)/float64(cols)))*x[i]
				}
			}
			for i := range p {
				require.InDelta(t, p[i], got[0].At(i), 1e-5)
			}
		})
	}
}

func TestMuonLeavesOtherRanksToAdamW(t *testing.T) {
	ps := append(matrixParams(3, 5), params(4, 2)[1])
	r := optim.Muon{}.For(ps)
	require.Equal(t, []string{"optim.muon.momentum_buffer.a", "optim.muon.step", "optim.others.exp_avg", "optim.others.exp_avg_sq", "optim.others.step"}, names(r.State))
	require.Equal(t, []optim.Rate{{Input: "lr", Base: 1e-3}, {Input: "lr.others", Base: 1e-3}}, r.Rates)
	require.Len(t, optim.Muon{Others: optim.SGD{LR: 0.5}}.For(ps[1:]).Rates, 1)
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		both := train(t, d.Device, optim.Muon{}.For(append(matrixParams(3, 5), params(4, 2)[1])), 3, 0)
		alone := train(t, d.Device, optim.AdamW{}.For(params(4, 2)[1:]), 3, 0)
		require.Equal(t, alone[0], both[1])
	})
}
