package nn

import (
	"cmp"
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// CrossEntropy is the mean over rows of log sum exp(logits) - logits[label],
// for logits [.., C] and int32 labels [..]: CrossEntropyLoss with the classes
// last. Rows labelled graph.IgnoreIndex are left out.
func CrossEntropy(logits, labels graph.Value) graph.Value {
	if s := logits.Shape(); len(s) > 2 {
		logits = logits.Reshape(-1, s[len(s)-1])
		labels = labels.Flatten(0)
	}
	return CrossEntropyLoss{}.Forward(logits, labels)
}

// CrossEntropyLoss is log sum exp(x) - x[label] for scores x [N, C, ..] and int32
// labels [N, ..], or x [C] and one label. The mean is that of the labels that
// count, weighted:
//
//	sum of Weight[label]·loss / sum of Weight[label]
//
// A float32 target of x's shape holds probabilities of the classes instead; then
// the mean divides by the number of rows.
type CrossEntropyLoss struct {
	Weight         *tensor.Tensor // [C], a weight a class
	IgnoreIndex    int            // the label that counts nothing; 0: -100. For class 0, see IgnoreZero
	IgnoreZero     bool           // label 0 counts nothing
	LabelSmoothing float64        // the part of each label that is spread over all classes
	Reduction      Reduction
}

// NLLLoss is -x[label] for log-probabilities x [N, C, ..] and int32 labels
// [N, ..], with CrossEntropyLoss's options.
type NLLLoss struct {
	Weight      *tensor.Tensor
	IgnoreIndex int
	IgnoreZero  bool
	Reduction   Reduction
}

// rows is a classification: scores [M, C], a row a label.
type rows struct {
	x, labels graph.Value
	shape     []int // of the labels, as given
}

// classRows brings x [N, C, ..] and a target without C to rows; ok is false,
// with an error recorded, where they don't fit.
func classRows(loss string, x, labels graph.Value) (r rows, ok bool) {
	s, want := x.Shape(), []int{}
	for i, d := range s {
		if i != min(1, len(s)-1) {
			want = append(want, d)
		}
	}
	if x.Graph() == nil || labels.Graph() == nil {
		return r, false
	}
	if len(s) == 0 || labels.Type().DType != tensor.Int32 || !labels.Shape().Equal(want) {
		fail(x, "nn: %s: scores %v with target %v: wants [N C ..] and int32 [N ..]", loss, x.Type(), labels.Type())
		return r, false
	}
	return rows{classesLast(x), labels.Flatten(0), want}, true
}

// classesLast moves dimension 1 behind the others: [N, C, ..] -> [N·.., C].
func classesLast(x graph.Value) graph.Value {
	s := x.Shape()
	if len(s) < 2 {
		return x.Unsqueeze(0)
	}
	if len(s) == 2 {
		return x
	}
	perm := []int{0}
	for i := range len(s) - 2 {
		perm = append(perm, i+2)
	}
	return x.Permute(append(perm, 1)...).Reshape(s.Elems()/max(s[1], 1), s[1])
}

func ignored(index int, zero bool) int {
	if zero {
		return 0
	}
	return cmp.Or(index, graph.IgnoreIndex)
}

// counts is 1 where a label isn't ignored.
func (r rows) counts(ignore int) graph.Value {
	return r.labels.Formula(fmt.Sprintf("label:int -> float(label != %d)", ignore))
}

// weights is w[label], 0 for labels that are ignored.
func (r rows) weights(t *tensor.Tensor, ignore int) graph.Value {
	count := r.counts(ignore)
	if t == nil {
		return count
	}
	return r.classWeights(t).Gather(0, r.labels).Mul(count)
}

func (r rows) classWeights(t *tensor.Tensor) graph.Value {
	if c := r.x.Dim(1); len(t.Shape) != 1 || t.Shape[0] != c {
		return fail(r.x, "nn: class weights of shape %v for %d classes", t.Shape, c)
	}
	return constant(r.x, t)
}

// reduce ends a loss of weighted rows; the mean is weighted too.
func (r rows) reduce(how Reduction, loss, weights graph.Value) graph.Value {
	switch how {
	case Mean:
		return loss.Sum().Div(weights.Sum())
	case None:
		return loss.Reshape(r.shape...)
	}
	return how.of(loss)
}

// Forward is the loss of scores x against labels or probabilities.
func (l CrossEntropyLoss) Forward(x, target graph.Value) graph.Value {
	if target.Type().DType.IsFloat() {
		return l.soft(x, target)
	}
	r, ok := classRows("CrossEntropyLoss", x, target)
	if !ok {
		return graph.Value{}
	}
	ignore := ignored(l.IgnoreIndex, l.IgnoreZero)
	weights := r.weights(l.Weight, ignore)
	loss := x.Graph().Apply(kernels.CrossEntropy, cpuref.CrossEntropyAttrs{IgnoreIndex: ignore}, r.x, r.labels)[0]
	if l.Weight != nil {
		loss = loss.Mul(weights)
	}
	if s := l.LabelSmoothing; s != 0 { // (1-s)·loss - s/C·sum of w·log softmax
		logp := r.x.LogSoftmax(1)
		if l.Weight != nil {
			logp = logp.Mul(r.classWeights(l.Weight))
		}
		loss = loss.MulScalar(1 - s).Sub(logp.Mean(1).Mul(r.counts(ignore)).MulScalar(s))
	}
	return r.reduce(l.Reduction, loss, weights)
}

// soft is -sum of w·p·log softmax(x), for p = (1-s)·target + s/C.
func (l CrossEntropyLoss) soft(x, target graph.Value) graph.Value {
	s := x.Shape()
	if !target.Shape().Equal(s) || len(s) == 0 {
		return fail(x, "nn: CrossEntropyLoss: scores %v with probabilities %v: wants the same shape [N C ..]", x.Type(), target.Type())
	}
	var left []int
	for i, d := range s {
		if i != min(1, len(s)-1) {
			left = append(left, d)
		}
	}
	r := rows{x: classesLast(x), shape: left}
	p := classesLast(target)
	if smooth := l.LabelSmoothing; smooth != 0 {
		p = p.MulScalar(1 - smooth).AddScalar(smooth / float64(r.x.Dim(1)))
	}
	if l.Weight != nil {
		p = p.Mul(r.classWeights(l.Weight))
	}
	loss := p.Mul(r.x.LogSoftmax(1)).Sum(1).Neg()
	if l.Reduction == None {
		return loss.Reshape(left...)
	}
	return l.Reduction.of(loss)
}

// Forward is the loss of log-probabilities x against labels.
func (l NLLLoss) Forward(x, labels graph.Value) graph.Value {
	r, ok := classRows("NLLLoss", x, labels)
	if !ok {
		return graph.Value{}
	}
	weights := r.weights(l.Weight, ignored(l.IgnoreIndex, l.IgnoreZero))
	picked := r.x.Gather(1, r.labels.Unsqueeze(1)).Squeeze(1)
	return r.reduce(l.Reduction, picked.Mul(weights).Neg(), weights)
}

// FocalLoss is CrossEntropyLoss times (1-p)^Gamma, where p is the probability
// given to the label.
type FocalLoss struct {
	Gamma       float64 // 0: 2
	Weight      *tensor.Tensor
	IgnoreIndex int
	IgnoreZero  bool
	Reduction   Reduction // the mean is CrossEntropyLoss's
}

// Forward is the loss of scores x [N, C, ..] against labels [N, ..].
func (l FocalLoss) Forward(x, labels graph.Value) graph.Value {
	r, ok := classRows("FocalLoss", x, labels)
	if !ok {
		return graph.Value{}
	}
	each := CrossEntropyLoss{IgnoreIndex: l.IgnoreIndex, IgnoreZero: l.IgnoreZero, Reduction: None}.Forward(r.x, r.labels)
	weights := r.weights(l.Weight, ignored(l.IgnoreIndex, l.IgnoreZero))
	loss := each.FormulaWith("ce, w, gamma:attr -> miss = where(ce > 0, -expm1(-ce), 1); where(ce > 0, w*ce*pow(miss, gamma), 0)", []float64{cmp.Or(l.Gamma, 2)}, weights)
	return r.reduce(l.Reduction, loss, weights)
}

// MultiMarginLoss is the sum over the classes but the label of
// Weight[label]·max(0, Margin - x[label] + x[class])^P, over the number of classes,
// for scores x [N, C] and labels [N].
type MultiMarginLoss struct {
	P         int     // 1 or 2; 0: 1
	Margin    float64 // 0: 1
	Weight    *tensor.Tensor
	Reduction Reduction
}

// Forward is the loss of scores x against labels.
func (l MultiMarginLoss) Forward(x, labels graph.Value) graph.Value {
	r, ok := classRows("MultiMarginLoss", x, labels)
	if !ok {
		return graph.Value{}
	}
	p := cmp.Or(l.P, 1)
	if p != 1 && p != 2 || len(x.Shape()) > 2 {
		return fail(x, "nn: MultiMarginLoss: P %d and scores %v: wants P 1 or 2 and [N C]", p, x.Type())
	}
	own := r.x.Gather(1, r.labels.Unsqueeze(1))
	others := r.labels.Unsqueeze(1).OneHot(r.x.Dim(1)).Reshape(r.x.Shape()...).Float()
	e := r.x.FormulaWith("x, y, h, margin:attr, p:attr -> z = margin - y + x; where(h == 0 && z > 0, where(p == 1, z, z*z), 0)",
		[]float64{cmp.Or(l.Margin, 1), float64(p)}, own, others)
	loss := e.Mean(1)
	if l.Weight != nil {
		loss = loss.Mul(r.classWeights(l.Weight).Gather(0, r.labels))
	}
	if l.Reduction == None {
		return loss.Reshape(r.shape...)
	}
	return l.Reduction.of(loss)
}

// MultiLabelMarginLoss is the sum of max(0, 1 - x[label] + x[class]) over a row's
// labels and the classes that aren't among them, over the number of classes, for
// scores x [N, C] or [C]. Labels are int32 of the same shape: those of a row stand
// first, and -1 ends them.
type MultiLabelMarginLoss struct{ Reduction Reduction }

// Forward is the loss of scores x against labels.
func (l MultiLabelMarginLoss) Forward(x, labels graph.Value) graph.Value {
	s := x.Shape()
	if len(s) < 1 || len(s) > 2 || labels.Type().DType != tensor.Int32 || !labels.Shape().Equal(s) {
		return fail(x, "nn: MultiLabelMarginLoss: scores %v with labels %v: wants [N C] and int32 [N C]", x.Type(), labels.Type())
	}
	c := s[len(s)-1]
	rows, y := x.Reshape(-1, c), labels.Reshape(-1, c)
	counts := y.Formula("y:int -> float(y >= 0)").Cumprod(1)
	own := rows.Gather(1, y.Formula("y:int -> max(y, 0)"))
	others := y.OneHot(c).Float().Mul(counts.Unsqueeze(2)).Amax(1)
	e := rows.Unsqueeze(1).Formula("x, y, n, h -> z = 1 - y + x; where(n > 0 && h == 0 && z > 0, z, 0)",
		own.Unsqueeze(2), counts.Unsqueeze(2), others.Unsqueeze(1))
	loss := e.Sum(1, 2).DivScalar(float64(c))
	if l.Reduction == None {
		return loss.Reshape(s[:len(s)-1]...)
	}
	return l.Reduction.of(loss)
}

// MultiLabelSoftMarginLoss is BCEWithLogitsLoss averaged over the classes, the
// last dimension; Weight is [C].
type MultiLabelSoftMarginLoss struct {
	Weight    *tensor.Tensor
	Reduction Reduction
}

// Forward is the loss of logits x [.., C] against y in [0, 1].
func (l MultiLabelSoftMarginLoss) Forward(x, y graph.Value) graph.Value {
	e := BCEWithLogitsLoss{Weight: l.Weight, Reduction: None}.Forward(x, y)
	return l.Reduction.of(e.Mean(-1))
}

// Accuracy is the fraction of rows of logits [.., C] whose largest element is
// the labels'.
func Accuracy(logits, labels graph.Value) graph.Value {
	return logits.Argmax(-1).Eq(labels).Float().Mean()
}
