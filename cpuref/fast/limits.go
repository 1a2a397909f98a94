package fast

import (
	"unsafe"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// limits are the loops that measure what a machine can do.
type limits struct {
	chain    int                              // elements of fmaChain
	fmaChain func(steps int, y, s *float32)   // y = s0·y + s1, steps > 0 times
	triad    func(n int, y, x, z, s *float32) // y = x + s0·z
}

// FMAChain prepares cpuref.FMAChain: one block of accumulators after another,
// each in registers for all its steps.
func FMAChain(a *cpuref.Args[float32]) func() {
	at := a.Attrs.(cpuref.FMAChainAttrs)
	x, y, s := a.In[0].F, a.Out[0].F, [2]float32{float32(at.A), float32(at.B)}
	w := isa.chain
	last := make([]float32, w) // a block that is cut short
	body := func(i int) {
		block := last
		if (i+1)*w <= len(y) {
			block = y[i*w:]
		}
		n := copy(block[:w], x[i*w:])
		isa.fmaChain(at.Steps, &block[0], &s[0])
		copy(y[i*w:], block[:n])
	}
	return func() { Parallel((len(x)+w-1)/w, 2*len(x)*at.Steps/isa.flops, body) }
}

// Chains is how many elements FMAChain keeps in one thread's registers.
func Chains() int { return isa.chain }

// Triad is y = x + s·z, on the caller's thread; all three are of y's length.
func Triad(y, x, z []float32, s float32) {
	if len(y) > 0 {
		isa.triad(len(y), &y[0], &x[0], &z[0], &s)
	}
}

const plainChains = 8

func plainFMAChain(steps int, y, s *float32) {
	v := (*[plainChains]float32)(unsafe.Pointer(y))
	a, b := *s, *(*float32)(unsafe.Add(unsafe.Pointer(s), 4))
	r0, r1, r2, r3, r4, r5, r6, r7 := v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]
	for range steps {
		r0, r1, r2, r3 = a*r0+b, a*r1+b, a*r2+b, a*r3+b
		r4, r5, r6, r7 = a*r4+b, a*r5+b, a*r6+b, a*r7+b
	}
	*v = [plainChains]float32{r0, r1, r2, r3, r4, r5, r6, r7}
}

func plainTriad(n int, y, x, z, s *float32) {
	ys, zs := unsafe.Slice(y, n), unsafe.Slice(z, n)
	for i, v := range unsafe.Slice(x, n) {
		ys[i] = v + *s*zs[i]
	}
}
