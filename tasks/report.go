package tasks

import (
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/vulgo-ml/vulgo/checkpoint"
	"github.com/vulgo-ml/vulgo/train"
)

// Report is what a training did; report.json holds it.
type Report struct {
	Task        string  `json:"task"`
	Device      string  `json:"device"`
	Driver      string  `json:"driver"`
	Seed        uint64  `json:"seed"`
	Data        string  `json:"data"`
	Batch       int     `json:"batch"`
	LR          float64 `json:"lr"`
	Parameters  int     `json:"parameters"`
	Epochs      int     `json:"epochs"`
	Steps       int     `json:"steps"`
	Seconds     float64 `json:"seconds"`
	Interrupted bool    `json:"interrupted,omitempty"`
	// Metrics are by split ("train", "test") and name; NaNs are left out.
	Metrics map[string]map[string]float64 `json:"metrics"`
	ByEpoch []EpochReport                 `json:"by_epoch"`
	Files   []string                      `json:"files"`

	Losses []float64 `json:"-"` // by step
	out    string
}

// EpochReport is what was measured after an epoch.
type EpochReport struct {
	Epoch   int                           `json:"epoch"`
	Step    int                           `json:"step"`
	Seconds float64                       `json:"seconds"`
	Metrics map[string]map[string]float64 `json:"metrics"`
}

func (j *job) report(r *train.Run, o *Options, stopped bool) *Report {
	rep := &Report{
		Task: j.task, Device: o.Device.Name, Driver: o.Device.Driver, Seed: j.fit.Seed, Data: j.about,
		Batch: j.batch, LR: j.fit.Optimizer.Rate(), Epochs: len(r.Epochs), Steps: r.Done,
		Interrupted: stopped, Metrics: map[string]map[string]float64{}, Losses: r.Losses, ByEpoch: []EpochReport{}, out: o.Out,
	}
	for _, v := range r.Vars {
		rep.Parameters += v.Type.Elems()
	}
	for _, e := range r.Epochs {
		er := EpochReport{Epoch: e.Epoch, Step: e.Step, Seconds: e.Seconds, Metrics: map[string]map[string]float64{}}
		set(er.Metrics, "train", "loss", e.TrainLoss)
		setResult(er.Metrics, "test", e.Valid)
		rep.ByEpoch = append(rep.ByEpoch, er)
	}
	if n := len(r.Epochs); n > 0 {
		setResult(rep.Metrics, "test", r.Epochs[n-1].Valid)
	}
	last := r.Losses[max(0, len(r.Losses)-100):]
	var sum float64
	for _, l := range last {
		sum += l
	}
	set(rep.Metrics, "train", "loss_last_100_steps", sum/float64(len(last)))
	return rep
}

func set(m map[string]map[string]float64, split, name string, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	if m[split] == nil {
		m[split] = map[string]float64{}
	}
	m[split][name] = v
}

func setResult(m map[string]map[string]float64, split string, res train.Result) {
	if res.Examples == 0 {
		return
	}
	set(m, split, "loss", res.Loss)
	set(m, split, "examples", float64(res.Examples))
	for name, v := range res.Metrics {
		set(m, split, name, v)
	}
}

func (rep *Report) write(path string) error {
	rep.Files = append(rep.Files, path)
	text, err := json.MarshalIndent(rep, "", "  ")
	if err == nil {
		err = checkpoint.Atomic(path, func(w io.Writer) error {
			_, err := w.Write(append(text, '\n'))
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("tasks: the report: %w", err)
	}
	return nil
}
