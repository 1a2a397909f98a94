package graph

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/kernels"
)

// op applies the table's op of that name and gives its first output.
func (v Value) op(name string, attrs any, more ...Value) Value {
	return v.ops(name, attrs, more...)[0]
}

func (v Value) ops(name string, attrs any, more ...Value) []Value {
	g := v.g
	for i := 0; g == nil && i < len(more); i++ {
		g = more[i].g
	}
	if g == nil {
		return make([]Value, 8)
	}
	if v.g == nil && g.err == nil {
		g.Fail(fmt.Errorf("%s: the first operand is absent", name))
	}
	return g.Apply(kernels.Lookup(name), attrs, append([]Value{v}, more...)...)
}

// Detach is v without a gradient.
func (v Value) Detach() Value { return v.op("detach", nil) }

// axis counts a negative axis from the end.
func (v Value) axis(a int) int {
	if a < 0 {
		return a + len(v.Shape())
	}
	return a
}

// Softmax is e^v / sum of e^v along an axis.
func (v Value) Softmax(axis int) Value {
	return v.op("softmax", cpuref.AxisAttrs{Axis: v.axis(axis)})
}

// LogSoftmax is the logarithm of Softmax.
func (v Value) LogSoftmax(axis int) Value {
	return v.op("log_softmax", cpuref.AxisAttrs{Axis: v.axis(axis)})
}

// CrossEntropyEach is, for logits [N, C] and int32 labels [N], the loss of each
// row: log sum exp(row) - row[label]. Labels of -100 give 0, as in PyTorch.
func (v Value) CrossEntropyEach(labels Value) Value {
	return v.op("cross_entropy", cpuref.CrossEntropyAttrs{IgnoreIndex: IgnoreIndex}, labels)
}

// IgnoreIndex is the label that losses leave out.
const IgnoreIndex = -100

// Embed picks rows of the table v [V, D] by int32 indexes: [.., D].
func (v Value) Embed(idx Value) Value { return v.op("embedding", nil, idx) }
