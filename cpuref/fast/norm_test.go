package fast

import (
	"fmt"
	"testing"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// Every normalisation, far from 0, along stretches and across channels, one piece
// and several, with and without weight and bias.
func TestNorms(t *testing.T) {
	for _, c := range []struct {
		over  cpuref.NormOver
		n     int
		shape []int
	}{
		{cpuref.NormLayer, 1, []int{1, 1}}, {cpuref.NormLayer, 1, []int{300, 70}}, {cpuref.NormLayer, 2, []int{3, 5, 700}}, {cpuref.NormRMS, 1, []int{70, 33}},
		{cpuref.NormLayer, 1, []int{2, 5000}}, {cpuref.NormGroup, 3, []int{2, 6, 5, 7}}, {cpuref.NormGroup, 2, []int{9, 8}}, {cpuref.NormInstance, 0, []int{3, 4, 70}},
		{cpuref.NormBatch, 0, []int{300, 33}}, {cpuref.NormBatch, 0, []int{5, 7, 3}}, {cpuref.NormBatch, 0, []int{5, 7, 40}}, {cpuref.NormBatch, 0, []int{2, 3, 64, 50}},
		{cpuref.NormBatch, 0, []int{2, 1}}, {cpuref.NormLayer, 1, []int{0, 7}}, {cpuref.NormBatch, 0, []int{4, 0, 3}},
	} {
		at := cpuref.NormAttrs{Over: c.over, N: c.n, Eps: 1e-5}
		v := at.View(c.shape)
		x, dy, weight, bias := floats(c.shape...), floats(c.shape...), floats(v.G*v.D), floats(v.G*v.D)
		for i := range x.F {
			x.F[i] = x.F[i] + 10
		}
		stat := func() cpuref.Arg[float32] { return floats(v.Stats()) }
		outs := []cpuref.Arg[float32]{floats(c.shape...), stat(), stat(), stat()}
		for k, in := range [][]cpuref.Arg[float32]{{x}, {x, weight}, {x, absent, bias}, {x, weight, bias}} {
			if c.over == cpuref.NormRMS && k > 1 {
				continue
			}
			name := fmt.Sprint("norm", c, k)
			check(t, name, call{at, in, outs[:1+3*(k%2)]}, Norm, cpuref.Norm[float64], 3e-6)
		}
		mean, rstd := absent, stat()
		if c.over != cpuref.NormRMS {
			mean = stat()
			for i := range mean.F {
				mean.F[i] = 10
			}
		}
		for _, w := range []cpuref.Arg[float32]{weight, absent} {
			if c.over != cpuref.NormBatch {
				check(t, fmt.Sprint("norm_grad", c), call{at, []cpuref.Arg[float32]{x, dy, rstd, w, mean}, outs[:1]}, NormGrad, cpuref.NormGrad[float64], 1e-5)
				continue
			}
			in := []cpuref.Arg[float32]{x, dy, rstd, mean, weight, bias, w}
			check(t, fmt.Sprint("batch_norm_grad", c), call{at, in, outs[:1]}, BatchNormGrad, cpuref.BatchNormGrad[float64], 3e-6)
		}
		for _, db := range []cpuref.Arg[float32]{floats(v.G * v.D), absent} {
			out := []cpuref.Arg[float32]{floats(v.G * v.D), db}
			check(t, fmt.Sprint("norm_weight_grad", c), call{at, []cpuref.Arg[float32]{x, dy, rstd, mean}, out}, NormWeightGrad, cpuref.NormWeightGrad[float64], 2e-5)
		}
	}
}

// What is normalised alone is 0 whatever it was: its gradient is 0, not a rounding.
func TestNormOfOneElementHasNoGradient(t *testing.T) {
	at := cpuref.NormAttrs{Over: cpuref.NormLayer, N: 1, Eps: 1e-5}
	x, dy, rstd, weight, dx := floats(9, 1), floats(9, 1), floats(9), floats(1), floats(9, 1)
	for i := range rstd.F {
		rstd.F[i] = 316.22775
	}
	mean := cpuref.Arg[float32]{F: x.F, Shape: []int{9}}
	NormGrad(&cpuref.Args[float32]{Attrs: at, In: []cpuref.Arg[float32]{x, dy, rstd, weight, mean}, Out: []cpuref.Arg[float32]{dx}})()
	for i, d := range dx.F {
		if d != 0 {
			t.Errorf("dx[%d] is %v, wants 0", i, d)
		}
	}
}
