package engine

import (
	"fmt"
	"sync"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/plan"
	"github.com/vulgo-ml/vulgo/tensor"
)

// State keeps variables in a device's memory. Programs compiled over one State
// share them: a training step, an evaluation and a generator see the same
// parameters. The variables a program is the first to name are laid side by
// side and given their initial values.
type State struct {
	dev    *Device
	mu     sync.Mutex // held by a run that touches the variables, and by Get and Set
	blocks []memory
	at     map[*graph.Variable]plan.Place
	vars   []*graph.Variable
	progs  int // programs not yet closed
	closed bool
}

// NewState is an empty State on a device.
func NewState(dev *Device) (*State, error) {
	if err := dev.hold(1); err != nil {
		return nil, err
	}
	return &State{dev: dev, at: map[*graph.Variable]plan.Place{}}, nil
}

// Device is where the State's variables are.
func (s *State) Device() *Device { return s.dev }

// Vars lists the variables in the order they were bound.
func (s *State) Vars() []*graph.Variable {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*graph.Variable(nil), s.vars...)
}

// Bind gives memory and initial values to variables that have none yet. Compile
// does it for those its graph names; what is to be loaded before the first
// Compile is bound by hand.
func (s *State) Bind(vars ...*graph.Variable) error { return s.bind(vars) }

// bind gives memory and initial values to the variables that have none yet.
func (s *State) bind(vars []*graph.Variable) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	var fresh []*graph.Variable
	for _, v := range vars {
		if _, ok := s.at[v]; !ok {
			fresh = append(fresh, v)
		}
	}
	for len(fresh) > 0 {
		n, bytes, err := s.blockOf(fresh)
		if err != nil {
			return err
		}
		m, err := s.dev.b.alloc(bytes)
		if err != nil {
			return fmt.Errorf("engine: %d variables (%d bytes): %w", n, bytes, err)
		}
		s.blocks = append(s.blocks, m)
		off := 0
		for _, v := range fresh[:n] {
			s.at[v] = plan.Place{Slab: plan.State, ID: len(s.blocks) - 1, Off: off, Bytes: v.Stored().Bytes()}
			s.vars = append(s.vars, v)
			off += pad(v.Stored().Bytes())
			if v.Init == nil {
				continue
			}
			if err := s.set(v, v.Init()); err != nil {
				return err
			}
		}
		fresh = fresh[n:]
	}
	return nil
}

// blockOf says how many of the variables fit one allocation, and its size.
func (s *State) blockOf(vars []*graph.Variable) (n, bytes int, err error) {
	most := s.dev.Target.MaxAlloc
	for _, v := range vars {
		b := pad(v.Stored().Bytes())
		if most > 0 && bytes+b > most {
			break
		}
		bytes += b
		n++
	}
	if n == 0 {
		return 0, 0, fmt.Errorf("engine: variable %q has %d bytes, %s allocates at most %d", vars[0].Name, vars[0].Stored().Bytes(), s.dev.Name, most)
	}
	return n, max(bytes, plan.Align), nil
}

func pad(n int) int { return (n + plan.Align - 1) / plan.Align * plan.Align }

func (s *State) layout(v *graph.Variable) plan.Place { return s.at[v] }

// Get copies a variable's value to the host.
func (s *State) Get(v *graph.Variable) (*tensor.Tensor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pl, err := s.find(v)
	if err != nil {
		return nil, err
	}
	t := tensor.New(v.Stored())
	if err := s.blocks[pl.ID].read(pl.Off, bytesOf(t)); err != nil || t.DType == v.Type.DType {
		return t, err
	}
	return t.To(v.Type.DType)
}

// Set gives a variable a value from the host.
func (s *State) Set(v *graph.Variable, t *tensor.Tensor) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set(v, t)
}

func (s *State) set(v *graph.Variable, t *tensor.Tensor) error {
	pl, err := s.find(v)
	if err != nil {
		return err
	}
	if !t.Type.Equal(v.Type) {
		return fmt.Errorf("engine: variable %q is %v, the value %v", v.Name, v.Type, t.Type)
	}
	if to := v.Stored().DType; t.DType != to {
		if t, err = t.To(to); err != nil {
			return fmt.Errorf("engine: variable %q: %w", v.Name, err)
		}
	}
	return s.blocks[pl.ID].write(pl.Off, bytesOf(t))
}

func (s *State) find(v *graph.Variable) (plan.Place, error) {
	if s.closed {
		return plan.Place{}, ErrClosed
	}
	pl, ok := s.at[v]
	if !ok {
		return pl, fmt.Errorf("engine: variable %q is not in this state; compile a program that uses it first", v.Name)
	}
	return pl, nil
}

// hold counts a program that uses the State, and with it its device.
func (s *State) hold(n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if err := s.dev.hold(n); err != nil {
		return err
	}
	s.progs += n
	return nil
}

// Close frees the variables. Programs over the State must be closed first; the
// error says how many were not.
func (s *State) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	if s.progs > 0 {
		return fmt.Errorf("engine: a State on %s closed with %d programs still open", s.dev.Name, s.progs)
	}
	s.closed = true
	for _, m := range s.blocks {
		m.free()
	}
	return s.dev.hold(-1)
}
