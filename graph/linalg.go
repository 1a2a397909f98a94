package graph

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/expr"
	"github.com/vulgo-ml/vulgo/tensor"
)

// MatMul is v·w, as torch.matmul: [.., M, K]·[.., K, N] -> [.., M, N]. Batch
// dimensions broadcast; a vector on the left is a row, on the right a column, and
// that dimension goes away again.
func (v Value) MatMul(w Value) Value {
	a, b := v.Shape(), w.Shape()
	if v.g == nil || w.g == nil || len(a) == 0 || len(b) == 0 {
		return v.op("matmul", cpuref.MatMulAttrs{}, w)
	}
	switch row, column := len(a) == 1, len(b) == 1; {
	case row && column:
		return v.Reshape(1, -1).MatMul(w.Reshape(-1, 1)).Reshape()
	case row:
		return v.Reshape(1, -1).MatMul(w).Squeeze(-2)
	case column:
		return v.MatMul(w.Reshape(-1, 1)).Squeeze(-1)
	}
	ba, bb := a[:len(a)-2], b[:len(b)-2]
	if len(ba) == 0 || len(bb) == 0 || ba.Equal(bb) {
		return v.op("matmul", cpuref.MatMulAttrs{}, w)
	}
	m, k, n := a[len(a)-2], a[len(a)-1], b[len(b)-1]
	batch, err := expr.Broadcast(ba, bb)
	if err != nil || k != b[len(b)-2] {
		v.g.Fail(fmt.Errorf("matmul: %v · %v: batch sizes must be equal or 1, inner sizes equal", a, b))
		return Value{}
	}
	// Where w is one matrix for several of v's, these are more rows of v.
	from, rows := len(batch), m
	for from > 0 && (from+len(bb)-len(batch) <= 0 || bb[from+len(bb)-len(batch)-1] == 1) {
		from--
		rows *= batch[from]
	}
	outer := batch[:from]
	if from < len(batch) {
		v = v.expandTo(join(batch, m, k)).Reshape(join(outer, rows, k)...)
	} else if ba.Elems() > 1 {
		v = v.expandTo(join(batch, m, k))
	} else {
		v = v.Reshape(m, k)
	}
	w = w.Reshape(join(bb[:max(0, len(bb)-len(batch)+from)], k, n)...).expandTo(join(outer, k, n))
	return v.op("matmul", cpuref.MatMulAttrs{}, w).Reshape(join(batch, m, n)...)
}

func join(s tensor.Shape, more ...int) tensor.Shape {
	return append(append(tensor.Shape{}, s...), more...)
}

// MatMulT is v·wᵀ: [.., M, K]·[N, K], or a vector [K].
func (v Value) MatMulT(w Value) Value {
	if len(v.Shape()) == 1 {
		return v.Reshape(1, -1).MatMulT(w).Squeeze(0)
	}
	return v.op("matmul", cpuref.MatMulAttrs{TransB: true}, w)
}

// Linear is v·wᵀ + b for v [.., In], w [Out, In] and b [Out], as
// torch.nn.functional.linear; the zero Value as b leaves it out.
func (v Value) Linear(w, b Value) Value {
	y := v.MatMulT(w)
	if b.Valid() {
		y = y.Add(b)
	}
	return y
}

// Bilinear is y[.., o] = Σ v[.., i]·w[o, i, j]·x[.., j] + b[o] for v [.., In1],
// x [.., In2] and w [Out, In1, In2], as torch.nn.functional.bilinear; the zero
// Value as b leaves it out.
func (v Value) Bilinear(x, w, b Value) Value {
	if v.g == nil || x.g == nil || w.g == nil {
		return Value{}
	}
	sv, sx, sw := v.Shape(), x.Shape(), w.Shape()
	last := len(sv) - 1
	if last < 0 || len(sw) != 3 || len(sx) != len(sv) || !sv[:last].Equal(sx[:last]) || sv[last] != sw[1] || sx[last] != sw[2] {
		v.g.Fail(fmt.Errorf("bilinear: %v and %v with weight %v: wants [.., In1], [.., In2] and [Out, In1, In2]", sv, sx, sw))
		return Value{}
	}
	// v·w for all outputs at once, [rows, Out, In2], then its rows by x's.
	rows := sv[:last].Elems()
	vw := v.Reshape(rows, sw[1]).MatMul(w.Permute(1, 0, 2).Reshape(sw[1], sw[0]*sw[2])).Reshape(rows, sw[0], sw[2])
	y := vw.MatMul(x.Reshape(rows, sw[2], 1)).Reshape(join(sv[:last], sw[0])...)
	if b.Valid() {
		y = y.Add(b)
	}
	return y
}

// Bmm is v·w for each matrix of a batch, [B, M, K]·[B, K, N], without broadcasting.
func (v Value) Bmm(w Value) Value {
	if !v.ranks("bmm", w, 3, 3) {
		return Value{}
	}
	if v.Dim(0) != w.Dim(0) {
		v.g.Fail(fmt.Errorf("bmm: %v · %v: batch sizes differ: %d and %d", v.Shape(), w.Shape(), v.Dim(0), w.Dim(0)))
		return Value{}
	}
	return v.MatMul(w)
}

// Mm is v·w of two matrices, without broadcasting.
func (v Value) Mm(w Value) Value {
	if !v.ranks("mm", w, 2, 2) {
		return Value{}
	}
	return v.MatMul(w)
}

// Mv is v·w of a matrix [M, K] and a vector [K].
func (v Value) Mv(w Value) Value {
	if !v.ranks("mv", w, 2, 1) {
		return Value{}
	}
	return v.MatMul(w)
}

