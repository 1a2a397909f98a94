package engine_test

import (
	"fmt"
	"os"
	"sort"
	"sync"
)

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
