package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/tasks"
)

func (c *cli) flags(name, args string) *flag.FlagSet {
	fs := flag.NewFlagSet(name+" "+args, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // main prints the error; only -h prints the flags
	fs.Usage = func() {}
	return fs
}

// parse reads flags before, between and after the other words, which it returns.
func (c *cli) parse(fs *flag.FlagSet, args []string) ([]string, error) {
	var words []string
	for {
		if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(c.out, "usage: vulgo %s\n", fs.Name())
			fs.SetOutput(c.out)
			fs.PrintDefaults()
			return nil, err
		} else if err != nil {
			return nil, usageError{err}
		}
		if fs.NArg() == 0 {
			return words, nil
		}
		words, args = append(words, fs.Arg(0)), fs.Args()[1:]
	}
}

func deviceFlag(fs *flag.FlagSet) *string {
	return fs.String("device", "", "auto, cpu, vulkan, vulkan:N or a part of a device's `name`; the default is VULGO_DEVICE, else auto")
}

func seedFlag(fs *flag.FlagSet) *uint64 {
	return fs.Uint64("seed", 1, "of initial weights, order and random pictures")
}

// trainFlags are those that train and demo have in common.
type trainFlags struct {
	device *string
	seed   *uint64
	o      tasks.Options
}

func (c *cli) trainFlags(fs *flag.FlagSet) *trainFlags {
	f := &trainFlags{device: deviceFlag(fs), seed: seedFlag(fs)}
	fs.IntVar(&f.o.Epochs, "epochs", 0, "passes over the data (0: the task's own, or as many as --steps takes)")
	fs.IntVar(&f.o.Steps, "steps", 0, "stop after so many steps (0: no limit but the epochs')")
	fs.IntVar(&f.o.Batch, "batch", 0, "examples a step (0: the task's own)")
	fs.Float64Var(&f.o.LR, "lr", 0, "learning rate (0: the task's own)")
	fs.StringVar(&f.o.Out, "out", "out", "`folder` for the results")
	fs.StringVar(&f.o.Data, "data", "", "digits: a `folder` of IDX files; text: a file of text (default: what is built in)")
	return f
}

// options are the flags' after checking them, with the device open.
func (f *trainFlags) options() (tasks.Options, error) {
	o := f.o
	o.Seed = *f.seed
	switch {
	case o.Epochs < 0 || o.Steps < 0 || o.Batch < 0:
		return o, usagef("--epochs, --steps and --batch must not be negative")
	case !(o.LR >= 0) || math.IsInf(o.LR, 0):
		return o, usagef("--lr %v: a learning rate is a positive number", o.LR)
	}
	var err error
	o.Device, err = engine.Open(*f.device)
	return o, err
}
