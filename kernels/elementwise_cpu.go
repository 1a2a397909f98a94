package kernels

import (
	"sync"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/expr"
)

// vectors are the maths of cpuref/fast.
var vectors = expr.Vectors{
	expr.Exp: fast.Exp, expr.Log: fast.Log, expr.Tanh: fast.Tanh, expr.Sigmoid: fast.Sigmoid, expr.Erf: fast.Erf,
}

// programs keeps the compiled form of each formula: in float64, in plain
// float32, and with the vector maths.
var programs [3]sync.Map // formula -> *expr.Program

func program[T cpuref.Float](f expr.Func, kind int, compile func() *expr.Program[T]) *expr.Program[T] {
	key := f.Key()
	p, ok := programs[kind].Load(key)
	if !ok {
		p, _ = programs[kind].LoadOrStore(key, compile())
	}
	return p.(*expr.Program[T])
}

// pickArgs is pick for operands of which only float or not is known: int and
// bool are computed alike.
func pickArgs[T cpuref.Float](fs []*form, in []cpuref.Arg[T]) *form {
	for _, f := range fs {
		fits := len(in) == len(f.f.Args)
		for i := 0; fits && i < len(in); i++ {
			fits = (in[i].F != nil) == (f.f.Args[i] == expr.Float)
		}
		if fits {
			return f
		}
	}
	return fs[0]
}

// prepare binds the plain body: the whole in one go, on the caller's thread.
func prepare[T cpuref.Float](fs []*form) Prepare[T] {
	return func(a *cpuref.Args[T]) func() {
		f := pickArgs(fs, a.In).f
		kind := 1
		if _, is := any(T(0)).(float64); is {
			kind = 0
		}
		p := program(f, kind, func() *expr.Program[T] { return expr.Compile[T](f) })
		sp, out, in, params := bindArgs(a)
		return func() { p.Run(sp, out, in, params, 0, sp.N) }
	}
}

// prepareFast binds the fast body: blocks shared between threads, vector maths.
func prepareFast(fs []*form) Prepare[float32] {
	return func(a *cpuref.Args[float32]) func() { return fastBody(pickArgs(fs, a.In).f, a) }
}

// PrepareFormula binds f over operands that broadcast to out, as the fast body
// does; out may be one of them that isn't broadcast. f has no attributes.
func PrepareFormula(f expr.Func, out cpuref.Arg[float32], in ...cpuref.Arg[float32]) func() {
	return fastBody(f, &cpuref.Args[float32]{In: in, Out: []cpuref.Arg[float32]{out}})
}

// fastChunk is the elements a thread takes at a time.
const fastChunk = 8192

func fastBody(f expr.Func, a *cpuref.Args[float32]) func() {
	p := program(f, 2, func() *expr.Program[float32] { return expr.CompileWith(f, vectors) })
	sp, out, in, params := bindArgs(a)
	body := func(i int) {
		p.Run(sp, out, in, params, i*fastChunk, min(sp.N, (i+1)*fastChunk))
	}
	chunks := parts(sp.N, fastChunk)
	cost := int(float64(sp.N) * f.Cost())
	return func() { fast.Parallel(chunks, cost, body) }
}

func bindArgs[T cpuref.Float](a *cpuref.Args[T]) (*expr.Space, expr.Vec[T], []expr.Vec[T], []float64) {
	shapes := make([][]int, len(a.In))
	in := make([]expr.Vec[T], len(a.In))
	for i := range a.In {
		shapes[i], in[i] = a.In[i].Shape, expr.Vec[T]{F: a.In[i].F, I: a.In[i].I}
	}
	sp, err := expr.NewSpace(a.Out[0].Shape, shapes...)
	if err != nil {
		panic("kernels: an elementwise call without a shape check: " + err.Error())
	}
	params := paramsOf(a.Attrs)
	return &sp, expr.Vec[T]{F: a.Out[0].F, I: a.Out[0].I}, in, params[:]
}
