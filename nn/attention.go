package nn

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/graph"
)

// AttentionOptions are those of ScaledDotProductAttention.
type AttentionOptions struct {
	// Mask [.., L, S], or what broadcasts to it: a bool is true where a query may
	// look at a key (unlike MultiheadOptions' masks); floats are added to the scores.
	Mask graph.Value
	// Causal lets query i look at keys 0 to i alone.
	Causal  bool
	Scale   float64 // of the scores; 0 means 1/sqrt(E)
	Dropout float64 // of the weights, in training
}

// ScaledDotProductAttention is, as torch.nn.functional's,
//
//	weights = softmax(q·kᵀ·Scale + mask) over S      y = weights·v
//
// for q [.., L, E], k [.., S, E] and v [.., S, V]: y [.., L, V]. A query that may
// look at no key at all gives zeros, as in PyTorch from 2.5 on (before: NaN).
func ScaledDotProductAttention(q, k, v graph.Value, o AttentionOptions) graph.Value {
	g := q.Graph()
	if g == nil {
		return graph.Value{}
	}
	sq, sk, sv := q.Shape(), k.Shape(), v.Shape()
	if len(sq) < 2 || len(sk) < 2 || len(sv) < 2 || sq[len(sq)-1] != sk[len(sk)-1] || sk[len(sk)-2] != sv[len(sv)-2] {
		g.Fail(fmt.Errorf("nn: attention: q %v, k %v, v %v: wants [.., L, E], [.., S, E] and [.., S, V]", sq, sk, sv))
		return graph.Value{}
	}
	scores := scored(q, k, o.Scale)
	if o.Causal {
		scores = earlier(g, scores.Dim(-2), scores.Dim(-1)).Where(scores, g.Scalar(math.Inf(-1)))
	}
	weights := graph.Value{}
	if o.Mask.Valid() {
		weights = softmaxOrZero(masked(scores, o.Mask, true))
	} else {
		weights = scores.Softmax(-1)
	}
	return weights.Dropout(o.Dropout).MatMul(v)
}

// scored is q·kᵀ·scale; a scale of 0 means 1/sqrt(E).
func scored(q, k graph.Value, scale float64) graph.Value {
	if scale == 0 {
		scale = 1 / math.Sqrt(float64(max(1, q.Dim(-1))))
	}
	q = q.MulScalar(scale)
	if len(q.Shape()) == len(k.Shape()) && q.Shape()[:len(q.Shape())-2].Equal(k.Shape()[:len(k.Shape())-2]) {
		return q.MatMulT(k)
	}
	return q.MatMul(k.Transpose(-1, -2))
}

// earlier is the bool matrix [n, m] that is true for j <= i.
func earlier(g *graph.Graph, n, m int) graph.Value {
	return g.Const(counted(n)).Reshape(n, 1).Op("ge", g.Const(counted(m)))
}

// masked puts -inf where a bool mask differs from allowed; floats it adds.
func masked(scores, mask graph.Value, allowed bool) graph.Value {
	never := scores.Graph().Scalar(math.Inf(-1))
	switch {
	case mask.Type().DType.IsFloat():
		return scores.Add(mask)
	case allowed:
		return mask.Where(scores, never)
	}
	return mask.Where(never, scores)
}

// softmaxOrZero is softmax over the last axis, and zeros for a row of nothing but
// -inf, which would be NaN and make its gradients so.
func softmaxOrZero(scores graph.Value) graph.Value {
	g := scores.Graph()
	axis := len(scores.Shape()) - 1
	if scores.Dim(axis) == 0 {
		return scores.Softmax(axis)
	}
	none := scores.Detach().Amax(axis).Unsqueeze(axis).Eq(g.Scalar(math.Inf(-1)))
	return none.Where(g.Scalar(0), none.Where(g.Scalar(0), scores).Softmax(axis))
}

// MultiheadAttention is torch.nn.MultiheadAttention: Heads attentions side by
// side, each over its share of Embed,
//
//	y = concat(attention(q·Wqᵀ + bq, k·Wkᵀ + bk, v·Wvᵀ + bv) of each head)·Woᵀ + bo
//
// Its variables are in_proj_weight [3·Embed, Embed] (q, k, v in that order; with
// KDim or VDim q_proj_weight, k_proj_weight and v_proj_weight), in_proj_bias
// [3·Embed], out_proj.weight [Embed, Embed] and out_proj.bias.
type MultiheadAttention struct {
	Embed, Heads int
	KDim, VDim   int     // sizes of k and v; 0 means Embed
	Dropout      float64 // of the weights, in training
	NoBias       bool
	BiasKV       bool // one more key and value, learned: bias_k and bias_v
	ZeroAttn     bool // one more key and value, zeros
	BatchFirst   bool // [N, L, E] in place of [L, N, E]

	InProjWeight, QProjWeight, KProjWeight, VProjWeight, InProjBias *graph.Variable `vulgo:"-"`
	BiasK, BiasV, OutProjWeight, OutProjBias                        *graph.Variable `vulgo:"-"`
}

