package fast

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
)

var paramSizes = []int{1, 64, 77, 40000, 3}

// flatFloats is a flat operand for paramSizes, its padding zero.
func flatFloats(positive bool) cpuref.Arg[float32] {
	n := 0
	for _, s := range paramSizes {
		n = roundUp(n+s, 64)
	}
	a := floats(n)
	at := 0
	for _, s := range paramSizes {
		end := roundUp(at+s, 64)
		clear(a.F[at+s : end])
		at = end
	}
	if positive {
		multiplySelf(a.F)
	}
	return a
}

func multiplySelf(p []float32) {
	for i := range p {
		p[i] *= p[i]
	}
}

func one(v float32) cpuref.Arg[float32] { return cpuref.Arg[float32]{Shape: []int{}, F: []float32{v}} }

func optimCall(attrs any, states []cpuref.Arg[float32], t float32, gscale bool) call {
	c := call{attrs: attrs}
	for _, n := range paramSizes {
		c.in = append(c.in, floats(n))
		c.out = append(c.out, floats(n))
	}
	c.in = append(append(c.in, flatFloats(false)), states...)
	for range states {
		c.out = append(c.out, flatFloats(false))
	}
	c.in = append(c.in, one(0.01), one(t))
	if gscale {
		c.in = append(c.in, one(0.5))
	} else {
		c.in = append(c.in, absent)
	}
	return c
}

func TestAdam(t *testing.T) {
	for form := range 8 {
		at := cpuref.AdamAttrs{N: len(paramSizes), Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.1,
			Decoupled: form&1 > 0, AMSGrad: form&2 > 0}
		states := []cpuref.Arg[float32]{flatFloats(false), flatFloats(true)}
		if at.AMSGrad {
			states = append(states, flatFloats(true))
		}
		check(t, "adam", optimCall(at, states, float32(1+form), form&4 > 0), Adam, cpuref.Adam[float64], 1e-6)
	}
}

func TestSGD(t *testing.T) {
	for form := range 16 {
		at := cpuref.SGDAttrs{N: len(paramSizes), WeightDecay: 0.1, Dampening: 0.2, Nesterov: form&2 > 0}
		var states []cpuref.Arg[float32]
		if form&1 > 0 {
			at.Momentum = 0.9
			states = append(states, flatFloats(false))
		}
		check(t, "sgd", optimCall(at, states, float32(1+form&4), form&8 > 0), SGD, cpuref.SGD[float64], 1e-6)
	}
}

func TestOptimizersWorkInPlace(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		at := cpuref.AdamAttrs{N: len(paramSizes), Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}
		c := optimCall(at, []cpuref.Arg[float32]{flatFloats(false), flatFloats(true)}, 3, false)
		Adam(&cpuref.Args[float32]{Attrs: at, In: c.in, Out: c.out})()
		n := len(paramSizes)
		inPlace := append(append([]cpuref.Arg[float32]{}, c.in[:n]...), c.in[n+1:n+3]...)
		Adam(&cpuref.Args[float32]{Attrs: at, In: c.in, Out: inPlace})()
		for i := range c.out {
			require.Equal(t, c.out[i].F, inPlace[i].F, fmt.Sprint("output ", i))
		}
	})
}
