// Package metrics measures predictions: accuracy, confusion matrix, means,
// perplexity. A metric's zero value is ready; Add takes a batch.
package metrics

import (
	"fmt"
	"math"
	"strings"

	"github.com/vulgo-ml/vulgo/tensor"
)

// Argmax is the index of each row's largest element, the first of equals; -1 for
// a row with a NaN, which no label equals. The shape is [N C].
func Argmax(scores *tensor.Tensor) ([]int, error) {
	if len(scores.Shape) != 2 || !scores.DType.IsFloat() || scores.Shape[1] == 0 {
		return nil, fmt.Errorf("metrics: scores are floats of shape [N C], not %v", scores.Type)
	}
	out := make([]int, scores.Shape[0])
	c := scores.Shape[1]
	for i := range out {
		for j := range c {
			v := scores.At(i*c + j)
			if math.IsNaN(v) {
				out[i] = -1
				break
			}
			if v > scores.At(i*c+out[i]) {
				out[i] = j
			}
		}
	}
	return out, nil
}

// Accuracy is the share of examples whose largest score is at their label.
type Accuracy struct{ Right, Total int }

// Add counts a batch: scores [N C], labels int32[N].
func (a *Accuracy) Add(scores, labels *tensor.Tensor) error {
	return each(scores, labels, func(label, predicted int) error {
		a.Total++
		if label == predicted {
			a.Right++
		}
		return nil
	})
}

// Value is Right/Total, NaN before the first example.
func (a *Accuracy) Value() float64 { return float64(a.Right) / float64(a.Total) }

func (a *Accuracy) String() string {
	return fmt.Sprintf("%.2f %% (%d of %d)", 100*a.Value(), a.Right, a.Total)
}

// Confusion counts examples by label (row) and prediction (column).
type Confusion struct {
	Counts [][]int
	NaN    int // examples whose scores held a NaN: no prediction
}

// Add counts a batch: scores [N C], labels int32[N], each below C.
func (m *Confusion) Add(scores, labels *tensor.Tensor) error {
	if len(m.Counts) == 0 && len(scores.Shape) == 2 {
		m.Counts = make([][]int, scores.Shape[1])
		for i := range m.Counts {
			m.Counts[i] = make([]int, scores.Shape[1])
		}
	}
	return each(scores, labels, func(label, predicted int) error {
		if label < 0 || label >= len(m.Counts) || predicted >= len(m.Counts) {
			return fmt.Errorf("metrics: label %d, prediction %d of %d classes", label, predicted, len(m.Counts))
		}
		if predicted < 0 {
			m.NaN++
		} else {
			m.Counts[label][predicted]++
		}
		return nil
	})
}

// Accuracy is the diagonal's share; an example with NaN scores counts as wrong.
func (m *Confusion) Accuracy() Accuracy {
	a := Accuracy{Total: m.NaN}
	for i, row := range m.Counts {
		for j, n := range row {
			a.Total += n
			if i == j {
				a.Right += n
			}
		}
	}
	return a
}

// Recall is, of the examples with that label, the share predicted so; NaN
// without examples. Examples with NaN scores are left out.
func (m *Confusion) Recall(label int) float64 {
	total := 0
	for _, n := range m.Counts[label] {
		total += n
	}
	return float64(m.Counts[label][label]) / float64(total)
}

// Precision is, of the examples predicted so, the share with that label; NaN
// without examples.
func (m *Confusion) Precision(label int) float64 {
	total := 0
	for _, row := range m.Counts {
		total += row[label]
	}
	return float64(m.Counts[label][label]) / float64(total)
}

// String is the counts as a table.
func (m *Confusion) String() string {
	var b strings.Builder
	b.WriteString("label")
	for j := range m.Counts {
		fmt.Fprintf(&b, "%6d", j)
	}
	for i, row := range m.Counts {
		fmt.Fprintf(&b, "\n%5d", i)
		for _, n := range row {
			fmt.Fprintf(&b, "%6d", n)
		}
	}
	return b.String()
}

func each(scores, labels *tensor.Tensor, f func(label, predicted int) error) error {
	predicted, err := Argmax(scores)
	if err != nil {
		return err
	}
	if labels.DType != tensor.Int32 || !labels.Shape.Equal(tensor.Shape{len(predicted)}) {
		return fmt.Errorf("metrics: labels of scores %v are int32[%d], not %v", scores.Type, len(predicted), labels.Type)
	}
	for i, p := range predicted {
		if err := f(int(labels.I32[i]), p); err != nil {
			return err
		}
	}
	return nil
}

// Mean is a weighted mean; a NaN among the values makes it NaN.
type Mean struct{ Sum, Weight float64 }

// Add takes a value that stands for weight examples.
func (m *Mean) Add(value, weight float64) {
	m.Sum += value * weight
	m.Weight += weight
}

// Value is Sum/Weight, NaN before the first value.
func (m *Mean) Value() float64 { return m.Sum / m.Weight }

// Perplexity is e^nats, of a mean cross-entropy in nats.
func Perplexity(nats float64) float64 { return math.Exp(nats) }
