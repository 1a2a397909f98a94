package engine_test

import (
	"fmt"
	"math"
	"os"
	"sort"
	"sync"

	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

const unit = 1.0 / (1 << 24) // unit roundoff of float32

// compare says what is wrong with got ("" if nothing) and how much of the
// tolerance the worst element used.
func compare(tol kernels.Tol, got, want, scale *tensor.Tensor) (string, float64) {
	if got == nil || !got.Shape.Equal(want.Shape) {
		return fmt.Sprintf("got %v, want %v", got, want.Type), math.Inf(1)
	}
	largest := 0.0
	for i := range want.Elems() {
		if v := math.Abs(want.At(i)); v > largest && !math.IsInf(v, 0) {
			largest = v
		}
	}
	worst, at := 0.0, -1
	for i := range want.Elems() {
		g, w := got.At(i), want.At(i)
		r := ratio(tol, g, w, math.Abs(scale.At(i)), largest)
		if !(r <= worst) {
			worst, at = r, i
		}
	}
	if !(worst <= 1) {
		return fmt.Sprintf("element %d of %v is %v, the oracle has %v", at, want.Shape, got.At(at), want.At(at)), worst
	}
	return "", worst
}

func ratio(tol kernels.Tol, got, want, terms, largest float64) float64 {
	w32 := float64(float32(want)) // the oracle's value as float32 has it, overflow included
	switch {
	case math.IsNaN(got) || math.IsNaN(want):
		if math.IsNaN(got) && math.IsNaN(want) {
			return 0
		}
		return math.Inf(1)
	case got == want || got == w32:
		return 0
	case tol.Kind == "exact" || math.IsInf(got, 0) || math.IsInf(w32, 0):
		return math.Inf(1)
	}
	const denormal = 1.1754943508222875e-38 // the smallest normal float32
	bound := denormal
	switch tol.Kind {
	case "ulp":
		bound += 2 * tol.K * unit * math.Abs(want)
	case "sum":
		bound += tol.K * unit * terms
	case "max":
		bound += tol.K * unit * largest
	}
	return math.Abs(got-want) / bound
}

// worstSeen keeps, for each op and device, how much of its tolerance the worst
// element used; with VULGO_TOLERANCES=1 the test prints the table, so that
// nobody can loosen a tolerance unseen.
type worstSeen struct {
	sync.Mutex
	m map[string]float64
}

var worst = worstSeen{m: map[string]float64{}}

func (w *worstSeen) note(op, dev string, ratio float64) {
	w.Lock()
	defer w.Unlock()
	key := fmt.Sprintf("%-22s %s", op, dev)
	w.m[key] = max(w.m[key], ratio)
}

func (w *worstSeen) print() {
	if os.Getenv("VULGO_TOLERANCES") == "" {
		return
	}
	var keys []string
	for k := range w.m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		fmt.Printf("%s used %.3f of its tolerance\n", k, w.m[k])
	}
}
