package nn

import (
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
)

// CTCLoss is torch.nn.CTCLoss: how unlikely labels are, however they lie along
// the steps, so that speech learns from text that no one has aligned (Graves et
// al., ICML 2006). Blank is the class that means no label. With ZeroInfinity a
// sample whose labels don't fit into its steps counts 0, else +Inf.
type CTCLoss struct {
	Blank        int
	ZeroInfinity bool
	Reduction    Reduction // Mean divides each sample's loss by its number of labels first
}

// Forward takes logProbs [T, N, C] (a LogSoftmax over the classes), labels int32
// [N, S], and int32 [N]: how many steps, and how many labels, of each sample
// count.
func (l CTCLoss) Forward(logProbs, labels, steps, lengths graph.Value) graph.Value {
	loss := logProbs.CTCLoss(labels, steps, lengths, cpuref.CTCAttrs{Blank: l.Blank, ZeroInfinity: l.ZeroInfinity})
	if l.Reduction == Mean && loss.Valid() {
		loss = loss.Div(lengths.Float().Maximum(loss.Graph().Scalar(1)))
	}
	return l.Reduction.of(loss)
}
