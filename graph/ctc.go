package graph

import "github.com/vulgo-ml/vulgo/cpuref"

// CTCLoss is, of log probabilities v [T, N, C], the negative logarithm of the
// probability of labels int32 [N, S] laid along the steps in any way; steps and
// lengths, int32 [N], say how many steps and labels of each sample count: [N].
// nn.CTCLoss is the comfortable form.
func (v Value) CTCLoss(labels, steps, lengths Value, a cpuref.CTCAttrs) Value {
	return v.op("ctc_loss", a, labels, steps, lengths)
}
