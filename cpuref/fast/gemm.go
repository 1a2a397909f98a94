package fast

// A product is computed in blocks: kc columns of A at a time, mc of its rows,
// packed into panels of mr rows; B in panels of nr columns. Every element of C is
// one chain of multiply-adds over k, cut at multiples of the same kc, whichever
// tile, thread or edge it falls to: the split never changes a bit.

const (
	blockN  = 1024    // columns of B packed at a time when A has many rows
	directM = 24      // rows of A up to which B's own rows are used, if they are
	directB = 3 << 17 // within this many floats, so that they stay in the L2 cache
	directN = 128     // columns up to which packing A doesn't pay
)

// product is C (+)= A·B for a batch of matrices sa, sb, sc floats apart, split in
// mParts x nParts rectangles each.
type product struct {
	m, n, k        int
	a, b           operand
	c              []float32
	ldc            int
	acc            bool
	batch          int
	sa, sb, sc     int
	mStep, nStep   int
	mParts, nParts int
	part           func(i int)
}

func newProduct() *product {
	g := new(product)
	g.part = g.rectangle
	return g
}

// Gemm computes C = A·B, or C += A·B with acc: A [m,k] with rows lda apart (with
// transA stored [k,m]), B [k,n] with rows ldb apart (with transB stored [n,k]), C
// [m,n] with rows ldc apart. C must not overlap A or B. k = 0 gives zeros.
func Gemm(transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, acc bool) {
	GemmBatch(1, transA, transB, m, n, k, a, lda, 0, b, ldb, 0, c, ldc, 0, acc)
}

// GemmBatch computes batch products like Gemm, the i-th from a[i*strideA:] and
// b[i*strideB:] to c[i*strideC:]; stride 0 shares an operand.
func GemmBatch(batch int, transA, transB bool, m, n, k int, a []float32, lda, strideA int,
	b []float32, ldb, strideB int, c []float32, ldc, strideC int, acc bool) {
	g := takeProduct()
	g.m, g.n, g.k = m, n, k
	g.a, g.b = stored(a, lda, transA), stored(b, ldb, transB)
	g.c, g.ldc, g.acc = c, ldc, acc
	g.batch, g.sa, g.sb, g.sc = batch, strideA, strideB, strideC
	g.run()
	g.a, g.b, g.c = operand{}, operand{}, nil
	giveProduct(g)
}

func (g *product) run() {
	if g.batch*g.m*g.n == 0 {
		return
	}
	if g.k == 0 {
		if !g.acc {
			for i := range g.batch * g.m {
				clear(g.c[i/g.m*g.sc+i%g.m*g.ldc:][:g.n])
			}
		}
		return
	}
	cost := g.batch * g.m * g.n * g.k / (isa.flops / 2)
	g.mStep, g.nStep = g.m, g.n
	g.mParts, g.nParts = 1, 1
	if cost >= splitNs {
		g.split(2 * threads(cost))
	}
	Parallel(g.batch*g.mParts*g.nParts, cost, g.part)
}

// split cuts C into about want rectangles, as square as the tiles allow.
func (g *product) split(want int) {
	for g.batch*g.mParts*g.nParts < want {
		switch {
		case g.mStep >= g.nStep && g.mStep > 2*isa.mr:
			g.mStep = roundUp((g.mStep+1)/2, isa.mr)
		case g.nStep > isa.nr:
			g.nStep = roundUp((g.nStep+1)/2, isa.nr)
		case g.mStep > 2*isa.mr:
			g.mStep = roundUp((g.mStep+1)/2, isa.mr)
		default:
			return
		}
		g.mParts = (g.m + g.mStep - 1) / g.mStep
		g.nParts = (g.n + g.nStep - 1) / g.nStep
	}
}

func (g *product) rectangle(i int) {
	parts := g.mParts * g.nParts
	at, i := i/parts, i%parts
	m0, n0 := i/g.nParts*g.mStep, i%g.nParts*g.nStep
	a, b := g.a, g.b
	a.p, b.p = a.p[at*g.sa+m0*a.rs:], b.p[at*g.sb+n0*b.cs:]
	m, n := min(g.mStep, g.m-m0), min(g.nStep, g.n-n0)
	s := perThread.take(gemmScratch(m, n, g.k))
	isa.gemm(s.buf, m, n, g.k, a, b, g.c[at*g.sc+m0*g.ldc+n0:], g.ldc, g.acc)
	s.give()
}

