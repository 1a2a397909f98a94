package peers

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// ErrLacks is what a peer answers to work that it doesn't have.
var ErrLacks = errors.New("doesn't have it")

// Peer is a running child process.
type Peer struct {
	Hello
	name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	errs tail
	kill context.CancelFunc
	done chan struct{}
	err  error // what ended the process, after done
}

// patience bounds how long a peer may take to answer.
const patience = 5 * time.Minute

// Start runs a peer's command and greets it. The threads are the most that it
// may use. A cancelled context kills it.
func Start(ctx context.Context, c Command, threads int) (*Peer, error) {
	ctx, kill := context.WithCancel(ctx)
	p := &Peer{name: c.Name, cmd: exec.CommandContext(ctx, c.Args[0], c.Args[1:]...), kill: kill, done: make(chan struct{})}
	// Libraries read their number of threads before main.
	p.cmd.Env = append(os.Environ(), c.Env...)
	for _, v := range []string{"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "GOMAXPROCS"} {
		p.cmd.Env = append(p.cmd.Env, fmt.Sprintf("%s=%d", v, threads))
	}
	p.cmd.Stderr = &p.errs
	p.cmd.WaitDelay = time.Second
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		kill()
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	// A pipe of our own: Wait would close cmd.StdoutPipe's under the last answer.
	r, w, err := os.Pipe()
	if err != nil {
		kill()
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	p.cmd.Stdout, p.out = w, bufio.NewReader(r)
	if err := p.cmd.Start(); err != nil {
		kill()
		return nil, errors.Join(fmt.Errorf("%s: %w", c.Name, err), r.Close(), w.Close())
	}
	w.Close()
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	a, err := p.ask(request{Do: "hello"})
	if err != nil {
		p.Close()
		return nil, err
	}
	p.Hello = a.Hello
	if len(p.Devices) == 0 {
		p.Devices = []string{"cpu"}
	}
	return p, nil
}

// Prepare has the peer compute the work once and write its results. The error
// is ErrLacks where the peer doesn't have the work.
func (p *Peer) Prepare(w *Workload) error {
	_, err := p.ask(request{Do: "prepare", Work: w})
	return err
}

// Use sets the number of threads.
func (p *Peer) Use(threads int) error {
	_, err := p.ask(request{Do: "threads", N: threads})
	return err
}

// Run is the time of n runs of the work last prepared.
func (p *Peer) Run(n int) (time.Duration, error) {
	a, err := p.ask(request{Do: "run", N: n})
	if err != nil {
		return 0, err
	}
	if !(a.Seconds > 0) || math.IsInf(a.Seconds, 0) {
		return 0, fmt.Errorf("%s: %d runs took %v seconds", p.name, n, a.Seconds)
	}
	return time.Duration(a.Seconds * float64(time.Second)), nil
}

// Dead tells whether the process has ended.
func (p *Peer) Dead() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Close ends the process: after a second by force.
func (p *Peer) Close() {
	line, _ := json.Marshal(request{Do: "close"})
	if !p.Dead() {
		p.in.Write(append(line, '\n')) // an error means that it's ending already
	}
	p.in.Close()
	select {
	case <-p.done:
	case <-time.After(time.Second):
	}
	p.kill()
	<-p.done
}

func (p *Peer) ask(r request) (answer, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", p.name, err)
	}
	late := time.AfterFunc(patience, p.kill)
	defer late.Stop()
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return answer{}, p.died(r.Do)
	}
	for {
		line, err := p.out.ReadBytes('\n')
		if err != nil {
			return answer{}, p.died(r.Do)
		}
		if !bytes.HasPrefix(line, []byte("{")) {
			continue // a library's own message
		}
		var a answer
		switch err := json.Unmarshal(line, &a); {
		case err != nil:
			p.kill()
			return answer{}, fmt.Errorf("%s: answered %q: %w", p.name, bytes.TrimSpace(line), err)
		case a.Error != "":
			return answer{}, fmt.Errorf("%s: %s", p.name, a.Error)
		case a.Lacks != "":
			return answer{}, fmt.Errorf("%s %w: %s", p.name, ErrLacks, a.Lacks)
		}
		return a, nil
	}
}

func (p *Peer) died(do string) error {
	select {
	case <-p.done:
	case <-time.After(time.Second):
		p.kill()
		<-p.done
	}
	how := "exit status 0"
	if p.err != nil {
		how = p.err.Error()
	}
	if last := p.errs.last(); last != "" {
		how += ": " + last
	}
	return fmt.Errorf("%s died at %q: %s", p.name, do, how)
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	t.buf = t.buf[max(0, len(t.buf)-4096):]
	return len(b), nil
}

// last is the last line that isn't empty.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.buf)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
