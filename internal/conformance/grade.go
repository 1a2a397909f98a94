package conformance

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/tensor"
)

// Grade says how exact a result is.
type Grade int

// The grades, best first.
const (
	A       Grade = iota // as exact as PyTorch in float32
	B                    // correct, summed more coarsely
	Failed               // wrong
	Missing              // the case needs an op that there isn't
)

func (g Grade) String() string { return [...]string{"A", "B", "failed", "missing"}[g] }

// Result is the grade of one expected tensor.
type Result struct {
	What  string // kind and name
	Grade Grade
	Ratio float64 // error in units of what PyTorch's float32 makes
	Why   string
}

const unit = 1.0 / (1 << 24) // roundoff of float32

// grade compares a tensor with its reference:
//
//	err   = |got - f64|₂ / |f64|₂
//	Y     = max(err32, u, min(pert, 16·max(err32, u)))
//	A: err/Y <= 4    B: err/Y <= 32
//
// and no element is off by more than 32·max(err32, pert, u·max|f64|).
func (c *Case) grade(e Expect, got *tensor.Tensor) Result {
	r := Result{What: e.Kind + " " + e.Name, Grade: Failed, Ratio: math.Inf(1)}
	want := e.F64.values(c.data)
	if got == nil || got.Elems() != len(want) {
		r.Why = fmt.Sprintf("the result is %v, wants %v", typeOf(got), tensor.Shape(e.Shape))
		return r
	}
	diff, l2, worst := 0.0, 0.0, 0.0
	for i, w := range want {
		d := math.Abs(got.At(i) - w)
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		diff, l2, worst = diff+d*d, l2+w*w, max(worst, d)
	}
	if e.Kind == "schedule" { // computed by the host in float64
		r.Ratio = math.Sqrt(diff) / (1e-12 * math.Sqrt(l2))
		if r.Why = fmt.Sprintf("is off by %.3g", worst); math.Sqrt(diff) <= 1e-12*math.Sqrt(l2) {
			r.Grade = A
		}
		return r
	}
	if e.L2Ref < 1e-12 {
		r.Ratio, r.Why = worst/1e-6, fmt.Sprintf("is off by %.3g, wants 0", worst)
		if worst <= 1e-6 {
			r.Grade = A
		}
		return r
	}
	rel := math.Sqrt(diff) / math.Sqrt(l2)
	base := max(e.Err32.RelL2, unit)
	r.Ratio = rel / max(base, min(e.Pert.RelL2, 16*base))
	bound := 32 * max(e.Err32.MaxAbs, e.Pert.MaxAbs, unit*e.MaxAbsRef)
	r.Why = fmt.Sprintf("relative error %.3g; worst element off by %.3g, bound %.3g", rel, worst, bound)
	switch {
	case c.Kinks:
		r.Ratio = rel / 1e-6
		if rel <= 1e-6 {
			r.Grade = A
		}
	case !(r.Ratio <= 32) || !(worst <= bound):
	case r.Ratio <= 4:
		r.Grade = A
	default:
		r.Grade = B
	}
	if e.Kind == "loss" && e.Name == "loss" && c.Trajectory != nil && r.Grade != Failed {
		c.gradeSteps(&r, want, got)
	}
	return r
}

// gradeSteps holds a run's loss step by step: the errors so far within 32 times
// what PyTorch's float32, or a perturbed run, was off at most so far.
func (c *Case) gradeSteps(r *Result, want []float64, got *tensor.Tensor) {
	t := c.Trajectory
	if len(t.Loss) != len(want) {
		r.Grade, r.Why = Failed, fmt.Sprintf("the trajectory has %d steps, the loss %d", len(t.Loss), len(want))
		return
	}
	off, allowed := 0.0, 0.0
	for s, w := range want {
		off = max(off, math.Abs(got.At(s)-w))
		allowed = max(allowed, t.Err[s], t.Pert[s], unit*w)
		if off > 32*allowed {
			r.Grade, r.Ratio = Failed, off/allowed
			r.Why = fmt.Sprintf("step %d: the loss is off by %.3g so far, allowed %.3g", s, off, 32*allowed)
			return
		}
	}
}

func typeOf(t *tensor.Tensor) string {
	if t == nil {
		return "absent"
	}
	return t.Type.String()
}

// Worst is the grade of a whole case, and its worst result.
func Worst(rs []Result) Result {
	var w Result
	for _, r := range rs {
		if r.Grade > w.Grade || r.Grade == w.Grade && r.Ratio >= w.Ratio {
			w = r
		}
	}
	return w
}