// depth is how much of k a block takes: equal parts of at most kc.
func (s *set) depth(k int) int {
	parts := max(1, (k+s.kc-1)/s.kc)
	return (k + parts - 1) / parts
}

// gemmScratch is the floats that gemm needs.
func gemmScratch(m, n, k int) int {
	kc := isa.depth(k)
	b := isa.nr
	if m > isa.mc {
		b = roundUp(min(n, blockN), isa.nr)
	}
	return (roundUp(min(m, isa.mc), isa.mr)+b)*kc + 16
}

// gemm computes one rectangle of C on one thread.
func (s *set) gemm(buf []float32, m, n, k int, a, b operand, c []float32, ldc int, acc bool) {
	kc := s.depth(k)
	aPack := buf[:roundUp(min(m, s.mc), s.mr)*kc+16]
	bPack := buf[len(aPack):]
	for j := 0; j < n; j += blockN {
		nc := min(blockN, n-j)
		for p := 0; p < k; p += kc {
			t := block{s: s, n: nc, k: min(kc, k-p), ldc: ldc}
			if acc || p > 0 {
				t.acc = 1
			}
			whole := m > s.mc
			if whole {
				s.packB(bPack, b, p, t.k, j, nc)
			}
			for i := 0; i < m; i += s.mc {
				t.m = min(s.mc, m-i)
				t.packRows(aPack, a, i, p)
				if whole {
					t.panels(bPack, c[i*ldc+j:])
				} else {
					t.columns(bPack, b, p, j, c[j:])
				}
			}
		}
	}
}

// block is a block of A, as it stands or packed, that meets panels of B.
type block struct {
	s        *set
	m, n, k  int
	a        []float32
	panel    int // floats from one mr rows to the next
	rsa, csa int
	ldc, acc int
}

func (t *block) packRows(buf []float32, a operand, i, p int) {
	s := t.s
	if !s.packed && (t.n <= directN || t.m < s.mr) {
		t.a, t.rsa, t.csa, t.panel = a.p[i*a.rs+p*a.cs:], a.rs, a.cs, s.mr*a.rs
		return
	}
	s.packA(buf, a, i, t.m, p, t.k)
	t.a, t.rsa, t.csa, t.panel = buf, 1, s.mr, s.mr*t.k
}

// panels multiplies by B packed beforehand.
func (t *block) panels(b []float32, c []float32) {
	for j := 0; j < t.n; j += t.s.nr {
		t.column(&b[j*t.k], t.s.nr, min(t.s.nr, t.n-j), c[j:])
	}
}

// columns multiplies by B straight from memory where its rows are whole vectors
// and few enough to stay in cache, and else packs a panel at a time.
func (t *block) columns(buf []float32, b operand, p, j int, c []float32) {
	s := t.s
	direct := b.cs == 1 && t.m <= directM && t.k*b.rs <= directB
	for x := 0; x < t.n; x += s.nr {
		w := min(s.nr, t.n-x)
		if direct && w%s.lanes == 0 {
			t.column(&b.p[p*b.rs+j+x], b.rs, w, c[x:])
			continue
		}
		s.packPanel(buf[:s.nr*t.k], b, p, t.k, j+x, w)
		t.column(&buf[0], s.nr, w, c[x:])
	}
}

// column multiplies the block by one panel of w columns.
func (t *block) column(b *float32, ldb, w int, c []float32) {
	s := t.s
	f, lanes := s.tile(s.mr, w)
	i := 0
	for ; i+s.mr <= t.m; i += s.mr {
		f(t.k, &t.a[i/s.mr*t.panel], t.rsa, t.csa, b, ldb, &c[i*t.ldc], t.ldc, t.acc, lanes)
	}
	if i < t.m {
		f, lanes = s.tile(t.m-i, w)
		f(t.k, &t.a[i/s.mr*t.panel], t.rsa, t.csa, b, ldb, &c[i*t.ldc], t.ldc, t.acc, lanes)
	}
}
