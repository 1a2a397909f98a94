// Package fast holds the float32 bodies that are fast: a blocked GEMM with
// micro-kernels in assembly, convolution and LSTM on top of it, vector maths,
// and the worker pool that splits their work. Its functions prepare a call: they
// take what cpuref's bodies take and return the closure that a program runs
// every step, which allocates nothing and gives the same bits whatever the
// number of threads.
//
// The instruction set is chosen at start; VULGO_CPU=avx512, avx2, neon or plain
// asks for one (an unknown or missing one is ignored). Sets differ in rounding.
package fast

//go:generate go run -C gen . -out ../kern_amd64.s -stubs ../kern_amd64.go -pkg fast
