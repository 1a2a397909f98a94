package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/peers"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

// peerSteps are the steps of training whose losses are compared.
const peerSteps = 5

// workload writes a row's operands for the peers and gives our results.
func (v *versus) workload(one row, dev *engine.Device, dir string) (*peers.Workload, []*tensor.Tensor, error) {
	if one.net != nil {
		return stepWork(one.net, dev, dir)
	}
	return opWork(one, dev, dir)
}

func opWork(one row, dev *engine.Device, dir string) (*peers.Workload, []*tensor.Tensor, error) {
	b := &opBench{op: one.op, c: one.c}
	attrs, _, err := b.op.Infer(b.c.Attrs, b.c.In)
	if err != nil {
		return nil, nil, err
	}
	w := &peers.Workload{Name: one.name, Kind: peers.Op, Op: b.op.Name}
	if attrs != nil {
		if w.Attrs, err = json.Marshal(attrs); err != nil {
			return nil, nil, fmt.Errorf("attributes: %w", err)
		}
	}
	b.draw()
	for i, x := range b.vars {
		if x == nil {
			w.In = append(w.In, nil)
			continue
		}
		a, err := peers.Write(dir, x.Name, x.Init())
		if err != nil {
			return nil, nil, err
		}
		a.Name = b.op.In[min(i, len(b.op.In)-1)].Name
		w.In = append(w.In, a)
	}
	results, _, err := b.result(dev, "")
	if err != nil {
		return nil, nil, err
	}
	var ours []*tensor.Tensor
	for i := range len(b.op.Out) + len(b.vars) {
		name := outName(i)
		if b.op.Alias != nil && b.op.Flat != nil {
			if i >= len(b.op.Alias(b.c.Attrs, len(b.c.In))) {
				break
			}
			name = b.vars[b.overwrites(i)].Name
		}
		if x := results[name]; x != nil {
			ours, w.Out = append(ours, x), append(w.Out, peers.Place(dir, fmt.Sprintf("result%d", i), x.Type))
		}
	}
	return w, ours, nil
}

// stepWork hands over a model's first values and batches.
func stepWork(n *net, dev *engine.Device, dir string) (*peers.Workload, []*tensor.Tensor, error) {
	s, err := n.step(tensor.Float32)
	if err != nil {
		return nil, nil, err
	}
	w := &peers.Workload{Name: n.name, Kind: peers.Infer, Steps: 1}
	if n.train {
		w.Kind, w.LR, w.Steps = peers.Train, optim.Adam{}.Rate(), peerSteps
	}
	for i, x := range s.vars {
		first := tensor.New(x.Type)
		if x.Init != nil {
			first = x.Init()
		}
		a, err := peers.Write(dir, fmt.Sprintf("param%d", i), first)
		if err != nil {
			return nil, nil, err
		}
		a.Name = x.Name
		w.Params = append(w.Params, a)
	}
	for i, f := range s.feeds {
		for _, name := range []string{"x", "y"} {
			if f[name] == nil {
				continue
			}
			a, err := peers.Write(dir, fmt.Sprintf("%s%d", name, i), f[name])
			if err != nil {
				return nil, nil, err
			}
			w.Feeds = append(w.Feeds, a)
		}
	}
	ours, err := firstSteps(s, dev, w.Steps)
	if err != nil {
		return nil, nil, err
	}
	w.Out = []*peers.Array{peers.Place(dir, "result", ours.Type)}
	return w, []*tensor.Tensor{ours}, nil
}

// firstSteps is a model's output, or the losses of its first steps.
func firstSteps(s *step, dev *engine.Device, steps int) (*tensor.Tensor, error) {
	st, err := engine.NewState(dev)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	p, err := s.compile(st)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	if !s.train {
		return output(p, s.feeds[0], false)
	}
	losses := tensor.New(tensor.F32(steps))
	for i := range steps {
		loss, err := output(p, s.feeds[i%len(s.feeds)], true)
		if err != nil {
			return nil, err
		}
		losses.F32[i] = float32(loss.At(0))
	}
	return losses, nil
}

// How far a peer's result may be from ours, in the 2-norm, where it isn't within
// the op's own tolerance: it rounds elsewhere, and some of its functions are less
// exact; losses after steps of training differ by more. TF32 keeps 10 bits of a product's factors.
const (
	peerTol  = 2e-5
	trainTol = 1e-4
	tf32Tol  = 5e-3
)

// agree holds a peer's results to ours, and gives their relative distance.
func agree(name string, one row, place string, w *peers.Workload, ours []*tensor.Tensor) (float64, error) {
	tol := peerTol
	if w.Kind == peers.Train {
		tol = trainTol
	}
	if strings.Contains(place, "tf32") {
		tol = tf32Tol
	}
	worst := 0.0
	for i, a := range w.Out {
		theirs, err := peers.Read(a)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		if one.op != nil {
			if _, err := one.op.Tol.Compare(theirs, ours[i], ours[i]); err == nil {
				worst = max(worst, relMax(theirs, ours[i]))
				continue
			}
		}
		r := distance(theirs, ours[i])
		if !(r <= tol) {
			return 0, fmt.Errorf("%s computes something else: result %d is %.3g from ours in the 2-norm, at most %g is the same", name, i, r, tol)
		}
		worst = max(worst, r)
	}
	return worst, nil
}

// distance is |theirs - ours| / |ours| in the 2-norm over what is finite; elements
// that aren't must be the same.
func distance(theirs, ours *tensor.Tensor) float64 {
	var diff, size float64
	for i := range ours.Elems() {
		x, y := theirs.At(i), ours.At(i)
		if x == y || math.IsNaN(x) && math.IsNaN(y) {
			if !math.IsInf(y, 0) && !math.IsNaN(y) {
				size += y * y
			}
			continue
		}
		diff += (x - y) * (x - y)
		size += y * y
	}
	return quotient(math.Sqrt(diff), math.Sqrt(size))
}