// MultiheadOptions are what one call of a MultiheadAttention may add. In a bool
// mask true is what may not be looked at, as in PyTorch; floats are added to the
// scores.
type MultiheadOptions struct {
	KeyPadding graph.Value // [N, S]: keys that are padding
	Mask       graph.Value // [L, S], or [N·Heads, L, S]
	Causal     bool        // query i looks at keys 0 to i alone
	Weights    bool        // give the weights too
	EachHead   bool        // each head's weights, not their mean
}

// Build makes the variables, as PyTorch starts them; Init calls it.
func (m *MultiheadAttention) Build(s *Scope) error {
	e, kd, vd := m.Embed, or(m.KDim, m.Embed), or(m.VDim, m.Embed)
	if e < 1 || m.Heads < 1 || e%m.Heads != 0 || kd < 1 || vd < 1 {
		return fmt.Errorf("nn: MultiheadAttention %s: Heads %d must be positive and divide Embed %d", s.prefix, m.Heads, e)
	}
	if kd == e && vd == e {
		m.InProjWeight = s.Param("in_proj_weight", UniformInit(math.Sqrt(6/float64(4*e))), 3*e, e)
	} else {
		m.QProjWeight = s.Param("q_proj_weight", UniformInit(math.Sqrt(6/float64(2*e))), e, e)
		m.KProjWeight = s.Param("k_proj_weight", UniformInit(math.Sqrt(6/float64(e+kd))), e, kd)
		m.VProjWeight = s.Param("v_proj_weight", UniformInit(math.Sqrt(6/float64(e+vd))), e, vd)
	}
	if !m.NoBias {
		m.InProjBias = s.Param("in_proj_bias", ConstInit(0), 3*e)
	}
	if m.BiasKV {
		init := NormalInit(0, math.Sqrt(2/float64(2*e)))
		m.BiasK, m.BiasV = s.Param("bias_k", init, 1, 1, e), s.Param("bias_v", init, 1, 1, e)
	}
	m.OutProjWeight = s.Param("out_proj.weight", UniformInit(1/math.Sqrt(float64(e))), e, e)
	if !m.NoBias {
		m.OutProjBias = s.Param("out_proj.bias", ConstInit(0), e)
	}
	return nil
}

// Forward looks from q [L, N, Embed] at k [S, N, KDim] and v [S, N, VDim] (batch
// first where the layer says so; without N, a single example). It gives y of q's
// shape and, if asked, the weights [N, L, S] or [N, Heads, L, S]. A query that may
// look at no key gives zeros for its share of y, as in PyTorch from 2.5 on; where
// the weights are asked for, NaN, as PyTorch has it.
func (m *MultiheadAttention) Forward(q, k, v graph.Value, o MultiheadOptions) (y, weights graph.Value) {
	g := q.Graph()
	if _, ok := read(q, m.OutProjWeight, "MultiheadAttention"); !ok {
		return
	}
	rank := len(q.Shape())
	if rank != 2 && rank != 3 || len(k.Shape()) != rank || len(v.Shape()) != rank {
		g.Fail(fmt.Errorf("nn: MultiheadAttention: q %v, k %v, v %v: wants all of 3 dimensions, or all of 2", q.Shape(), k.Shape(), v.Shape()))
		return
	}
	self, same := q.Ref() == k.Ref() && k.Ref() == v.Ref(), k.Ref() == v.Ref()
	front := func(x graph.Value) graph.Value { // batch first
		switch {
		case rank == 2:
			return x.Unsqueeze(0)
		case m.BatchFirst:
			return x
		}
		return x.Transpose(0, 1)
	}
	q, k, v = front(q), front(k), front(v)
	if q.Dim(2) != m.Embed || k.Dim(2) != or(m.KDim, m.Embed) || v.Dim(2) != or(m.VDim, m.Embed) || q.Dim(0) != k.Dim(0) ||
		k.Dim(0) != v.Dim(0) || k.Dim(1) != v.Dim(1) {
		g.Fail(fmt.Errorf("nn: MultiheadAttention: q %v, k %v, v %v (batch first): want widths %d, %d, %d, one batch size, and as many keys as values",
			q.Shape(), k.Shape(), v.Shape(), m.Embed, or(m.KDim, m.Embed), or(m.VDim, m.Embed)))
		return
	}
	heads := m.project(q, k, v, self, same)
	y, weights = m.attend(heads[0], heads[1], heads[2], o)
	n, l := q.Dim(0), q.Dim(1)
	y = y.Permute(0, 2, 1, 3).Reshape(n, l, m.Embed).MatMulT(g.Read(m.OutProjWeight))
	if m.OutProjBias != nil {
		y = y.Add(g.Read(m.OutProjBias))
	}
	switch {
	case rank == 2:
		y = y.Squeeze(0)
		if o.Weights {
			weights = weights.Squeeze(0)
		}
	case !m.BatchFirst:
		y = y.Transpose(0, 1)
	}
	return y, weights
}

