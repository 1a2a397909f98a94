package train

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/vulgo-ml/vulgo/data"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

var names [16]string

func init() {
	for i := range names {
		names[i] = fmt.Sprintf("in%d", i)
	}
}

func (r *Run) feed(batch []*tensor.Tensor) engine.Feeds {
	for i, t := range batch {
		r.feeds[names[i]] = t
	}
	return r.feeds
}

// started is a step under way.
type started struct {
	t        *engine.Ticket
	info     Step
	examples int
}

// Train runs the epochs of Fit.Epochs, or the steps of Fit.Steps. Losses are read a step late, so that the next batch is
// made and copied while a step computes.
func (r *Run) Train(ctx context.Context) error {
	f := &r.Fit
	if f.Data == nil {
		return fmt.Errorf("train: Fit.Data is missing")
	}
	r.began = time.Now()
	for epoch := 0; f.Epochs == 0 || epoch < f.Epochs; epoch++ {
		done, err := r.epoch(ctx, epoch)
		if err != nil {
			return err
		}
		if done {
			return nil
		}
	}
	return nil
}

func (r *Run) epoch(ctx context.Context, epoch int) (done bool, err error) {
	f := &r.Fit
	if err := r.trainCarry.reset(r.State); err != nil {
		return false, err
	}
	var last *started
	var sum, weight float64
	finish := func() error {
		if last == nil {
			return nil
		}
		s := last
		last = nil
		if err := r.report(s); err != nil {
			return err
		}
		sum += s.info.Loss * float64(s.examples)
		weight += float64(s.examples)
		return nil
	}
	for batch, err := range f.Data.From(epoch, 0) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			if e := finish(); e != nil {
				return false, e
			}
			return false, err
		}
		next, err := r.begin(epoch, batch)
		if err != nil {
			return false, err
		}
		if err := finish(); err != nil {
			return false, err
		}
		last = next
		if done = f.Steps > 0 && r.Done >= f.Steps; done {
			break
		}
	}
	if err := finish(); err != nil {
		return false, err
	}
	if weight == 0 {
		return false, fmt.Errorf("train: epoch %d of Fit.Data has no batches", epoch+1)
	}
	return done, r.endEpoch(epoch, sum/weight)
}

func (r *Run) begin(epoch int, batch []*tensor.Tensor) (*started, error) {
	at := r.Done
	if r.Fit.PerEpoch {
		at = epoch
	}
	for i, rate := range r.Rule.Rates {
		lr := rate.Base
		if r.Fit.Schedule != nil {
			lr = r.Fit.Schedule.Rate(lr, at)
		}
		r.rates[i].F32[0] = float32(lr)
	}
	t, err := r.step.Run(r.feed(batch))
	if err != nil {
		return nil, err
	}
	n := examples(batch)
	s := &started{t: t, examples: n, info: Step{Step: r.Done, Epoch: epoch, Examples: n}}
	r.Done++
	return s, nil
}

// examples is a batch's size: its targets', which for streams counts every step.
func examples(batch []*tensor.Tensor) int {
	last := batch[len(batch)-1]
	if last.DType == tensor.Int32 {
		return last.Elems()
	}
	return max(1, batch[0].Shape[0])
}

func (r *Run) report(s *started) error {
	loss, err := s.t.Scalar("loss")
	if err != nil {
		return err
	}
	s.info.Loss = float64(loss)
	if r.Fit.ClipNorm > 0 {
		norm, err := s.t.Scalar("norm")
		if err != nil {
			return err
		}
		s.info.Norm = float64(norm)
	}
	s.info.Seconds = time.Since(r.began).Seconds()
	r.Losses = append(r.Losses, s.info.Loss)
	if r.Fit.OnStep != nil {
		r.Fit.OnStep(s.info)
	}
	if math.IsNaN(s.info.Loss) || math.IsInf(s.info.Loss, 0) {
		return fmt.Errorf("train: the loss is %v at step %d; lower the learning rate, clip the gradients (ClipNorm) or look for a logarithm or division of zero", s.info.Loss, s.info.Step)
	}
	return nil
}

func (r *Run) endEpoch(epoch int, loss float64) error {
	e := Epoch{Epoch: epoch + 1, Step: r.Done, TrainLoss: loss}
	if r.Fit.Valid != nil {
		var err error
		if e.Valid, err = r.Evaluate(r.Fit.Valid); err != nil {
			return err
		}
	}
	if o, ok := r.Fit.Schedule.(optim.Observer); ok {
		metric := e.TrainLoss
		if r.Fit.Valid != nil {
			metric = e.Valid.Loss
		}
		o.Observe(metric)
	}
	e.Seconds = time.Since(r.began).Seconds()
	r.Epochs = append(r.Epochs, e)
	if r.Fit.OnEpoch != nil {
		return r.Fit.OnEpoch(e)
	}
	return nil
}

// Result is an evaluation: the mean loss and metrics over all examples, the
// last, partial batch included.
type Result struct {
	Loss     float64
	Metrics  map[string]float64
	Examples int
}

// Evaluate is the loss and the metrics over one pass of a source, with layers in
// evaluation mode and the weights as they are.
func (r *Run) Evaluate(src data.Source) (Result, error) {
	res := Result{Metrics: map[string]float64{}}
	first := true
	for batch, err := range src.From(0, 0) {
		if err != nil {
			return res, err
		}
		t, err := r.eval.Run(r.feed(batch))
		if err != nil {
			return res, err
		}
		if first { // the carried values exist once the first batch is compiled
			if first = false; len(r.evalCarry.vars) > 0 {
				if err := r.evalCarry.reset(r.State); err != nil {
					return res, err
				}
				if t, err = r.eval.Run(r.feed(batch)); err != nil {
					return res, err
				}
			}
		}
		n := examples(batch)
		loss, err := t.Scalar("loss")
		if err != nil {
			return res, err
		}
		res.Loss += float64(loss) * float64(n)
		for _, m := range r.evalMetrics {
			v, err := t.Scalar(m)
			if err != nil {
				return res, err
			}
			res.Metrics[m] += float64(v) * float64(n)
		}
		res.Examples += n
	}
	if res.Examples == 0 {
		return res, fmt.Errorf("train: nothing to evaluate")
	}
	res.Loss /= float64(res.Examples)
	for m := range res.Metrics {
		res.Metrics[m] /= float64(res.Examples)
	}
	return res, nil
}
