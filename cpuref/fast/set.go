package fast

import "os"

// tileFunc computes C[h,n] (+)= A[h,k]·B[k,n] for its own h, and n = (nv-1)
// full vectors and w lanes of one more. A's element (i,p) is at a + i·rsa +
// p·csa, B's rows are ldb apart and readable to whole vectors; acc is 1 to add.
type tileFunc = func(k int, a *float32, rsa, csa int, b *float32, ldb int, c *float32, ldc int, acc, w int)

// set is what one instruction set has: an mr x nr tile made of vectors of lanes
// floats, with a function for each height and width up to it.
type set struct {
	name          string
	mr, nr, lanes int
	tiles         [][]tileFunc // [vectors-1][height-1]
	packed        bool         // tiles want A in panels: rsa = 1, csa = mr
	mc, kc        int          // block of A that stays in the L2 cache
	flops         int          // about how many a ns, to judge what is worth splitting

	vector
	normer
	convolver
	cells
	optimizer
	windows
	limits
	drawer
	caster
	chooser
	transpose8 func(n int, src *float32, lds int, dst *float32, ldd int)
	copyRows   func(rows, n int, src *float32, lds int, dst *float32)
}

var (
	sets = detect() // best first; plain Go is always the last
	isa  = choose(os.Getenv("VULGO_CPU"))
)

func choose(name string) *set {
	for _, s := range sets {
		if s.name == name {
			return s
		}
	}
	return sets[0]
}

// Name is the instruction set in use.
func Name() string { return isa.name }

// tile is the micro-kernel for h rows and n <= nr columns, and the live lanes of
// its last vector.
func (s *set) tile(h, n int) (f tileFunc, w int) {
	full := (n - 1) / s.lanes
	return s.tiles[full][h-1], n - full*s.lanes
}
