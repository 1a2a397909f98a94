package tasks

import (
	"errors"
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/checkpoint"
	"github.com/vulgo-ml/vulgo/data"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Prediction is what a model says of a picture.
type Prediction struct {
	Digit         int
	Probabilities []float64 // by digit
}

// PictureFile reads a PNG of one digit for Predict.
func PictureFile(path string) (*tensor.Tensor, error) {
	return data.ReadPNGFile(path, digitSize, digitSize)
}

// TestPicture is a picture of a test set for Predict, and its label: of the IDX
// files in a folder, or of the glyphs that a seed draws.
func TestPicture(dir string, seed uint64, index int) (*tensor.Tensor, int, error) {
	var test *data.Images
	about, err := "the glyphs", error(nil)
	if dir == "" {
		// the first pictures of more are the same
		_, test, err = data.Glyphs(seed, 0, min(max(index+1, 1), glyphsTest))
	} else {
		_, test, about, err = digitSets(dir, seed)
	}
	if err != nil {
		return nil, 0, err
	}
	if index < 0 || index >= test.Len() {
		return nil, 0, fmt.Errorf("tasks: no picture %d in the test set of %s: it has %d, counted from 0", index, about, test.Len())
	}
	picture, label := tensor.New(tensor.F32(1, digitSize, digitSize)), tensor.New(tensor.I32())
	if err := test.Example(index, nil, []*tensor.Tensor{picture, label}); err != nil {
		return nil, 0, err
	}
	picture.Shape = tensor.Shape{1, 1, digitSize, digitSize}
	return picture, int(label.I32[0]), nil
}

// Predict runs a picture [1 1 28 28] through a model of the task digits.
func Predict(dev *engine.Device, model string, picture *tensor.Tensor) (p *Prediction, err error) {
	_, meta, err := checkpoint.Inspect(model)
	if err != nil {
		return nil, err
	}
	if meta["task"] != "digits" {
		return nil, fmt.Errorf("tasks: %s: not a model of the task digits (its metadata says task %q); make one with: vulgo train digits", model, meta["task"])
	}
	net := NewDigitsNet()
	st, err := open(dev, model, net)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	f := scores(st, net)
	defer func() { err = errors.Join(err, f.Close()) }()
	t, err := f.Run(engine.Feeds{"in0": picture})
	if err != nil {
		return nil, err
	}
	out, err := t.Tensor("scores")
	if err != nil {
		return nil, err
	}
	return predicted(out.F32), nil
}

func predicted(scores []float32) *Prediction {
	p := &Prediction{}
	for i, v := range scores {
		if v > scores[p.Digit] {
			p.Digit = i
		}
	}
	var sum float64
	for _, v := range scores {
		e := math.Exp(float64(v) - float64(scores[p.Digit]))
		p.Probabilities = append(p.Probabilities, e)
		sum += e
	}
	for i := range p.Probabilities {
		p.Probabilities[i] /= sum
	}
	return p
}
