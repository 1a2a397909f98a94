package fast

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// eachSet runs a test on every instruction set of this machine.
func eachSet(t *testing.T, test func(t *testing.T)) {
	was := isa
	defer func() { isa = was }()
	for _, s := range sets {
		isa = s
		t.Run(s.name, test)
	}
}

func random(n int) []float32 {
	p := make([]float32, n)
	for i := range p {
		p[i] = rand.Float32()*2 - 1
	}
	return p
}

var sizes = []struct{ m, n, k int }{
	{1, 1, 1}, {3, 5, 7}, {12, 32, 8}, {13, 33, 17}, {5, 10, 256}, {64, 64, 64}, {1, 300, 40},
	{300, 1, 40}, {37, 95, 801}, {200, 33, 9}, {210, 1100, 20}, {49, 16, 400}, {8, 200, 30}, {100, 130, 3},
}

// Every element is within k·2^-24·Σ|terms| of the sum in float64.
func TestGemmIsRightInEveryForm(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		for _, s := range sizes {
			for form := range 8 {
				transA, transB, acc := form&1 > 0, form&2 > 0, form&4 > 0
				lda, ldb, ldc := s.k+3, s.n+1, s.n+2
				if transA {
					lda = s.m + 3
				}
				if transB {
					ldb = s.k + 1
				}
				a, b := random(lda*max(s.m, s.k)), random(ldb*max(s.k, s.n))
				c := random(ldc * s.m)
				was := append([]float32(nil), c...)
				Gemm(transA, transB, s.m, s.n, s.k, a, lda, b, ldb, c, ldc, acc)
				A, B := stored(a, lda, transA), stored(b, ldb, transB)
				for i := range s.m {
					for j := range ldc {
						if j >= s.n {
							if was[i*ldc+j] != c[i*ldc+j] {
								t.Fatalf("%+v form %d: written beyond row %d", s, form, i)
							}
							continue
						}
						var sum, abs float64
						if acc {
							sum, abs = float64(was[i*ldc+j]), math.Abs(float64(was[i*ldc+j]))
						}
						for p := range s.k {
							x := float64(A.p[i*A.rs+p*A.cs]) * float64(B.p[p*B.rs+j*B.cs])
							sum += x
							abs += math.Abs(x)
						}
						if diff := math.Abs(sum - float64(c[i*ldc+j])); !(diff <= float64(s.k+1)*0x1p-24*abs) {
							t.Fatalf("%+v form %d: C[%d,%d] = %v, want %v", s, form, i, j, c[i*ldc+j], sum)
						}
					}
				}
			}
		}
	})
}

func TestGemmOfNothing(t *testing.T) {
	c := []float32{1, 2, 3, 4}
	Gemm(false, false, 2, 2, 0, nil, 1, nil, 2, c, 2, true)
	require.Equal(t, []float32{1, 2, 3, 4}, c)
	Gemm(false, false, 2, 2, 0, nil, 1, nil, 2, c, 2, false)
	require.Equal(t, []float32{0, 0, 0, 0}, c)
	Gemm(false, false, 0, 2, 2, nil, 2, c, 2, nil, 2, false)
}

func TestGemmBatchSharesAnOperand(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		const n, m, k = 3, 20, 35
		a, b, c := random(n*m*k), random(k*m), make([]float32, n*m*m)
		GemmBatch(n, false, false, m, m, k, a, k, m*k, b, m, 0, c, m, m*m, false)
		one := make([]float32, m*m)
		for i := range n {
			Gemm(false, false, m, m, k, a[i*m*k:], k, b, m, one, m, false)
			require.Equal(t, one, c[i*m*m:(i+1)*m*m])
		}
	})
}

func TestGemmGivesTheSameBitsOnAnyNumberOfThreads(t *testing.T) {
	was := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(was)
	eachSet(t, func(t *testing.T) {
		for _, s := range []struct{ m, n, k int }{{129, 257, 500}, {64, 700, 90}, {700, 20, 90}, {31, 29, 3000}} {
			a, b := random(s.m*s.k), random(s.k*s.n)
			var want []float32
			for _, threads := range []int{1, 2, 16} {
				runtime.GOMAXPROCS(threads)
				c := make([]float32, s.m*s.n)
				Gemm(false, true, s.m, s.n, s.k, a, s.k, b, s.k, c, s.n, false)
				if want == nil {
					want = c
				}
				require.Equal(t, want, c, "%d threads", threads)
			}
		}
	})
}

func TestGemmAllocatesNothing(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		const n = 200
		a, b, c := random(n*n), random(n*n), make([]float32, n*n)
		require.Zero(t, testing.AllocsPerRun(20, func() {
			Gemm(false, true, n, n, n, a, n, b, n, c, n, true)
		}))
	})
}

func BenchmarkGemm(b *testing.B) {
	for _, s := range []struct {
		name    string
		m, n, k int
		tb      bool
	}{
		{"64", 64, 64, 64, false}, {"64NT", 64, 64, 64, true}, {"256", 256, 256, 256, false},
		{"1024", 1024, 1024, 1024, false}, {"1024NT", 1024, 1024, 1024, true}, {"64x4096x1024NT", 64, 4096, 1024, true},
		{"32x1024x256", 32, 1024, 256, false}, {"64x10x256NT", 64, 10, 256, true},
	} {
		b.Run(s.name, func(b *testing.B) {
			x, y, z := random(s.m*s.k), random(s.k*s.n), make([]float32, s.m*s.n)
			ld := s.n
			if s.tb {
				ld = s.k
			}
			for b.Loop() {
				Gemm(false, s.tb, s.m, s.n, s.k, x, s.k, y, ld, z, s.n, false)
			}
			b.ReportMetric(2*float64(s.m*s.n*s.k)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
		})
	}
}