// Dot is Σ v·w of two vectors.
func (v Value) Dot(w Value) Value {
	if !v.ranks("dot", w, 1, 1) {
		return Value{}
	}
	return v.MatMul(w)
}

// Outer is v[i]·w[j] of two vectors: [M, N].
func (v Value) Outer(w Value) Value {
	if !v.ranks("outer", w, 1, 1) {
		return Value{}
	}
	return v.Unsqueeze(1).Mul(w)
}

func (v Value) ranks(op string, w Value, rv, rw int) bool {
	if v.g == nil || w.g == nil {
		return false
	}
	if len(v.Shape()) != rv || len(w.Shape()) != rw {
		v.g.Fail(fmt.Errorf("%s: %v and %v: wants %d and %d dimensions", op, v.Shape(), w.Shape(), rv, rw))
		return false
	}
	return true
}

// Addmm is beta·v + alpha·a·b for matrices a and b; v broadcasts. With a beta of
// 0 v isn't looked at, as in PyTorch.
func (v Value) Addmm(a, b Value, beta, alpha float64) Value {
	return v.scaledSum(a.Mm(b), beta, alpha)
}

// Baddbmm is Addmm for batches of matrices.
func (v Value) Baddbmm(a, b Value, beta, alpha float64) Value {
	return v.scaledSum(a.Bmm(b), beta, alpha)
}

// Addmv is beta·v + alpha·a·x for a matrix a and a vector x.
func (v Value) Addmv(a, x Value, beta, alpha float64) Value {
	return v.scaledSum(a.Mv(x), beta, alpha)
}

// Addr is beta·v + alpha·(outer product of x and y).
func (v Value) Addr(x, y Value, beta, alpha float64) Value {
	return v.scaledSum(x.Outer(y), beta, alpha)
}

func (v Value) scaledSum(p Value, beta, alpha float64) Value {
	if alpha != 1 {
		p = p.MulScalar(alpha)
	}
	switch beta {
	case 0:
		return p
	case 1:
		return p.Add(v)
	}
	return p.Add(v.MulScalar(beta))
}

// Tensordot sums over the products of pairs of dimensions: av of v with aw of w,
// in that order; v's others come first, then w's.
func (v Value) Tensordot(w Value, av, aw []int) Value {
	if v.g == nil || w.g == nil {
		return Value{}
	}
	if len(av) != len(aw) {
		v.g.Fail(fmt.Errorf("tensordot: %d dimensions with %d", len(av), len(aw)))
		return Value{}
	}
	free := func(x Value, axes []int) (rest, all []int, ok bool) {
		if _, ok = x.axes("tensordot", axes); !ok {
			return nil, nil, false
		}
		used := map[int]bool{}
		for _, a := range axes {
			used[x.axis(a)] = true
			all = append(all, x.axis(a))
		}
		for d := range x.Shape() {
			if !used[d] {
				rest = append(rest, d)
			}
		}
		return rest, all, true
	}
	rv, cv, okv := free(v, av)
	rw, cw, okw := free(w, aw)
	if !okv || !okw {
		return Value{}
	}
	k := 1
	for i := range cv {
		n, other := v.Dim(cv[i]), w.Dim(cw[i])
		if n != other {
			v.g.Fail(fmt.Errorf("tensordot: %v and %v: dimensions %d and %d differ: %d and %d", v.Shape(), w.Shape(), cv[i], cw[i], n, other))
			return Value{}
		}
		k *= n
	}
	var out tensor.Shape
	for _, d := range rv {
		out = append(out, v.Dim(d))
	}
	m := out.Elems()
	for _, d := range rw {
		out = append(out, w.Dim(d))
	}
	a := v.permuted(append(rv, cv...)).Reshape(m, k)
	b := w.permuted(append(cw, rw...)).Reshape(k, tensor.Shape(out[len(rv):]).Elems())
	return a.MatMul(b).Reshape(out...)
}

// permuted is Permute, or v itself where perm changes nothing.
func (v Value) permuted(perm []int) Value {
	for i, d := range perm {
		if i != d {
			return v.Permute(perm...)
		}
	}
	return v
}

// Trace is the sum of a matrix's diagonal.
func (v Value) Trace() Value {
	if len(v.Shape()) != 2 {
		if v.g != nil {
			v.g.Fail(fmt.Errorf("trace: %v is no matrix", v.Shape()))
		}
		return Value{}
	}
	return v.Diagonal(0, 0, 1).Sum()
}

// Kron is the Kronecker product: w by every element of v, as blocks.
func (v Value) Kron(w Value) Value {
	a, b := v.Shape(), w.Shape()
	rank := max(len(a), len(b))
	if v.g == nil || w.g == nil || 2*rank > cpuref.MaxRank {
		if v.g != nil {
			v.g.Fail(fmt.Errorf("kron: %v and %v: wants two operands of at most %d dimensions", a, b, cpuref.MaxRank/2))
		}
		return Value{}
	}
	size := func(s tensor.Shape, i int) int { // counted over rank dimensions, ones in front
		if i += len(s) - rank; i >= 0 {
			return s[i]
		}
		return 1
	}
	var sa, sb, out []int
	for i := range rank {
		x, y := size(a, i), size(b, i)
		sa, sb, out = append(sa, x, 1), append(sb, 1, y), append(out, x*y)
	}
	return v.Reshape(sa...).Mul(w.Reshape(sb...)).Reshape(out...)
}
