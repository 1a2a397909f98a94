package conformance

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// PyTorch's losses, out of graph ops.
var _ = register(map[string]build{
	"F.cross_entropy(x,target,weight=,ignore_index=,reduction=,label_smoothing=)": crossEntropy,
	"F.nll_loss(log_softmax(x,1),target)":                                         crossEntropy,
	"F.nll_loss(x,target)":                                                        func(b *builder) graph.Value { return nll(b, classesLast(b.x())) },

	"F.mse_loss": func(b *builder) graph.Value { return b.reduced(b.x().Sub(b.at("target")).Square()) },
	"F.l1_loss":  func(b *builder) graph.Value { return b.reduced(b.x().Sub(b.at("target")).Abs()) },
	"F.smooth_l1_loss": func(b *builder) graph.Value {
		return b.reduced(formula(fmt.Sprintf("x, t -> d = abs(x - t); where(d < %[1]v, 0.5*d*d/%[1]v, d - 0.5*%[1]v)", b.num("beta", 1)), b.x(), b.at("target")))
	},
	"F.huber_loss": func(b *builder) graph.Value {
		return b.reduced(formula(fmt.Sprintf("x, t -> d = abs(x - t); where(d <= %[1]v, 0.5*d*d, %[1]v*(d - 0.5*%[1]v))", b.num("delta", 1)), b.x(), b.at("target")))
	},
	"F.binary_cross_entropy": func(b *builder) graph.Value {
		return b.reduced(weighted(b, formula("x, t -> -(t*max(log(x), -100) + (1 - t)*max(log(1 - x), -100))", b.x(), b.at("target"))))
	},
	"F.binary_cross_entropy_with_logits": func(b *builder) graph.Value {
		if b.at("pos_weight").Valid() {
			return b.miss("binary_cross_entropy_with_logits with pos_weight")
		}
		return b.reduced(weighted(b, bceLogits(b.x(), b.at("target"))))
	},

	"F.kl_div(x,target,reduction='sum')": func(b *builder) graph.Value { return b.reduced(klDiv(b.x(), b.at("target"))) },
	"F.kl_div(x,target)":                 func(b *builder) graph.Value { return b.reduced(klDiv(b.x(), b.at("target"))) },
	"F.kl_div(log_softmax(x,1), target)": func(b *builder) graph.Value { return b.reduced(klDiv(b.x().LogSoftmax(1), b.at("target"))) },
	"F.kl_div(log_softmax(x,1), log_softmax(t,1), log_target=True, reduction='batchmean')": func(b *builder) graph.Value {
		t := b.at("target").LogSoftmax(1)
		return b.reduced(t.Exp().Mul(t.Sub(b.x().LogSoftmax(1))))
	},
	"F.cosine_embedding_loss(a,b,target,margin=0.2)": cosineEmbedding,
})

// bceLogits is max(x, 0) - x·t + log(1 + e^-|x|); its gradient in x is
// sigmoid(x) - t also at x = 0, which logsigmoid's form gives.
func bceLogits(x, t graph.Value) graph.Value {
	return x.Mul(t.Neg().AddScalar(1)).Sub(x.Op("logsigmoid"))
}

func weighted(b *builder, rows graph.Value) graph.Value {
	if w := b.at("weight"); w.Valid() {
		return rows.Mul(w)
	}
	return rows
}

// klDiv is t·(log t - x), 0 where t is 0.
func klDiv(x, t graph.Value) graph.Value {
	return formula("x, t -> where(t > 0, t*(log(where(t > 0, t, 1)) - x), 0)", x, t)
}

// crossEntropy is, for a row with class probabilities p and weights w,
//
//	-Σ w_c·p_c·log softmax(x)_c,  p = (1-s)·target + s/C
//
// a mean divides by the sum of the labels' weights. Without weights the op
// gives what isn't smoothed.
func crossEntropy(b *builder) graph.Value {
	x := classesLast(b.x())
	smooth := b.num("label_smoothing", 0)
	target := b.at("target")
	if target.Type().DType == tensor.Float32 { // probabilities
		p := classesLast(target).MulScalar(1 - smooth).AddScalar(smooth / float64(x.Dim(1)))
		if w := b.at("weight"); w.Valid() {
			p = p.Mul(w)
		}
		return shaped(b, b.reduced(p.Mul(x.LogSoftmax(1)).Sum(1).Neg()), target, 1)
	}
	if !b.at("weight").Valid() {
		ignore, labels := int(b.num("ignore_index", graph.IgnoreIndex)), target.Reshape(-1)
		rows := apply("cross_entropy", cpuref.CrossEntropyAttrs{IgnoreIndex: ignore}, x, labels)
		if smooth > 0 {
			rows = rows.MulScalar(1 - smooth).Sub(x.LogSoftmax(1).Mean(1).Mul(b.valid(labels)).MulScalar(smooth))
		}
		return finish(b, rows, b.valid(labels))
	}
	return nll(b, x.LogSoftmax(1))
}

// valid is 1 where a label isn't the one to ignore.
func (b *builder) valid(labels graph.Value) graph.Value {
	ignore := int32(b.num("ignore_index", graph.IgnoreIndex))
	return labels.Op("ne", b.Const(tensor.FromI32([]int32{ignore}, 1))).Float()
}

func nll(b *builder, logp graph.Value) graph.Value {
	labels, classes := b.at("target").Reshape(-1), logp.Dim(1)
	smooth := b.num("label_smoothing", 0)
	w := b.at("weight")
	if !w.Valid() {
		w = b.fill(1, classes)
	}
	hot := labels.Unsqueeze(1).Eq(b.steps(classes)).Float().Mul(w)
	valid := b.valid(labels)
	rows := logp.Mul(hot).Sum(1).Neg().MulScalar(1 - smooth)
	if smooth > 0 {
		rows = rows.Sub(logp.Mul(w).Sum(1).MulScalar(smooth / float64(classes)))
	}
	return finish(b, rows.Mul(valid), hot.Sum(1).Mul(valid))
}

// finish reduces rows; the mean is weighted.
func finish(b *builder, rows, weight graph.Value) graph.Value {
	if arg(b, "reduction", "mean") == "mean" {
		return rows.Sum().Div(weight.Sum())
	}
	return shaped(b, b.reduced(rows), b.at("target"), len(b.at("target").Shape())+1)
}

// shaped gives the rows of an unreduced loss the labels' dimensions.
func shaped(b *builder, y, target graph.Value, classes int) graph.Value {
	if arg(b, "reduction", "mean") != "none" {
		return y
	}
	var shape []int
	for i, d := range target.Shape() {
		if i != classes {
			shape = append(shape, d)
		}
	}
	return y.Reshape(shape...)
}

// cosineEmbedding is 1 - cos for pairs labelled 1, max(0, cos - margin) for -1.
func cosineEmbedding(b *builder) graph.Value {
	const eps = 1e-12
	x, y := b.at("a"), b.at("b")
	xx, yy := x.Square().Sum(1).AddScalar(eps), y.Square().Sum(1).AddScalar(eps)
	cos := x.Mul(y).Sum(1).Div(xx.Mul(yy).Sqrt())
	margin := b.num("margin", 0)
	return b.reduced(formula(fmt.Sprintf("c, t -> where(t > 0, 1 - c, max(0, c - %v))", margin), cos, b.at("target").Float()))
}
