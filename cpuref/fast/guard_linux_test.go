package fast

import (
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// guarded makes n floats right before or right after a page that can't be
// touched: an access beyond them ends the test with a fault.
func guarded(t *testing.T, n int, atEnd bool) []float32 {
	if n == 0 {
		return []float32{}
	}
	page := syscall.Getpagesize()
	size := roundUp(4*n, page)
	mem, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Munmap(mem)) })
	require.NoError(t, syscall.Mprotect(mem[:page], syscall.PROT_NONE))
	require.NoError(t, syscall.Mprotect(mem[page+size:], syscall.PROT_NONE))
	at := page
	if atEnd {
		at = page + size - 4*n
	}
	p := unsafe.Slice((*float32)(unsafe.Pointer(&mem[at])), n)
	for i := range p {
		p[i] = float32(i%7) - 3
	}
	return p
}

// All heights and widths up to two tiles and a bit, every form.
func TestGemmStaysWithinItsSlices(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		const most = 40
		for _, atEnd := range []bool{false, true} {
			a, b, c := guarded(t, most*most, atEnd), guarded(t, most*most, atEnd), guarded(t, most*most, atEnd)
			last := func(p []float32, n int) []float32 {
				if atEnd {
					return p[len(p)-n:]
				}
				return p[:n]
			}
			for m := 1; m <= most; m++ {
				for n := 1; n <= most; n++ {
					for _, k := range []int{1, 3, 8, 17} {
						x, y, z := last(a, m*k), last(b, k*n), last(c, m*n)
						Gemm(false, false, m, n, k, x, k, y, n, z, n, false)
						Gemm(true, true, m, n, k, x, m, y, k, z, n, true)
					}
				}
			}
		}
	})
}

// Every body's cases once more, with operands and scratch between guard pages.
func TestBodiesStayWithinTheirSlices(t *testing.T) {
	wasFloats, wasInts := newFloats, newInts
	defer func() { newFloats, newInts, alone = wasFloats, wasInts, nil }()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, atEnd := range []bool{false, true} {
		newFloats = func(n int) []float32 { return guarded(t, n, atEnd) }
		newInts = func(n int) []int32 {
			p := guarded(t, n, atEnd)
			return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(p))), n)
		}
		alone = func(t *testing.T, c call, fast func(*cpuref.Args[float32]) func()) {
			eachSet(t, func(t *testing.T) {
				depots := []*depot{&perThread, &perCall}
				for _, d := range depots { // learn how much scratch the call takes, then give it just that
					d.free, d.size = nil, 0
				}
				run := fast(&cpuref.Args[float32]{Attrs: c.attrs, In: c.in, Out: c.out})
				run()
				for _, d := range depots {
					if d.size > 0 {
						d.free = []*scratch{{buf: guarded(t, d.size, atEnd), home: d}}
					}
				}
				run()
				for _, d := range depots {
					d.free, d.size = nil, 0
				}
			})
		}
		for _, test := range []func(t *testing.T){
			TestMatMul, TestConv2d, TestConv2dData, TestConv2dWeight, TestConv3d, TestMaxPool2d, TestAvgPool2d, TestPool3d, TestLSTM, TestLSTMGrad, TestRNN, TestGRU,
			TestAdam, TestSGD, TestSoftmaxFamily, TestCrossEntropy, TestSumAndMean, TestEmbedding, TestNorms, TestCopies, TestExtremes, TestDraws, TestIndexed, TestMomentsDownColumns,
		} {
			test(t)
		}
		for _, f := range functions {
			for n := 1; n < 40; n++ {
				eachSet(t, func(*testing.T) { f.fast(newFloats(n), newFloats(n)) })
			}
		}
	}
}
