// Package stats holds a benchmark's result, what its samples say, and how two
// runs compare.
package stats

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// Result is what was measured of one row on one device, and a line of the JSON
// file. Times are in nanoseconds a run.
type Result struct {
	Name    string `json:"name"`              // "matmul/512x512x512", "train/mlp"
	Device  string `json:"device"`            // as the driver calls it
	Driver  string `json:"driver,omitempty"`  // with its version
	Host    string `json:"host,omitempty"`    // Go's version, system and threads
	DType   string `json:"dtype"`             // "float32"
	Variant string `json:"variant,omitempty"` // the kernel, where one op is timed
	Peer    string `json:"peer,omitempty"`    // who computed; empty: vulgo
	Threads int    `json:"threads,omitempty"` // a peer's

	// A peer's: our median in the same pairs of samples, and its time by ours, pair
	// by pair, with the 95 % confidence interval. Above 1, ours is faster.
	OursNS  float64 `json:"ours_ns,omitempty"`
	Ratio   float64 `json:"ratio,omitempty"`
	RatioLo float64 `json:"ratio_lo,omitempty"`
	RatioHi float64 `json:"ratio_hi,omitempty"`

	Reps    int       `json:"reps"`       // runs in all samples
	Samples []float64 `json:"samples_ns"` // in the order they were taken

	MedianNS float64 `json:"median_ns"`
	LoNS     float64 `json:"lo_ns"` // the median's 95 % confidence interval
	HiNS     float64 `json:"hi_ns"`
	MinNS    float64 `json:"min_ns"`
	Outliers int     `json:"outliers"`            // samples far above the others
	WorstNS  float64 `json:"worst_ns"`            // the largest sample
	DeviceNS float64 `json:"device_ns,omitempty"` // by the device's own clock; 0: unknown

	Flops  float64 `json:"flops"`         // a run
	Bytes  float64 `json:"bytes"`         // a run: the least that must be moved
	Set    float64 `json:"set,omitempty"` // the memory a run goes over, in bytes; 0: as much as it moves
	Items  int     `json:"items"`         // examples a run
	RelErr float64 `json:"rel_err"`

	Roof   float64 `json:"roof,omitempty"`    // the share of the nearer roof that MedianNS reaches; 0: unknown
	RoofBy string  `json:"roof_by,omitempty"` // that roof: "arithmetic" or "memory"

	Check string `json:"check,omitempty"` // what the result was held to
}

// Key tells which results are of the same work at the same place.
type Key struct{ Name, Device, DType, Variant, Peer string }

// Key is the result's.
func (r *Result) Key() Key { return Key{r.Name, r.Device, r.DType, r.Variant, r.Peer} }

// String names the row and, where they aren't empty, the kernel and the peer.
func (k Key) String() string {
	s := k.Name
	if k.Variant != "" {
		s += " " + k.Variant
	}
	if k.Peer != "" {
		s += " by " + k.Peer
	}
	return s
}

// Measured sets what follows from the samples; reps is how many runs each holds.
func (r *Result) Measured(samples []float64, reps int) {
	r.Samples, r.Reps = samples, reps*len(samples)
	s := Summarise(samples)
	r.MedianNS, r.LoNS, r.HiNS, r.MinNS = s.Median, s.Lo, s.Hi, s.Min
	r.Outliers, r.WorstNS = s.Outliers, s.Worst
}

// Write appends a line.
func (r *Result) Write(w io.Writer) error {
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("row %s: %w", r.Name, err)
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// Read gives all lines; its error has the line's number.
func Read(from io.Reader) ([]Result, error) {
	in := bufio.NewScanner(from)
	in.Buffer(nil, 1<<28)
	var all []Result
	for n := 1; in.Scan(); n++ {
		if len(in.Bytes()) == 0 {
			continue
		}
		var r Result
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if r.Name == "" {
			return nil, fmt.Errorf("line %d: a result without a name", n)
		}
		all = append(all, r)
	}
	return all, in.Err()
}
