package kernels

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// MatMul multiplies matrices, batch by batch; an operand of rank 2 serves the
// whole batch. TransA and TransB say that the operand is stored transposed, so
// that no gradient needs a transposed copy.
var MatMul = declare(Op{
	Name:  "matmul",
	Doc:   "C = A·B  (A [.., M, K], B [.., K, N] -> C [.., M, N])",
	Torch: "torch.matmul",
	ONNX:  "MatMul",
	In:    []Operand{{Name: "A"}, {Name: "B"}},
	Out:   []Operand{{Name: "C"}},
	Attrs: cpuref.MatMulAttrs{},
	Shape: matMulShape,

	CPU:          Plain(cpuref.MatMul[float32], cpuref.MatMul[float64]),
	Epilogue:     true,
	EpilogueAxis: -1,
	Variants: []Variant{
		{Name: "subgroup", Kind: Vulkan, When: matMulSubgroupServes, Lower: matMulSubgroup},
		{Name: "tile", Kind: Vulkan, When: matMulTileServes, Lower: matMulTile},
		{Name: "fast", Kind: CPU, Prepare: fast.MatMul},
	},
	Cases: matMulCases(),
	Bench: matMulBench(),
	Cost: func(c *Call) Cost {
		p := gemmOf(c)
		return Cost{
			Flops: 2 * float64(p.batch) * float64(p.M) * float64(p.N) * float64(p.K),
			Bytes: float64(c.In[0].Bytes() + c.In[1].Bytes() + c.Out[0].Bytes()),
		}
	},
	// Random signs keep a sum's error near 1·u of the terms' magnitude whatever
	// K is; the worst of a million elements is 7.6 at K = 1,024.
	Tol: Sum(16),
})

func init() { MatMul.SetGrad(matMulGrad) }

func matMulShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	at := attrs.(cpuref.MatMulAttrs)
	a, b := in[0].Shape, in[1].Shape
	bad := func(why string, args ...any) ([]tensor.Type, error) {
		side := func(s tensor.Shape, trans bool) string {
			if trans {
				return s.String() + "ᵀ"
			}
			return s.String()
		}
		return nil, fmt.Errorf("%s · %s: %s", side(a, at.TransA), side(b, at.TransB), fmt.Sprintf(why, args...))
	}
	for i, t := range in {
		if t.DType != in[0].DType || !t.DType.IsFloat() {
			return bad("wants two operands of one float type, operand %d is %v", i, t)
		}
	}
	if len(a) < 2 || len(b) < 2 {
		return bad("wants at least 2 dimensions in each")
	}
	m, ka := a[len(a)-2], a[len(a)-1]
	if at.TransA {
		m, ka = ka, m
	}
	kb, n := b[len(b)-2], b[len(b)-1]
	if at.TransB {
		kb, n = n, kb
	}
	if ka != kb {
		return bad("inner sizes differ: %d and %d", ka, kb)
	}
	batch, other := a[:len(a)-2], b[:len(b)-2]
	if len(batch) == 0 {
		batch = other
	} else if len(other) > 0 && !batch.Equal(other) {
		return bad("batch sizes differ: %v and %v", batch, other)
	}
	out := append(append(tensor.Shape{}, batch...), m, n)
	return []tensor.Type{{DType: in[0].DType, Shape: out}}, nil
}

// With C = A·B: dA = dC·Bᵀ and dB = Aᵀ·dC, or the transposes of these where an
// operand is stored transposed. The gradient of an operand that the batch
// shares is the sum over the batch; for B, with A's rows as stored, that is one
// product of all the rows at once.
func matMulGrad(b Builder, g Grad) []Ref {
	at := g.Attrs.(cpuref.MatMulAttrs)
	A, B, dC := g.In[0], g.In[1], g.DOut[0]
	rankA, rankB, rank := len(b.Type(A).Shape), len(b.Type(B).Shape), len(b.Type(dC).Shape)
	mul := func(x, y Ref, tx, ty bool) Ref {
		return b.Apply(MatMul, cpuref.MatMulAttrs{TransA: tx, TransB: ty}, x, y)[0]
	}
	rows := func(x Ref) Ref { // [.., r, c] as one matrix of all its rows
		t := b.Type(x)
		c := t.Shape[len(t.Shape)-1]
		return reshapeTo(b, x, tensor.Shape{t.Elems() / max(c, 1), c})
	}
	dA, dB := NoRef, NoRef
	if g.Want[0] {
		if at.TransA {
			dA = mul(B, dC, at.TransB, true)
		} else {
			dA = mul(dC, B, false, !at.TransB)
		}
		if rankA < rank {
			dA = sumTo(b, dA, b.Type(A).Shape)
		}
	}
	if g.Want[1] {
		if rankB < rank && !at.TransA {
			A, dC = rows(A), rows(dC)
		}
		if at.TransB {
			dB = mul(dC, A, true, at.TransA)
		} else {
			dB = mul(A, dC, !at.TransA, false)
		}
		if len(b.Type(dB).Shape) > rankB {
			dB = sumTo(b, dB, b.Type(B).Shape)
		}
	}
	return []Ref{dA, dB}
}

// matMulCase is one product of plain matrices; its name has the logical sizes.
func matMulCase(m, n, k int, transA, transB bool) Case {
	c := matMulBatch(tensor.Shape{}, tensor.Shape{}, m, n, k, transA, transB)
	c.Name = fmt.Sprintf("%dx%dx%d%s", m, n, k, formName(transA, transB))
	return c
}

