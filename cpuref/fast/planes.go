package fast

import "github.com/vulgo-ml/vulgo/cpuref"

// Planes prepares a plain body whose operands [N, C, ..] are all independent from
// plane to plane: it runs plane by plane, on all threads.
func Planes(body func(a *cpuref.Args[float32])) func(a *cpuref.Args[float32]) func() {
	return func(a *cpuref.Args[float32]) func() {
		planes := a.Out[0].Shape[0] * a.Out[0].Shape[1]
		parts := make([]cpuref.Args[float32], planes)
		work := 0
		for _, list := range [][]cpuref.Arg[float32]{a.In, a.Out} {
			for _, x := range list {
				work += len(x.F) + len(x.I)
			}
		}
		for i := range parts {
			parts[i] = cpuref.Args[float32]{Attrs: a.Attrs, In: plane(a.In, i, planes), Out: plane(a.Out, i, planes)}
		}
		run := func(i int) { body(&parts[i]) }
		return func() { Parallel(planes, 8*work, run) }
	}
}

// plane is the i-th of n planes of each operand.
func plane(args []cpuref.Arg[float32], i, n int) []cpuref.Arg[float32] {
	one := make([]cpuref.Arg[float32], len(args))
	for k, x := range args {
		if !x.Present() {
			continue
		}
		one[k].Shape = append([]int{1, 1}, x.Shape[2:]...)
		if x.F != nil {
			size := len(x.F) / n
			one[k].F = x.F[i*size:][:size]
		}
		if x.I != nil {
			size := len(x.I) / n
			one[k].I = x.I[i*size:][:size]
		}
	}
	return one
}
