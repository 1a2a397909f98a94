package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/peers"
	"github.com/vulgo-ml/vulgo/tensor"
)

// modes is what bench does in place of timing rows.
type modes struct {
	profiles  bool
	tracePath string
	scaling   bool
	plots     string
	peers     string
}

func (m *modes) flags(fs *flag.FlagSet) {
	fs.BoolVar(&m.profiles, "profile", false, "tell where the time of each row's runs goes (without -run: of the training steps)")
	fs.StringVar(&m.tracePath, "trace", "", "profile one row, and write one of its runs to this file as a Chrome trace")
	fs.BoolVar(&m.scaling, "scaling", false, "tell how time grows with batch, width and length, with fitted exponents (-run selects)")
	fs.StringVar(&m.peers, "peers", "", "time rows in turn with other libraries: all, or some of "+strings.Join(peers.Names(), ","))
	fs.StringVar(&m.plots, "plots", ".", "the directory that -scaling writes its plots to")
}

// check completes what the flags say.
func (m *modes) check(o *options) error {
	m.profiles = m.profiles || m.tracePath != ""
	switch {
	case o.report != "":
		return o.checkReport()
	case m.peers != "" && (m.profiles || m.scaling || o.variants || o.dtype != tensor.Float32):
		return errors.New("-peers goes without -profile, -trace, -scaling and -variants, and with float32 alone")
	case m.profiles && m.scaling:
		return errors.New("-scaling goes without -profile and -trace")
	case (m.profiles || m.scaling) && (o.json != "" || o.format != "table"):
		return errors.New("-json and -format are of rows: they go without -profile, -trace and -scaling")
	case (m.scaling || m.tracePath != "") && o.variants:
		return errors.New("-variants goes without -scaling and -trace")
	case m.scaling:
		if s, err := os.Stat(m.plots); err != nil || !s.IsDir() {
			return fmt.Errorf("-plots %s: wants a directory that exists", m.plots)
		}
	case m.profiles && o.pattern == "":
		o.pattern = "^train/"
	}
	return nil
}

// one refuses a trace of several profiles.
func (m *modes) one(profiles int) error {
	if m.tracePath != "" && profiles != 1 {
		return fmt.Errorf("-trace is of one row on one device; -run and -device select %d", profiles)
	}
	return nil
}

// points is how many things are timed for rows on a device.
func (m *modes) points(rows []row) int {
	n := len(rows)
	for _, r := range rows {
		if m.scaling {
			n += len(r.sweep.sizes) - 1
		}
	}
	return n
}

// work does what the modes ask for.
func (r *runner) work(ctx context.Context, rows []row, out io.Writer) error {
	switch {
	case r.profiles:
		return r.profile(ctx, rows, out)
	case r.scaling:
		return r.scale(ctx, rows, out)
	case r.peers != "":
		return comparePeers(ctx, r.options, r.devs, r.out, r.stderr, rows)
	}
	if err := r.measureLimits(ctx, rows); err != nil {
		return err
	}
	return errors.Join(r.all(ctx, rows), r.drawRooflines(out))
}
