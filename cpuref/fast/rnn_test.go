package fast

import (
	"fmt"
	"testing"

	"github.com/vulgo-ml/vulgo/cpuref"
)

var recurrentSizes = [][3]int{{1, 1, 1}, {5, 3, 7}, {4, 33, 20}, {3, 17, 64}, {0, 2, 3}, {2, 0, 3}}

func TestRNN(t *testing.T) {
	for _, s := range recurrentSizes {
		T, n, h := s[0], s[1], s[2]
		for form := range 4 {
			at := cpuref.RNNAttrs{Reverse: form&1 > 0, Relu: form&2 > 0}
			whh := floats(h, h)
			for i := range whh.F {
				whh.F[i] /= 8
			}
			in := []cpuref.Arg[float32]{floats(T, n, h), whh, floats(n, h)}
			out := []cpuref.Arg[float32]{floats(T, n, h), floats(n, h)}
			check(t, fmt.Sprintf("rnn %v", s), call{at, in, out}, RNN, cpuref.RNN[float64], 1e-5)
			dy, dh := floats(T, n, h), floats(n, h)
			if form == 1 {
				dh = absent
			} else if form == 2 {
				dy = absent
			}
			in = []cpuref.Arg[float32]{whh, floats(T, n, h), dy, dh}
			out = []cpuref.Arg[float32]{floats(T, n, h), floats(n, h)}
			check(t, fmt.Sprintf("rnn_grad %v", s), call{at, in, out}, RNNGrad, cpuref.RNNGrad[float64], 1e-5)
		}
	}
}

func TestGRU(t *testing.T) {
	for _, s := range recurrentSizes {
		T, n, h := s[0], s[1], s[2]
		for form := range 4 {
			at := cpuref.GRUAttrs{Reverse: form&1 > 0}
			bhh, kept := floats(3*h), floats(T, n, 4*h)
			if form&2 > 0 {
				bhh, kept = absent, absent
			}
			in := []cpuref.Arg[float32]{floats(T, n, 3*h), floats(3*h, h), floats(n, h), bhh}
			out := []cpuref.Arg[float32]{floats(T, n, h), floats(n, h), kept}
			check(t, fmt.Sprintf("gru %v", s), call{at, in, out}, GRU, cpuref.GRU[float64], 1e-5)
			whh, gates := floats(3*h, h), floats(T, n, 4*h)
			for i := range whh.F {
				whh.F[i] /= 8
			}
			if len(gates.F) > 0 {
				Sigmoid(gates.F, gates.F)
			}
			dy, dh := floats(T, n, h), floats(n, h)
			if form == 1 {
				dh = absent
			} else if form == 2 {
				dy = absent
			}
			in = []cpuref.Arg[float32]{whh, floats(n, h), floats(T, n, h), gates, dy, dh}
			out = []cpuref.Arg[float32]{floats(T, n, 3*h), floats(T, n, 3*h), floats(n, h)}
			check(t, fmt.Sprintf("gru_grad %v", s), call{at, in, out}, GRUGrad, cpuref.GRUGrad[float64], 1e-5)
		}
	}
}
