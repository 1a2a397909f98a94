package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/peers"
	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/tensor"
)

// versus times rows next to peers: ours, theirs, ours, theirs.
type versus struct {
	devs    []*engine.Device
	out     *printer
	stderr  io.Writer
	timing  peers.Timing
	threads int

	found   []peers.Command
	running map[string]*peers.Peer

	pairs, failed int
	lacking       map[string]int // rows that a peer doesn't have
}

// comparePeers is bench with -peers.
func comparePeers(ctx context.Context, o options, devs []*engine.Device, p *printer, stderr io.Writer, rows []row) error {
	found, missing, err := peers.Find(ctx, o.peers)
	if err != nil {
		return fmt.Errorf("-peers: %w", err)
	}
	for _, m := range missing {
		fmt.Fprintf(stderr, "bench: peer %s is left out: %s\n", m.Name, m.Why)
	}
	if len(found) == 0 {
		return errors.New("-peers: none is there")
	}
	count := o.count
	if count == 0 {
		count = samplesUsual
	}
	v := newVersus(found, devs, p, stderr, peers.Timing{Time: o.time, Count: count})
	defer v.close()
	return v.all(ctx, rows)
}

func newVersus(found []peers.Command, devs []*engine.Device, p *printer, stderr io.Writer, t peers.Timing) *versus {
	return &versus{
		devs: devs, out: p, stderr: stderr, timing: t, threads: runtime.GOMAXPROCS(0), found: found,
		running: map[string]*peers.Peer{}, lacking: map[string]int{},
	}
}

func (v *versus) close() {
	for _, p := range v.running {
		p.Close()
	}
}

// start runs every peer, so that the header can name their versions. One that
// doesn't start is left out.
func (v *versus) start(ctx context.Context) error {
	var up []peers.Command
	for _, c := range v.found {
		p, err := peers.Start(ctx, c, v.threads)
		if err != nil {
			fmt.Fprintf(v.stderr, "bench: peer %s is left out: %v\n", c.Name, err)
			continue
		}
		v.running[c.Name], up = p, append(up, c)
	}
	if v.found = up; len(up) == 0 {
		return errors.New("-peers: none starts")
	}
	return nil
}

func (v *versus) all(ctx context.Context, rows []row) error {
	if err := v.start(ctx); err != nil {
		return err
	}
	var names []string
	for _, c := range v.found {
		p := v.running[c.Name]
		names = append(names, fmt.Sprintf("%s: %s %s on %s", c.Name, p.Name, p.Version, strings.Join(p.Devices, ", ")))
	}
	v.out.against(names, v.threads, rows)
	for i, one := range rows {
		for _, dev := range v.devs {
			err := v.row(ctx, one, dev)
			switch {
			case ctx.Err() != nil:
				return fmt.Errorf("interrupted at %s, %d of %d rows done: %w", one.name, i, len(rows), ctx.Err())
			case errors.Is(err, engine.ErrDeviceLost):
				return fmt.Errorf("%s, %d of %d rows done: %w", one.name, i, len(rows), err)
			case err != nil:
				v.failed++
				fmt.Fprintf(v.stderr, "bench: %s: %v\n", one.name, err)
			}
		}
	}
	for _, c := range v.found {
		if n := v.lacking[c.Name]; n > 0 {
			fmt.Fprintf(v.stderr, "bench: %s doesn't have %d of the %d rows\n", c.Name, n, len(rows)*len(v.devs))
		}
	}
	switch {
	case v.failed > 0:
		return fmt.Errorf("%d comparisons failed", v.failed)
	case v.pairs == 0:
		return errors.New("-peers: none has any of the rows")
	}
	return nil
}

// row compares every peer that has the row. Its error is ours; a peer's is
// reported and counted.
func (v *versus) row(ctx context.Context, one row, dev *engine.Device) error {
	dir, err := os.MkdirTemp("", "vulgo-peers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	work, ours, err := v.workload(one, dev, dir)
	if err != nil {
		return err
	}
	// Nothing is verified or made ready for a row that no peer has.
	var able []peers.Command
	for _, c := range v.found {
		p, err := v.peer(ctx, c)
		if err == nil {
			work.Device = "cpu"
			err = p.Prepare(work)
		}
		switch {
		case err == nil:
			able = append(able, c)
		case errors.Is(err, peers.ErrLacks):
			v.lacking[c.Name]++
		case ctx.Err() != nil:
			return ctx.Err()
		default:
			v.fails(one, err)
		}
	}
	if len(able) == 0 {
		return nil
	}
	jobs, err := one.begin(setup{dtype: tensor.Float32})(ctx, dev)
	if err != nil {
		return err
	}
	defer jobs[0].close()
	for _, c := range able {
		for _, place := range v.running[c.Name].Devices {
			if err := v.against(ctx, one, dev, jobs[0], c, place, work, ours); err != nil {
				return err
			}
		}
	}
	return nil
}

// peer gives a running peer; one that died is started again.
func (v *versus) peer(ctx context.Context, c peers.Command) (*peers.Peer, error) {
	if p := v.running[c.Name]; !p.Dead() {
		return p, nil
	}
	p, err := peers.Start(ctx, c, v.threads)
	if err == nil {
		v.running[c.Name] = p
	}
	return p, err
}

func (v *versus) fails(one row, err error) {
	v.failed++
	fmt.Fprintf(v.stderr, "bench: %s: %v\n", one.name, err)
}

// against compares one peer on one of its devices. Its error is ours.
func (v *versus) against(ctx context.Context, one row, dev *engine.Device, j *job, c peers.Command, place string, work *peers.Workload, ours []*tensor.Tensor) error {
	name := c.Name
	if place != "cpu" {
		name += " " + place
	}
	p, err := v.peer(ctx, c)
	if err == nil {
		work.Device = place
		for _, a := range work.Out {
			os.Remove(a.File) // another's result
		}
		err = p.Prepare(work)
	}
	if errors.Is(err, peers.ErrLacks) {
		return nil
	}
	relErr := 0.0
	if err == nil {
		relErr, err = agree(name, one, place, work, ours)
	}
	timing := v.timing
	timing.Rest = c.Rest
	threads := 0
	if err == nil && place == "cpu" {
		threads, err = peers.Best(ctx, p.Use, p.Run, min(v.threads, max(p.Threads, 1)), timing)
	}
	var pairs *peers.Pairs
	if err == nil {
		run := func(n int) (time.Duration, error) { return j.sample(ctx, n) }
		pairs, err = peers.Measure(ctx, run, p.Run, timing)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, engine.ErrDeviceLost):
		return err
	case err != nil:
		v.fails(one, err)
		return nil
	}
	v.pairs++
	mine := stats.Result{
		Name: one.name, Device: dev.Name, Driver: dev.Driver, Host: host(), DType: "float32", Variant: j.variant, Threads: v.threads,
		Flops: j.cost.Flops, Bytes: j.cost.Bytes, Items: one.items, RelErr: j.relErr, Check: j.check,
	}
	mine.Measured(pairs.Ours, pairs.OurReps)
	theirs := mine
	theirs.Peer, theirs.Variant, theirs.Threads, theirs.RelErr, theirs.Check = name, "", threads, relErr, "ours"
	theirs.Measured(pairs.Theirs, pairs.TheirReps)
	theirs.OursNS, theirs.Ratio, theirs.RatioLo, theirs.RatioHi = mine.MedianNS, pairs.Ratio.Median, pairs.Ratio.Lo, pairs.Ratio.Hi
	return v.out.pair(&mine, &theirs)
}
