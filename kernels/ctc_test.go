package kernels

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// Two classes, the blank and a, each as likely at every step.
func TestCTCByHand(t *testing.T) {
	loss := func(T int, blank int, zero bool, labels ...int32) (float64, []float64) {
		x := make([]float64, 2*T)
		for i := range x {
			x[i] = math.Log(0.5)
		}
		in := []cpuref.Arg[float64]{
			{Shape: []int{T, 1, 2}, F: x}, {Shape: []int{1, len(labels)}, I: labels},
			{Shape: []int{1}, I: []int32{int32(T)}}, {Shape: []int{1}, I: []int32{int32(len(labels))}},
		}
		at := cpuref.CTCAttrs{Blank: blank, ZeroInfinity: zero}
		states := cpuref.Arg[float64]{Shape: []int{T, 1, 2*len(labels) + 1}, F: make([]float64, T*(2*len(labels)+1))}
		l := cpuref.Arg[float64]{Shape: []int{1}, F: make([]float64, 1)}
		cpuref.CTCLoss(&cpuref.Args[float64]{Attrs: at, In: in, Out: []cpuref.Arg[float64]{l, states}})
		dx := cpuref.Arg[float64]{Shape: []int{T, 1, 2}, F: make([]float64, 2*T)}
		beta := cpuref.Arg[float64]{Shape: states.Shape, F: make([]float64, len(states.F))}
		one := cpuref.Arg[float64]{Shape: []int{1}, F: []float64{1}}
		cpuref.CTCLossGrad(&cpuref.Args[float64]{Attrs: at, In: append(in, states, one), Out: []cpuref.Arg[float64]{dx, beta}})
		return l.F[0], dx.F
	}
	// "a" in two steps: aa, a- and -a of the four; two of the three have a first.
	l, dx := loss(2, 0, false, 1)
	require.InDelta(t, -math.Log(3.0/4), l, 1e-15)
	require.InDeltaSlice(t, []float64{-1.0 / 3, -2.0 / 3, -1.0 / 3, -2.0 / 3}, dx, 1e-15)
	// "aa" in three steps needs a blank between: a-a.
	l, dx = loss(3, 0, false, 1, 1)
	require.InDelta(t, math.Log(8), l, 1e-15)
	require.InDeltaSlice(t, []float64{0, -1, -1, 0, 0, -1}, dx, 1e-15)
	// It doesn't fit into two.
	l, dx = loss(2, 0, false, 1, 1)
	require.True(t, math.IsInf(l, 1))
	require.True(t, math.IsNaN(dx[0]))
	l, dx = loss(2, 0, true, 1, 1)
	require.Zero(t, l)
	require.Equal(t, []float64{0, 0, 0, 0}, dx)
	// No label: blanks alone; here the blank is the other class.
	l, dx = loss(2, 1, false)
	require.InDelta(t, math.Log(4), l, 1e-15)
	require.InDeltaSlice(t, []float64{0, -1, 0, -1}, dx, 1e-15)
	// A label that is no class.
	l, _ = loss(2, 0, false, 2)
	require.True(t, math.IsNaN(l))
}
