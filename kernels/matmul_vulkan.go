package kernels

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// gemm is a matmul call as its kernels see it: for each matrix of the batch,
// C[m,n] = sum over k of A[m,k]·B[k,n].
type gemm struct {
	M, N, K        int
	batch          int
	aBatch, bBatch int // elements from one matrix to the next; 0: shared
	transA, transB bool
	a, b           int // which inputs are A and B
	colStep        uint32
}

// gemmOf simplifies a call: rows that share B become one matrix, and a vector
// counts as stored the way that makes its terms contiguous.
func gemmOf(c *Call) gemm {
	at := c.Attrs.(cpuref.MatMulAttrs)
	a, b, out := c.In[0].Shape, c.In[1].Shape, c.Out[0].Shape
	g := gemm{
		M: out[len(out)-2], N: out[len(out)-1], K: a[len(a)-1],
		batch: 1, transA: at.TransA, transB: at.TransB, b: 1, colStep: 1,
	}
	if g.transA {
		g.K = a[len(a)-2]
	}
	for _, n := range out[:len(out)-2] {
		g.batch *= n
	}
	if len(a) > 2 {
		g.aBatch = g.M * g.K
	}
	if len(b) > 2 {
		g.bBatch = g.K * g.N
	}
	g.transA = g.transA && g.M > 1
	g.transB = g.transB || g.N == 1
	if g.batch > 1 && g.bBatch == 0 && !g.transA {
		g.M, g.batch, g.aBatch = g.batch*g.M, 1, 0
	}
	return g
}

// flipped is the same problem as Cᵀ = Bᵀ·Aᵀ, for N = 1, where C and its
// transpose are the same memory.
func (g gemm) flipped() gemm {
	g.M, g.N, g.a, g.b = g.N, g.M, g.b, g.a
	g.aBatch, g.bBatch = g.bBatch, g.aBatch
	g.transA, g.transB = !g.transB, !g.transA
	g.colStep = 0
	return g
}

// vectors tells whether each operand's stored rows are multiples of 4 floats.
func (g gemm) vectors() (a, b bool) {
	ra, rb := g.K, g.N
	if g.transA {
		ra = g.M
	}
	if g.transB {
		rb = g.K
	}
	return ra%4 == 0, rb%4 == 0
}

// matMulMaxSlice bounds the terms one invocation adds up, in loops of 4 terms or
// fewer: lavapipe stops a loop after 65,535 iterations without a word.
const matMulMaxSlice = 1 << 15

// slices says how many slices of k, and of how many terms each, the sums are
// cut into: at least what keeps loops bounded, and more where tiles alone leave
// a wide device idle. want is the number of workgroups that fill it.
func (g gemm) slices(tiles, want int) (n, terms int) {
	const least = 256 // shorter slices cost more than they bring
	n = 1
	for tiles*n < want && g.K/(2*n) >= least {
		n *= 2
	}
	n = max(n, parts(g.K, matMulMaxSlice))
	terms = max(16, parts(parts(g.K, n), 16)*16)
	return max(1, parts(g.K, terms)), terms
}

// tiled is a kernel's shape: tiles of rows x cols, by workgroups of the
// specialisation spec.
type tiled struct {
	shader     string
	rows, cols int
	spec       []uint32
	want       int // workgroups that fill the device; 0: never split for it
	texA, texB Texel
}

// lower gives the kernel's dispatch and, where sums are split, the one that
// adds the slices up. The epilogue belongs to whichever finishes a value.
func (g gemm) lower(t *Target, c *Call, k tiled) Lowered {
	if c.Out[0].Elems() == 0 {
		return Lowered{}
	}
	if g.K == 0 {
		return Lowered{Dispatches: []Dispatch{g.reduce(t, c, unread(Out(0)), 0)}}
	}
	tilesM, tilesN := parts(g.M, k.rows), parts(g.N, k.cols)
	tiles := tilesM * tilesN * g.batch
	n, terms := g.slices(tiles, k.want)
	d := Dispatch{
		Shader: k.shader,
		Spec:   k.spec,
		Push: []uint32{
			uint32(g.M), uint32(g.N), uint32(g.K), uint32(g.aBatch), uint32(g.bBatch), uint32(g.batch),
			uint32(terms), uint32(tilesM), uint32(tilesN), uint32(n * tiles), g.colStep,
		},
		Grid: Folded(t, n*tiles),
	}
	a, b := In(g.a), In(g.b)
	a.Texel, b.Texel = k.texA, k.texB
	if n == 1 {
		d.Bind = []Bind{a, b, Out(0), c.ExtraOr(0, Out(0)), c.ExtraOr(1, Out(0))}
		d.Patch = c.Epilogue
		return Lowered{Dispatches: []Dispatch{d}}
	}
	d.Bind = []Bind{a, b, Work(0).WO(), unread(Work(0)), unread(Work(0))}
	return Lowered{
		Work:       []int{n * c.Out[0].Bytes()},
		Dispatches: []Dispatch{d, g.reduce(t, c, Work(0).RO(), n)},
	}
}

