package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/report"
)

// reportFiles is bench report: it makes a report, or READMEs' tables, of results
// in files.
func reportFiles(args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("bench report", flag.ContinueOnError)
	fs.SetOutput(stderr)
	readme := fs.Bool("readme", false, "write the table of one file into READMEs")
	fs.Usage = func() {
		fmt.Fprintln(stderr, "usage: bench report FILE.jsonl... DIR\n       bench report -readme FILE.jsonl README.md...")
	}
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		return exitUsage
	}
	if fs.NArg() < 2 {
		fs.Usage()
		return exitUsage
	}
	var err error
	if last := fs.NArg() - 1; *readme {
		err = rewriteReadmes(fs.Arg(0), fs.Args()[1:])
	} else if err = reportOf(fs.Args()[:last], fs.Arg(last)); err == nil {
		fmt.Fprintf(stdout, "wrote %s\n", filepath.Join(fs.Arg(last), "index.html"))
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench report:", err)
		return exitFailed
	}
	return exitOK
}

func reportOf(files []string, dir string) error {
	results, facts, err := report.Load(files...)
	if err != nil {
		return err
	}
	return report.Write(dir, results, facts)
}

func rewriteReadmes(file string, readmes []string) error {
	results, facts, err := report.Load(file)
	if err != nil {
		return err
	}
	for _, name := range readmes {
		old, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		text, err := report.Rewrite(string(old), report.Readme(name, results, facts))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
