package conformance

import (
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
)

// PyTorch's losses, by nn's. The target stands second, or is named so.
var losses = map[string]func(c *call) graph.Value{
	"mse": func(c *call) graph.Value { return nn.MSELoss{Reduction: c.reduction()}.Forward(c.x(), c.target()) },
	"l1":  func(c *call) graph.Value { return nn.L1Loss{Reduction: c.reduction()}.Forward(c.x(), c.target()) },
	"smooth_l1": func(c *call) graph.Value {
		beta := c.n("beta", -1, 1)
		if beta == 0 {
			return nn.L1Loss{Reduction: c.reduction()}.Forward(c.x(), c.target())
		}
		return nn.SmoothL1Loss{Beta: beta, Reduction: c.reduction()}.Forward(c.x(), c.target())
	},
	"huber": func(c *call) graph.Value {
		return nn.HuberLoss{Delta: c.n("delta", -1, 1), Reduction: c.reduction()}.Forward(c.x(), c.target())
	},
	"bce": bce, "binary_cross_entropy": bce,
	"bce_with_logits": logits, "binary_cross_entropy_with_logits": logits,
	"kl_div": func(c *call) graph.Value {
		return nn.KLDivLoss{LogTarget: c.is("log_target"), Reduction: c.reduction()}.Forward(c.x(), c.target())
	},
	"poisson_nll": func(c *call) graph.Value {
		plain := c.kw["log_input"] == "False" || !arg(c.builder, "log_input", true)
		l := nn.PoissonNLLLoss{PlainInput: plain, Full: c.is("full"), Eps: c.n("eps", -1, 1e-8), Reduction: c.reduction()}
		return l.Forward(c.x(), c.target())
	},
	"gaussian_nll": func(c *call) graph.Value {
		l := nn.GaussianNLLLoss{Full: c.is("full"), Eps: c.n("eps", -1, 1e-6), Reduction: c.reduction()}
		return l.Forward(c.x(), c.target(), c.v(2, "var", "variance"))
	},
	"soft_margin": func(c *call) graph.Value {
		return nn.SoftMarginLoss{Reduction: c.reduction()}.Forward(c.x(), c.target())
	},
	"multilabel_soft_margin": func(c *call) graph.Value {
		return nn.MultiLabelSoftMarginLoss{Weight: c.tensor("weight"), Reduction: c.reduction()}.Forward(c.x(), c.target())
	},
	"multilabel_margin": func(c *call) graph.Value {
		return nn.MultiLabelMarginLoss{Reduction: c.reduction()}.Forward(c.x(), c.target())
	},
	"triplet_margin_with_distance": func(c *call) graph.Value {
		l := nn.TripletMarginWithDistanceLoss{Margin: c.n("margin", -1, 1), Swap: c.is("swap"), Reduction: c.reduction()}
		return l.Forward(c.v(0, "anchor", "a"), c.v(1, "positive", "p"), c.v(2, "negative", "n"))
	},
	"hinge_embedding": func(c *call) graph.Value {
		return nn.HingeEmbeddingLoss{Margin: c.n("margin", -1, 1), Reduction: c.reduction()}.Forward(c.x(), c.target())
	},
	"sigmoid_focal": func(c *call) graph.Value {
		l := nn.SigmoidFocalLoss{Alpha: c.n("alpha", -1, 0.25), Gamma: c.n("gamma", -1, 2), Reduction: nn.None}
		if c.word("reduction", "none") != "none" {
			l.Reduction = c.reduction()
		}
		return l.Forward(c.x(), c.target())
	},
	"cross_entropy": func(c *call) graph.Value {
		ignore, zero := c.ignore()
		l := nn.CrossEntropyLoss{Weight: c.tensor("weight"), IgnoreIndex: ignore, IgnoreZero: zero,
			LabelSmoothing: c.n("label_smoothing", -1, 0), Reduction: c.reduction()}
		return l.Forward(c.x(), c.target())
	},
	"nll": func(c *call) graph.Value {
		ignore, zero := c.ignore()
		return nn.NLLLoss{Weight: c.tensor("weight"), IgnoreIndex: ignore, IgnoreZero: zero, Reduction: c.reduction()}.Forward(c.x(), c.target())
	},
	"multi_margin": func(c *call) graph.Value {
		l := nn.MultiMarginLoss{P: int(c.n("p", -1, 1)), Margin: c.n("margin", -1, 1), Weight: c.tensor("weight"), Reduction: c.reduction()}
		return l.Forward(c.x(), c.target())
	},
	"cosine_embedding": func(c *call) graph.Value {
		l := nn.CosineEmbeddingLoss{Margin: c.n("margin", -1, 0), Reduction: c.reduction()}
		return l.Forward(c.v(0, "input1", "x1", "a"), c.v(1, "input2", "x2", "b"), c.v(2, "target", "y"))
	},
	"margin_ranking": func(c *call) graph.Value {
		l := nn.MarginRankingLoss{Margin: c.n("margin", -1, 0), Reduction: c.reduction()}
		return l.Forward(c.v(0, "input1", "x1", "a"), c.v(1, "input2", "x2", "b"), c.v(2, "target", "y"))
	},
	"triplet_margin": func(c *call) graph.Value {
		l := nn.TripletMarginLoss{Margin: c.n("margin", -1, 1), P: c.n("p", -1, 2), Eps: c.n("eps", -1, 1e-6), Swap: c.is("swap"), Reduction: c.reduction()}
		return l.Forward(c.v(0, "anchor", "a"), c.v(1, "positive", "p"), c.v(2, "negative", "n"))
	},
}

func init() {
	for name, f := range losses {
		calls[plain(name)] = f
	}
}

func (c *call) target() graph.Value { return c.v(1, "target", "t", "y") }

func (c *call) reduction() nn.Reduction {
	how := c.word("reduction", "mean")
	r, ok := map[string]nn.Reduction{"mean": nn.Mean, "sum": nn.Sum, "none": nn.None, "batchmean": nn.BatchMean}[how]
	if !ok {
		c.miss("reduction %s", how)
	}
	return r
}

// ignore is the label that counts nothing.
func (c *call) ignore() (index int, zero bool) {
	index = int(c.n("ignore_index", -1, graph.IgnoreIndex))
	return index, index == 0
}

func bce(c *call) graph.Value {
	return nn.BCELoss{Weight: c.tensor("weight"), Reduction: c.reduction()}.Forward(c.x(), c.target())
}

func logits(c *call) graph.Value {
	l := nn.BCEWithLogitsLoss{Weight: c.tensor("weight"), PosWeight: c.tensor("pos_weight"), Reduction: c.reduction()}
	return l.Forward(c.x(), c.target())
}

// bceLogits is binary cross-entropy with logits, element by element.
func bceLogits(x, t graph.Value) graph.Value {
	return nn.BCEWithLogitsLoss{Reduction: nn.None}.Forward(x, t)
}
