package cpuref

import (
	"math"

	"github.com/vulgo-ml/vulgo/tensor"
)

// UniformAttrs: the shape drawn, and the draw's number within its graph, so
// that each draw of a step has numbers of its own.
type UniformAttrs struct {
	Shape Ints
	Seq   int
}

// DropoutAttrs: the probability to drop, and the draw's number.
type DropoutAttrs struct {
	P   float64
	Seq int
}

// Cut is p·2^24 rounded up: a word's upper 24 bits below it mean dropped, which
// is u < p for the word's uniform number u.
func (d DropoutAttrs) Cut() uint32 { return uint32(math.Ceil(float64(float32(d.P)) * (1 << 24))) }

// Scale is 1/(1-p), and 0 for p = 1, as a float32.
func (d DropoutAttrs) Scale() float32 {
	if d.P >= 1 {
		return 0
	}
	return float32(1 / (1 - d.P))
}

// blocks calls f with the four words of each Philox block that n elements from
// element 4·first on take, and the place of the block's first element. The key
// is seed = {seed, step}, the counter's high half seq.
func blocks(seed []int32, seq, first, n int, f func(at int, words [4]uint32)) {
	key := uint64(uint32(seed[0])) | uint64(uint32(seed[1]))<<32
	for at := 0; at < n; at += 4 {
		f(at, tensor.PhiloxBlock(key, uint64(seq), uint64(first+at/4)))
	}
}

// Uniform fills U with numbers in [0, 1): element 4b+i is word i of Philox
// block b, shifted right by 8, / 2^24: the same bits on every device, in any order.
func Uniform[T Float](a *Args[T]) { UniformFrom(a, 0, len(a.Out[0].F)) }

// UniformFrom fills elements lo (a multiple of 4) to hi.
func UniformFrom[T Float](a *Args[T], lo, hi int) {
	u := a.Out[0].F[lo:hi]
	blocks(a.In[0].I, a.Attrs.(UniformAttrs).Seq, lo/4, len(u), func(at int, words [4]uint32) {
		for i, w := range words[:min(4, len(u)-at)] {
			u[at+i] = T(w>>8) / (1 << 24)
		}
	})
}

// Normal fills Z with standard normal numbers (Box and Muller): of two words of a
// block, u = ((w0 >> 8) + 1)/2^24 and v = (w1 >> 8)/2^24 make
//
//	sqrt(-2·ln u)·cos(2·pi·v) and sqrt(-2·ln u)·sin(2·pi·v)
func Normal[T Float](a *Args[T]) { NormalFrom(a, 0, len(a.Out[0].F)) }

// NormalFrom fills elements lo (a multiple of 4) to hi.
func NormalFrom[T Float](a *Args[T], lo, hi int) {
	z := a.Out[0].F[lo:hi]
	blocks(a.In[0].I, a.Attrs.(UniformAttrs).Seq, lo/4, len(z), func(at int, words [4]uint32) {
		for i := 0; i < min(4, len(z)-at); i += 2 {
			r := math.Sqrt(-2 * math.Log(float64(words[i]>>8+1)/(1<<24)))
			cos, sin := turn(words[i+1] >> 8)
			z[at+i] = T(r * cos)
			if at+i+1 < len(z) {
				z[at+i+1] = T(r * sin)
			}
		}
	})
}

// turn is the cosine and sine of k/2^24 of a turn, exactly 0 and ±1 where they are.
func turn(k uint32) (cos, sin float64) {
	const quarter = 1 << 22
	if f := k % quarter; f <= quarter/2 {
		sin, cos = math.Sincos(float64(f) * (math.Pi / 2 / quarter))
	} else { // from the nearer axis
		cos, sin = math.Sincos(float64(quarter-f) * (math.Pi / 2 / quarter))
	}
	switch k / quarter {
	case 1:
		return -sin, cos
	case 2:
		return -cos, -sin
	case 3:
		return sin, -cos
	}
	return cos, sin
}

// Dropout is y_i = x_i·s, with s = 1/(1-p) where the uniform number of element i
// is at least p, else 0: NaN stays NaN either way.
func Dropout[T Float](a *Args[T]) { DropoutFrom(a, 0, len(a.Out[0].F)) }

// DropoutFrom computes elements lo (a multiple of 4) to hi.
func DropoutFrom[T Float](a *Args[T], lo, hi int) {
	d := a.Attrs.(DropoutAttrs)
	cut, scale := d.Cut(), [2]T{0, T(d.Scale())}
	x, y := a.In[0].F[lo:hi], a.Out[0].F[lo:hi]
	blocks(a.In[1].I, d.Seq, lo/4, len(y), func(at int, words [4]uint32) {
		for i, w := range words[:min(4, len(y)-at)] {
			keep := 0
			if w>>8 >= cut {
				keep = 1
			}
			y[at+i] = x[at+i] * scale[keep]
		}
	})
}
