package fast

import "github.com/vulgo-ml/vulgo/cpuref"

// recurrent is a layer's walk through time. The recurrent weights are packed once
// a sequence, and the batch is split: each part walks all steps by itself, so
// that no step waits for another thread.
type recurrent struct {
	reverse     bool
	relu        bool // the plain cell's function, else tanh
	steps, n, h int
	in, out     []cpuref.Arg[float32]
	packed      []float32
	whh         operand // the right side of a step's product: k x cols
	k, cols     int
	rows, parts int
	pack, walk  func(i int)
}

// time gives the index of the s-th step.
func (r *recurrent) time(s int) int {
	if r.reverse {
		return r.steps - 1 - s
	}
	return s
}

func newRecurrent(a *cpuref.Args[float32], reverse bool, whh operand, shape []int, k, cols int) *recurrent {
	r := &recurrent{
		reverse: reverse, steps: shape[0], n: shape[1], h: shape[2],
		in: a.In, out: a.Out, whh: whh, k: k, cols: cols,
	}
	r.pack = func(i int) {
		j := i * isa.nr
		isa.packPanel(r.packed[j*k:][:isa.nr*k], whh, 0, k, j, min(isa.nr, cols-j))
	}
	perCall.reserve(r.weights(), 1)
	reserve(r.scratch(r.n))
	return r
}

func (r *recurrent) weights() int { return roundUp(r.cols, isa.nr) * r.k }

// packedRows are the floats of a part's packed rows of A.
func (r *recurrent) packedRows(rows int) int { return roundUp(roundUp(rows, isa.mr)*r.k+8, 16) }

// scratch is a part's floats: packed rows of A, gates, a cell state, a zero row.
func (r *recurrent) scratch(rows int) int { return r.packedRows(rows) + 4*r.h*rows + r.h }

func (r *recurrent) run() {
	if r.n*r.h == 0 {
		return
	}
	cost := r.steps * r.n * (2*r.k*r.cols/isa.flops + 2*r.h)
	r.rows = (r.n + max(1, threads(cost)) - 1) / max(1, threads(cost))
	r.parts = (r.n + r.rows - 1) / r.rows
	packed := perCall.take(r.weights())
	r.packed = packed.buf
	Parallel(roundUp(r.cols, isa.nr)/isa.nr, r.weights()/2, r.pack)
	Parallel(r.parts, cost, r.walk)
	r.packed = nil
	packed.give()
}

// product is out[rows, cols] = a[rows, k]·whh.
func (r *recurrent) product(buf []float32, rows int, a, out []float32) {
	t := block{s: isa, m: rows, n: r.cols, k: r.k, ldc: r.cols}
	t.packRows(buf, operand{a, r.k, 1}, 0, 0)
	t.panels(r.packed, out)
}

// start is a gradient that comes from behind the last step, zero where absent.
func start(dst, from []float32, at int) {
	if from == nil {
		clear(dst)
		return
	}
	copy(dst, from[at:])
}