// project gives q, k and v of the heads, [N, Heads, L, D]; inputs that are the
// same share a product.
func (m *MultiheadAttention) project(q, k, v graph.Value, self, same bool) [3]graph.Value {
	g, e := q.Graph(), m.Embed
	var bias graph.Value
	if m.InProjBias != nil {
		bias = g.Read(m.InProjBias)
	}
	product := func(x, w graph.Value, from, parts int) []graph.Value {
		y := x.MatMulT(w)
		if bias.Valid() {
			y = y.Add(bias.Narrow(0, from*e, parts*e))
		}
		y = y.Reshape(x.Dim(0), x.Dim(1), parts, m.Heads, e/m.Heads).Permute(2, 0, 3, 1, 4)
		out := make([]graph.Value, parts)
		for i := range out {
			out[i] = y.Narrow(0, i, 1).Squeeze(0)
		}
		return out
	}
	if m.InProjWeight == nil {
		return [3]graph.Value{product(q, g.Read(m.QProjWeight), 0, 1)[0], product(k, g.Read(m.KProjWeight), 1, 1)[0], product(v, g.Read(m.VProjWeight), 2, 1)[0]}
	}
	w := g.Read(m.InProjWeight)
	rows := func(from, parts int) graph.Value { return w.Narrow(0, from*e, parts*e) }
	if self {
		return [3]graph.Value(product(q, w, 0, 3))
	}
	heads := [3]graph.Value{product(q, rows(0, 1), 0, 1)[0]}
	if same {
		copy(heads[1:], product(k, rows(1, 2), 1, 2))
	} else {
		heads[1], heads[2] = product(k, rows(1, 1), 1, 1)[0], product(v, rows(2, 1), 2, 1)[0]
	}
	return heads
}

// attend is the attention of the heads; keys and values that the layer adds come
// last and are never masked.
func (m *MultiheadAttention) attend(q, k, v graph.Value, o MultiheadOptions) (y, weights graph.Value) {
	g := q.Graph()
	n, l, s := q.Dim(0), q.Dim(2), k.Dim(2)
	scores := scored(q, k, 0)
	if o.Causal {
		scores = earlier(g, l, s).Where(scores, g.Scalar(math.Inf(-1)))
	}
	if o.Mask.Valid() {
		mask := o.Mask
		if len(mask.Shape()) == 3 {
			mask = mask.Reshape(n, m.Heads, l, s)
		}
		scores = masked(scores, mask, false)
	}
	if o.KeyPadding.Valid() {
		scores = masked(scores, o.KeyPadding.Reshape(n, 1, 1, s), false)
	}
	more := func(key, value graph.Value) {
		scores = graph.Concat(3, scores, scored(q, key, 0))
		v = graph.Concat(2, v, value)
	}
	d := m.Embed / m.Heads
	if m.BiasKV {
		each := func(b *graph.Variable) graph.Value {
			return g.Read(b).Reshape(1, m.Heads, 1, d).Expand(n, m.Heads, 1, d)
		}
		more(each(m.BiasK), each(m.BiasV))
	}
	if m.ZeroAttn {
		more(g.Zeros(n, m.Heads, 1, d), g.Zeros(n, m.Heads, 1, d))
	}
	if !o.Weights && (o.Mask.Valid() || o.KeyPadding.Valid()) {
		weights = softmaxOrZero(scores)
	} else {
		weights = scores.Softmax(-1)
	}
	weights = weights.Dropout(m.Dropout)
	y = weights.MatMul(v)
	switch {
	case !o.Weights:
		weights = graph.Value{}
	case !o.EachHead:
		weights = weights.Mean(1)
	}
	return y, weights
}