func (g gemm) reduce(t *Target, c *Call, partial Bind, slices int) Dispatch {
	const threads = 64
	elems := c.Out[0].Elems()
	cols := c.Out[0].Shape[len(c.Out[0].Shape)-1]
	return Dispatch{
		Shader: "matmul_reduce",
		Spec:   []uint32{threads},
		Bind:   []Bind{partial, Out(0), c.ExtraOr(0, Out(0)), c.ExtraOr(1, Out(0))},
		Push:   []uint32{uint32(elems), uint32(slices), uint32(cols)},
		Grid:   Folded(t, parts(elems, threads)),
		Patch:  c.Epilogue,
	}
}

// unread binds b only because the module names the binding.
func unread(b Bind) Bind { b.Access = 0; return b }

// parts is how many parts of that size cover n.
func parts(n, size int) int { return (n + size - 1) / size }

// truth is a specialisation constant of type bool.
func truth(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// The subgroup shape.

func subgroupGemm(c *Call) gemm {
	g := gemmOf(c)
	if g.N == 1 {
		return g.flipped()
	}
	return g
}

func matMulSubgroupServes(t *Target, c *Call) bool {
	if !t.Software || !t.SubgroupShuffle || t.SubgroupSize < 4 || t.SubgroupSize > t.MaxInvocations {
		return false
	}
	g := subgroupGemm(c)
	va, vb := g.vectors()
	texels := func(i int, vec bool) int {
		if vec {
			return c.In[i].Elems() / 4
		}
		return c.In[i].Elems()
	}
	return texels(g.a, va) <= t.MaxTexels && texels(g.b, vb) <= t.MaxTexels
}

// cheapest is the block of n things, in lanes of that width, whose sum over the
// blocks of block+overhead is least; of equals the last.
func cheapest(n, lanes int, overhead float64, blocks ...int) int {
	best, least := 0, math.Inf(1)
	for _, b := range blocks {
		if cost := float64(parts(n, b*lanes)) * (float64(b) + overhead); cost <= least {
			best, least = b, cost
		}
	}
	return best
}

func matMulSubgroup(t *Target, c *Call) (Lowered, error) {
	g := subgroupGemm(c)
	va, vb := g.vectors()
	s := t.SubgroupSize
	// Rows and columns a lane; the costs are fitted to lavapipe's speeds.
	tm := cheapest(g.M, 1, 4, 1, 4, 8, 16, 32)
	tn := 4 // vec4 of B hold 4 columns
	if !vb || g.transB {
		tn = cheapest(g.N, s, 1.5, 1, 2, 4)
	}
	if tm == 32 && g.batch*parts(g.M, tm)*parts(g.N, tn*s) < 8 {
		tm = 16 // a workgroup is the least that a core can have
	}
	k := tiled{
		shader: "matmul_subgroup", rows: tm, cols: tn * s,
		spec: []uint32{uint32(s), uint32(tm), uint32(tn), truth(g.transA), truth(g.transB), truth(va), truth(vb), truth(g.K%4 != 0), truth(g.N%4 == 0 && tn%4 == 0)},
		texA: Texel1, texB: Texel1,
	}
	if va {
		k.texA = Texel4
	}
	if vb {
		k.texB = Texel4
	}
	return g.lower(t, c, k), nil
}

// The tile shape.

// gemmTile is one instantiation of the tile shape: a workgroup makes m x n of C,
// an invocation tm x tn.
type gemmTile struct{ m, n, k, tm, tn int }

var gemmTiles = []gemmTile{
	{128, 128, 16, 8, 8},
	{64, 64, 16, 8, 4}, // within Vulkan's least limits
	{32, 32, 16, 4, 4},
}

func (x gemmTile) threads() int { return x.m / x.tm * (x.n / x.tn) }
func (x gemmTile) shared() int  { return 4 * x.k * (x.m + x.n + 8) }

func (x gemmTile) fits(t *Target) bool {
	return x.threads() <= min(t.MaxInvocations, t.MaxWorkgroup[0]) && x.shared() <= t.SharedMemory
}

func matMulTileServes(t *Target, c *Call) bool { return gemmTiles[1].fits(t) }

// pick takes the largest tile that C fills in both directions and that still
// gives the device enough workgroups.
func (g gemm) pick(t *Target) gemmTile {
	for _, x := range gemmTiles[:2] {
		tiles := g.batch * parts(g.M, x.m) * parts(g.N, x.n)
		if x.fits(t) && min(g.M, g.N) > x.m/2 && (tiles >= gemmFill || x.m == 64) {
			return x
		}
	}
	return gemmTiles[2]
}

// gemmFill is how many workgroups of a tile kernel keep a GPU busy; devices
// don't say how many cores they have.
const gemmFill = 64

func matMulTile(t *Target, c *Call) (Lowered, error) {
	g := gemmOf(c)
	va, vb := g.vectors()
	x := g.pick(t)
	return g.lower(t, c, tiled{
		shader: "matmul_tile", rows: x.m, cols: x.n, want: gemmFill,
		spec: []uint32{
			uint32(x.threads()), uint32(x.m), uint32(x.n), uint32(x.k), uint32(x.tm), uint32(x.tn),
			truth(g.transA), truth(g.transB), truth(va), truth(vb),
		},
	}), nil
}
