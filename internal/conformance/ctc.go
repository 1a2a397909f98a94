package conformance

import (
	"slices"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

func init() { calls["ctc"] = ctc }

// ctc is torch.nn.functional.ctc_loss: log probabilities [T, N, C] or [T, C],
// labels [N, S], or one after the other, and how many steps and labels count.
func ctc(c *call) graph.Value {
	x := c.v(0, "log_probs", "x", "input")
	if !x.Valid() {
		return c.miss("ctc_loss without log_probs")
	}
	// PyTorch takes log_probs for a log_softmax's, and gives its gradient: e^x on top
	// of the loss's own. That of a log_softmax here comes to the same.
	for _, g := range c.c.Given {
		if g.Kind == "input" && c.at(g.Name) == x {
			sum := x.Exp().Sum(-1).Unsqueeze(-1)
			x = x.Sub(sum.Sub(sum.Detach()))
			break
		}
	}
	single := len(x.Shape()) == 2
	if single {
		x = x.Unsqueeze(1)
	}
	steps, lengths := c.counts("input_lengths"), c.counts("target_lengths")
	labels := c.tensor("targets")
	if labels == nil {
		labels = c.tensor("target")
	}
	if labels == nil || len(steps) != x.Dim(1) || len(lengths) != x.Dim(1) {
		return c.miss("ctc_loss with %d input_lengths and %d target_lengths for %v", len(steps), len(lengths), x.Shape())
	}
	l := nn.CTCLoss{Blank: int(c.n("blank", -1, 0)), ZeroInfinity: c.is("zero_infinity"), Reduction: c.reduction()}
	y := l.Forward(x, c.Const(byRow(labels, lengths)), c.Const(tensor.FromI32(steps, len(steps))), c.Const(tensor.FromI32(lengths, len(lengths))))
	if single && len(y.Shape()) == 1 {
		y = y.Squeeze(0)
	}
	return y
}

// counts are whole numbers, given or among the arguments.
func (c *call) counts(name string) (out []int32) {
	t := c.tensor(name)
	for i := 0; t != nil && i < t.Elems(); i++ {
		out = append(out, int32(t.At(i)))
	}
	return out
}

// byRow lays labels that stand one after the other in rows of one length.
func byRow(labels *tensor.Tensor, lengths []int32) *tensor.Tensor {
	width := int(slices.Max(lengths))
	rows, off := make([]int32, width*len(lengths)), 0
	if len(labels.Shape) == 2 {
		width = labels.Shape[1]
		rows = make([]int32, width*len(lengths))
	}
	for n, l := range lengths {
		for i := range int(l) {
			rows[n*width+i] = int32(labels.At(off + i))
		}
		if off += int(l); len(labels.Shape) == 2 {
			off = (n + 1) * width
		}
	}
	return tensor.FromI32(rows, len(lengths), width)
}
