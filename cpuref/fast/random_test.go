package fast

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestDraws(t *testing.T) {
	for _, n := range []int{1, 3, 31, 32, 33, 1000, 1025, 20001} {
		seed := ints(math.MaxInt32, 2)
		for _, seq := range []int{0, 5, 1<<40 + 7} {
			at := cpuref.UniformAttrs{Shape: cpuref.IntList(n), Seq: seq}
			in, out := []cpuref.Arg[float32]{seed}, []cpuref.Arg[float32]{floats(n)}
			check(t, "uniform", call{at, in, out}, Uniform, cpuref.Uniform[float64], 0)
			check(t, "normal", call{at, in, out}, Normal, cpuref.Normal[float64], 3e-7)
			for _, p := range []float64{0, 0.3, 1} {
				x := []cpuref.Arg[float32]{floats(n), seed}
				check(t, "dropout", call{cpuref.DropoutAttrs{P: p, Seq: seq}, x, out}, Dropout, cpuref.Dropout[float64], 1e-7)
			}
		}
	}
}

// The blocks' low half beyond 32 bits, which no test has the memory to reach.
func TestPhiloxOfAnyCounter(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		if isa.philox == nil {
			t.Skip("this instruction set draws by plain Go, which the random ops' tests cover; the others run this")
		}
		state := [3]uint64{0xfedcba9876543210, 0x0123456789abcdef, 1<<32 - 3}
		w := make([]float32, 3*4*isa.blocks)
		isa.philox(3, &w[0], &state[0])
		for i, v := range w {
			want := tensor.PhiloxBlock(state[0], state[1], state[2]+uint64(i/4))[i%4]
			require.Equal(t, want, math.Float32bits(v), "word %d", i)
		}
	})
}

// Every angle of a turn and every radius, in ulps of the exact value.
func TestNormalsWithinFourUlp(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		if isa.normal == nil {
			t.Skip("this instruction set draws by plain Go, which the random ops' tests cover; the others run this")
		}
		step := 251
		if testing.Short() {
			step = 4001
		}
		most := 0.0
		w := make([]float32, 64)
		for k := 0; k < 1<<24; k += step * len(w) / 2 {
			for i := 0; i < len(w); i += 2 {
				j := uint32(k+i/2*step) & (1<<24 - 1)
				w[i], w[i+1] = math.Float32frombits(j<<8), math.Float32frombits(j*40503<<8)
			}
			words := append([]float32(nil), w...)
			isa.normal(len(w), &w[0])
			for i := 0; i < len(w); i += 2 {
				r := math.Sqrt(-2 * math.Log(float64(math.Float32bits(words[i])>>8+1)/(1<<24)))
				sin, cos := math.Sincos(2 * math.Pi * float64(math.Float32bits(words[i+1])>>8) / (1 << 24))
				for j, want := range []float64{r * cos, r * sin} {
					if math.Abs(want) > 1e-9 { // the oracle's own sine has an error where it is 0
						most = max(most, ulps(w[i+j], want))
					}
				}
			}
		}
		t.Logf("%s: within %.2f ulp", isa.name, most)
		require.LessOrEqual(t, most, 3.5)
	})
}
