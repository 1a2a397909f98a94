package fast

import (
	"fmt"
	"testing"

	"github.com/vulgo-ml/vulgo/cpuref"
)

func TestLSTM(t *testing.T) {
	for _, s := range [][3]int{{1, 1, 1}, {5, 3, 7}, {4, 33, 20}, {3, 17, 64}} {
		T, n, h := s[0], s[1], s[2]
		for form := range 4 {
			at := cpuref.LSTMAttrs{Reverse: form&1 > 0}
			gates, cs := floats(T, n, 4*h), floats(T, n, h)
			if form&2 > 0 {
				gates, cs = absent, absent
			}
			in := []cpuref.Arg[float32]{floats(T, n, 4*h), floats(4*h, h), floats(n, h), floats(n, h)}
			out := []cpuref.Arg[float32]{floats(T, n, h), floats(n, h), floats(n, h), gates, cs}
			check(t, fmt.Sprintf("lstm %v", s), call{at, in, out}, LSTM, cpuref.LSTM[float64], 1e-5)
		}
	}
}

func TestLSTMGrad(t *testing.T) {
	for _, s := range [][3]int{{1, 1, 1}, {5, 3, 7}, {4, 33, 20}, {3, 17, 64}} {
		T, n, h := s[0], s[1], s[2]
		for form := range 4 {
			at := cpuref.LSTMAttrs{Reverse: form&1 > 0}
			gates := floats(T, n, 4*h)
			Sigmoid(gates.F, gates.F)
			dy, dh, dc := floats(T, n, h), floats(n, h), floats(n, h)
			if form&2 > 0 {
				dh, dc = absent, absent
			}
			if form == 3 {
				dy, dh = absent, floats(n, h)
			}
			dcs := absent
			if form == 1 {
				dcs = floats(T, n, h)
			}
			in := []cpuref.Arg[float32]{floats(4*h, h), floats(n, h), gates, floats(T, n, h), dy, dh, dc, dcs}
			out := []cpuref.Arg[float32]{floats(T, n, 4*h), floats(n, h), floats(n, h)}
			check(t, fmt.Sprintf("lstm_grad %v", s), call{at, in, out}, LSTMGrad, cpuref.LSTMGrad[float64], 1e-5)
		}
	}
}

func BenchmarkLSTM(b *testing.B) {
	for _, h := range []int{256, 512} {
		const T, n = 64, 32
		gates, cs := floats(T, n, 4*h), floats(T, n, h)
		whh := floats(4*h, h)
		for i := range whh.F {
			whh.F[i] *= 0.06
		}
		forward := LSTM(&cpuref.Args[float32]{Attrs: cpuref.LSTMAttrs{},
			In:  []cpuref.Arg[float32]{floats(T, n, 4*h), whh, floats(n, h), floats(n, h)},
			Out: []cpuref.Arg[float32]{floats(T, n, h), floats(n, h), floats(n, h), gates, cs}})
		backward := LSTMGrad(&cpuref.Args[float32]{Attrs: cpuref.LSTMAttrs{},
			In:  []cpuref.Arg[float32]{whh, floats(n, h), gates, cs, floats(T, n, h), absent, absent, absent},
			Out: []cpuref.Arg[float32]{floats(T, n, 4*h), floats(n, h), floats(n, h)}})
		b.Run(fmt.Sprintf("%d/forward", h), func(b *testing.B) {
			for b.Loop() {
				forward()
			}
		})
		b.Run(fmt.Sprintf("%d/backward", h), func(b *testing.B) {
			for b.Loop() {
				backward()
			}
		})
	}
}