// matMulBench is squares, and layers: x·Wᵀ forward, dy·W and dyᵀ·x (-tn) back.
func matMulBench() []Case {
	heads := matMulBatch(tensor.Shape{96}, tensor.Shape{96}, 128, 128, 64, false, true) // 8 sequences, 12 heads
	values := matMulBatch(tensor.Shape{96}, tensor.Shape{96}, 128, 64, 128, false, false)
	return append([]Case{
		matMulCase(64, 64, 64, false, false),
		matMulCase(128, 128, 128, false, false),
		matMulCase(256, 256, 256, false, false),
		matMulCase(512, 512, 512, false, false),
		matMulCase(1024, 1024, 1024, false, false),
		matMulCase(64, 1024, 4096, false, true),
		matMulCase(64, 4096, 1024, false, false),
		matMulCase(1024, 256, 2048, true, false),
		matMulCase(64, 10, 128, false, true),
		matMulCase(64, 256, 784, false, true), // an MLP on MNIST
		matMulCase(256, 784, 64, true, false),
		matMulCase(64, 120, 400, false, true),  // LeNet
		matMulCase(32, 1000, 512, false, true), // ResNet-18's classes
		heads, values,
		matMulCase(1024, 768, 768, false, true), // a transformer block
	}, large(
		matMulCase(2048, 2048, 2048, false, false),
		matMulCase(1024, 2304, 768, false, true),
		matMulCase(1024, 3072, 768, false, true),
		matMulCase(1024, 768, 3072, false, false),
		matMulCase(3072, 768, 1024, true, false),
		matMulCase(32, 4096, 25088, false, true), // VGG-16
		matMulCase(32, 4096, 4096, false, true),
		matMulCase(700, 10000, 650, false, true), // a word LSTM's output
		matMulCase(4096, 4096, 4096, false, false),
	)...)
}

func formName(transA, transB bool) string {
	if !transA && !transB {
		return ""
	}
	letter := map[bool]string{false: "n", true: "t"}
	return "-" + letter[transA] + letter[transB]
}

func matMulBatch(batchA, batchB tensor.Shape, m, n, k int, transA, transB bool) Case {
	matrix := func(batch tensor.Shape, r, c int, trans bool) tensor.Type {
		if trans {
			r, c = c, r
		}
		return tensor.F32(append(append([]int{}, batch...), r, c)...)
	}
	return Case{
		Name:  fmt.Sprintf("%v·%v-%dx%dx%d%s", batchA, batchB, m, n, k, formName(transA, transB)),
		Attrs: cpuref.MatMulAttrs{TransA: transA, TransB: transB},
		In:    []tensor.Type{matrix(batchA, m, k, transA), matrix(batchB, k, n, transB)},
	}
}

// fillNonFinite draws normal floats, among them a few NaN and infinities: what
// pads a tile must not let 0·Inf into a sum that has no such term.
func fillNonFinite(rng *tensor.Philox, t *tensor.Tensor) {
	FillDefault(rng, t)
	for i := range t.F32 {
		if rng.Intn(40) == 0 {
			t.F32[i] = float32([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}[rng.Intn(3)])
		}
	}
}

// matMulCases crosses the four forms with sizes that are 1, odd, prime, and
// multiples of 4, 16 and 64, alone and in batches.
func matMulCases() []Case {
	sizes := [][3]int{ // m, n, k
		{1, 1, 1}, {2, 3, 5}, {1, 37, 64}, {37, 1, 66}, {1, 1, 101}, {7, 5, 1},
		{16, 32, 16}, {17, 33, 18}, {64, 10, 128}, {31, 65, 27}, {20, 12, 40}, {131, 67, 23}, {128, 132, 36},
	}
	var cases []Case
	for form := range 4 {
		ta, tb := form&1 != 0, form&2 != 0
		for _, s := range sizes {
			cases = append(cases, matMulCase(s[0], s[1], s[2], ta, tb))
		}
		two := tensor.Shape{2}
		cases = append(cases,
			matMulBatch(two, two, 5, 7, 9, ta, tb),
			matMulBatch(two, nil, 8, 12, 20, ta, tb),
			matMulBatch(nil, two, 9, 10, 11, ta, tb),
			matMulBatch(tensor.Shape{2, 3}, tensor.Shape{2, 3}, 4, 36, 8, ta, tb),
			matMulBatch(tensor.Shape{64}, tensor.Shape{64}, 65, 66, 5, ta, tb), // enough for large tiles
			matMulCase(5, 9, 2000, ta, tb),
		)
		for _, s := range [][3]int{{17, 33, 18}, {8, 12, 20}, {1, 9, 7}, {9, 1, 7}} {
			c := matMulCase(s[0], s[1], s[2], ta, tb)
			c.Fill = []Filler{fillNonFinite, fillNonFinite}
			cases = append(cases, c)
		}
	}
	return append(cases,
		matMulCase(3, 5, 0, false, false), // no terms: zeros
		matMulCase(3, 5, 0, true, true),
		matMulCase(0, 5, 3, false, false), // nothing to make
		matMulCase(4, 0, 3, false, true),
		matMulBatch(tensor.Shape{0}, nil, 2, 3, 4, false, false),
		matMulCase(2, 3, 262_140, false, true), // beyond 65,535 iterations of 4 terms
		matMulCase(2, 4, 70_001, true, false),
		matMulCase(300, 272, 48, false, false),
	)
}
