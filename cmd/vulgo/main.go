// Command vulgo trains small networks on any Vulkan device or on the CPU.
//
//	vulgo devices [--check]            what could train here, and what can't and why
//	vulgo train digits|text [flags]    train; results lie in out/
//	vulgo generate [flags]             text from a trained model
//	vulgo predict [flags] PNG...       digits by a trained model
//	vulgo inspect FILE                 what is in a safetensors file
//	vulgo demo [flags]                 train on glyphs, then compare the devices
//
// The exit status is 0, 1 after an error, 2 after a wrong command line, or 130
// where Ctrl-C ended the work.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

type command struct {
	name, args, about string
	run               func(c *cli, ctx context.Context, args []string) error
}

var commands []command

func init() { // not in the declaration: help reads the table
	commands = []command{
		{"devices", "[--check]", "list the devices; with --check run every op on them", (*cli).devices},
		{"train", "digits|text [flags]", "train a network; its weights, pictures and report.json go to --out", (*cli).train},
		{"generate", "[flags]", "write text made up by a model of `train text`", (*cli).generate},
		{"predict", "[flags] PNG...", "read digits with a model of `train digits`", (*cli).predict},
		{"inspect", "FILE", "list the tensors and metadata of a safetensors file", (*cli).inspect},
		{"demo", "[flags]", "train on glyphs, then the same 20 steps on every device", (*cli).demo},
	}
}

// cli is where a command reads and writes.
type cli struct {
	out, err io.Writer
	// terminal: err is looked at by a person, so a moving progress bar makes sense.
	terminal bool
}

// usageError is a wrong command line.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// errInterrupted says that Ctrl-C ended the work, after all was saved.
var errInterrupted = errors.New("interrupted")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	info, err := os.Stderr.Stat()
	c := &cli{out: os.Stdout, err: os.Stderr, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
	os.Exit(c.main(ctx, os.Args[1:]))
}

func (c *cli) main(ctx context.Context, args []string) int {
	err := c.dispatch(ctx, args)
	var usage usageError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errInterrupted) || errors.Is(err, context.Canceled):
		fmt.Fprintln(c.err, "vulgo: interrupted")
		return 130
	case errors.As(err, &usage):
		fmt.Fprintf(c.err, "vulgo: %v\n", err)
		return 2
	}
	fmt.Fprintf(c.err, "vulgo: %v\n", err)
	return 1
}

func (c *cli) dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		c.help(c.err)
		return usagef("a command is missing")
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		c.help(c.out)
		return nil
	}
	for _, cmd := range commands {
		if cmd.name == args[0] {
			return cmd.run(c, ctx, args[1:])
		}
	}
	c.help(c.err)
	return usagef("no command %q", args[0])
}

func (c *cli) help(w io.Writer) {
	fmt.Fprintf(w, "vulgo trains small networks on any Vulkan device or on the CPU.\n\n")
	for _, cmd := range commands {
		fmt.Fprintf(w, "  vulgo %-28s %s\n", cmd.name+" "+cmd.args, cmd.about)
	}
	fmt.Fprintf(w, "\n`vulgo COMMAND -h` lists a command's flags.\n")
}
