package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vulgo-ml/vulgo/tasks"
)

func (c *cli) train(ctx context.Context, args []string) (err error) {
	fs := c.flags("train", strings.Join(tasks.Names(), "|")+" [flags]")
	f := c.trainFlags(fs)
	plan := fs.Bool("plan", false, "print the plan of a training step instead of training")
	words, err := c.parse(fs, args)
	if err != nil {
		return err
	}
	if len(words) != 1 || !slices.Contains(tasks.Names(), words[0]) {
		return usagef("train: one task is wanted of: %s; got %q", strings.Join(tasks.Names(), ", "), words)
	}
	o, err := f.options()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Device.Close()) }()
	if *plan {
		text, err := tasks.Plan(words[0], o)
		if err == nil {
			fmt.Fprint(c.out, text)
		}
		return err
	}
	_, err = c.trainTask(ctx, words[0], o)
	return err
}

// trainTask trains with a progress bar and says what came of it.
func (c *cli) trainTask(ctx context.Context, task string, o tasks.Options) (*tasks.Report, error) {
	s := &screen{out: c.out, err: c.err, terminal: c.terminal}
	o.Print, o.Progress = s, s.step
	rep, err := tasks.Train(ctx, task, o)
	s.clear()
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(c.out, "%d steps in %.1f s", rep.Steps, rep.Seconds)
	for _, split := range []string{"train", "test"} {
		for _, name := range []string{"loss", "accuracy", "perplexity"} {
			if v, ok := rep.Metrics[split][name]; ok {
				fmt.Fprintf(c.out, "; %s %s %.4f", split, name, v)
			}
		}
	}
	fmt.Fprintf(c.out, "\nsaved %s\n", strings.Join(rep.Files, ", "))
	if rep.Interrupted {
		return rep, errInterrupted
	}
	return rep, nil
}
