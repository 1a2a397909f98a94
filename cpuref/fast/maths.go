package fast

// vector is the maths and the loops of an instruction set, each over n >= 1
// elements; s points to a loop's scalars. An output may be an input's memory.
type vector struct {
	exp, log, tanh, sigmoid, erf func(n int, y, x *float32)

	add, maximum       func(n int, y, x *float32)         // y += x, y = max(y, x)
	addMul             func(n int, y, x, z *float32)      // y += x·z
	multiply, subtract func(n int, y, x, z *float32)      // y = x·z, y = x - z
	scale, shift       func(n int, y, x, s *float32)      // y = s0·x, y = x - s0 - s1
	expShift           func(n int, y, x, s *float32)      // y = s1·exp(x - s0)
	softmaxGrad        func(n int, dx, y, dy, s *float32) // dx = y·(dy - s)
	logSoftmaxGrad     func(n int, dx, y, dy, s *float32) // dx = dy - s·exp(y)
	sum, max           func(n int, x *float32) float32    // max may lose a NaN
	dot                func(n int, x, y *float32) float32
	expSum             func(n int, y, x, s *float32) float32 // y = exp(x - s), and its sum
}

// The functions below write f(src) to dst, which is as long or longer and may be
// src. Errors, over all of float32, against the exactly rounded result: Exp,
// Log, Erf 2 ulp, Tanh, Sigmoid 3 ulp. NaN stays NaN, infinities give the
// limits, denormal results come out as such.

// Exp is e^x.
func Exp(dst, src []float32) { apply(isa.exp, dst, src) }

// Log is the natural logarithm.
func Log(dst, src []float32) { apply(isa.log, dst, src) }

// Tanh is the hyperbolic tangent.
func Tanh(dst, src []float32) { apply(isa.tanh, dst, src) }

// Sigmoid is 1/(1 + e^-x).
func Sigmoid(dst, src []float32) { apply(isa.sigmoid, dst, src) }

// Erf is the error function.
func Erf(dst, src []float32) { apply(isa.erf, dst, src) }

func apply(f func(n int, y, x *float32), dst, src []float32) {
	if n := len(src); n > 0 {
		f(n, &dst[:n][0], &src[0])
	}
}
