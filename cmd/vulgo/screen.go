package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// screen shows a progress bar under what is printed: on a terminal a line that
// is drawn again and again, elsewhere a line every ten seconds.
type screen struct {
	out, err io.Writer
	terminal bool

	began, shown time.Time
	examples     int // since began
	drawn        bool
}

// Write prints, the bar out of the way.
func (s *screen) Write(b []byte) (int, error) {
	s.clear()
	return s.out.Write(b)
}

func (s *screen) clear() {
	if s.drawn {
		fmt.Fprint(s.err, "\r\x1b[K")
		s.drawn = false
	}
}

// step is told that a step is done. The clock starts with the second one, since
// the first compiles.
func (s *screen) step(done, total, examples int) {
	now := time.Now()
	if s.began.IsZero() {
		s.began, s.shown = now, now
		return
	}
	s.examples += examples
	every := 10 * time.Second
	if s.terminal {
		every = 100 * time.Millisecond
	}
	if now.Sub(s.shown) < every {
		return
	}
	s.shown = now
	line := bar(done, total, s.examples, now.Sub(s.began))
	if !s.terminal {
		fmt.Fprintln(s.err, line)
		return
	}
	fmt.Fprint(s.err, "\r"+line+"\x1b[K")
	s.drawn = true
}

// bar is a line such as
//
//	[#########---------------------] 30 %  112/375 steps  5210 examples/s  3.2 s left
func bar(done, total, examples int, d time.Duration) string {
	const width = 30
	total = max(total, done, 1)
	n := width * done / total
	seconds := max(d.Seconds(), 1e-9)
	left := time.Duration(seconds / float64(max(done-1, 1)) * float64(total-done) * float64(time.Second))
	return fmt.Sprintf("[%s%s] %d %%  %d/%d steps  %.0f examples/s  %s left",
		strings.Repeat("#", n), strings.Repeat("-", width-n), 100*done/total, done, total, float64(examples)/seconds, left.Round(time.Second))
}
