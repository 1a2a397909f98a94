package fast

import (
	"runtime"
	"sync"
	"sync/atomic"
)

const (
	splitNs = 20_000 // work below this isn't split
	shareNs = 10_000 // the least that is worth another thread
	spins   = 20_000 // a worker's wait before it parks, 10 to 20 us
)

// What a worker is doing. The caller invites (idle or parked -> invited) and may
// take an invitation back (invited -> idle); the worker accepts (invited ->
// running). Of each pair of changes one compare-and-swap wins.
const (
	idle uint32 = iota
	parked
	invited
	running
	awaited // running, and the caller sleeps until it is done
)

type worker struct {
	state      atomic.Uint32
	_          [60]byte // a cache line of its own
	wake, done chan struct{}
}

// team is the one pool of the process. mu is held while a loop runs.
var team struct {
	mu      sync.Mutex
	workers []*worker
	n       int64
	body    func(i int)
	_       [64]byte
	next    atomic.Int64
}

// Parallel calls body(0) to body(n-1), each once, in no fixed order and on as
// many threads as GOMAXPROCS and the work allow; cost is the estimated time of
// all calls on one thread in ns. It returns when all are done. The split is the
// caller's n, so results don't depend on the threads as long as calls write
// apart. It allocates nothing: keep body as a value made beforehand. A call made
// while another loop runs, from within its body for one, runs in line.
func Parallel(n, cost int, body func(i int)) {
	if n > 1 && cost >= splitNs && team.mu.TryLock() {
		if t := min(threads(cost), n); t > 1 {
			share(n, t, body)
			return
		}
		team.mu.Unlock()
	}
	for i := range n {
		body(i)
	}
}

// threads is how many are worth using.
func threads(cost int) int { return min(runtime.GOMAXPROCS(0), cost/shareNs) }

// share runs a loop on the caller and threads-1 workers, then unlocks the team.
func share(n, threads int, body func(i int)) {
	for len(team.workers) < threads-1 {
		w := &worker{wake: make(chan struct{}, 1), done: make(chan struct{})}
		team.workers = append(team.workers, w)
		go w.loop()
	}
	team.n, team.body = int64(n), body
	team.next.Store(0)
	crew := team.workers[:threads-1]
	for _, w := range crew {
		w.invite()
	}
	work()
	for _, w := range crew {
		w.wait()
	}
	team.body = nil
	team.mu.Unlock()
}

// work takes one index after another until none is left.
func work() {
	for i := team.next.Add(1) - 1; i < team.n; i = team.next.Add(1) - 1 {
		team.body(int(i))
	}
}

func (w *worker) invite() {
	if w.state.Swap(invited) == parked {
		w.wake <- struct{}{}
	}
}

// wait takes the invitation back if the worker hasn't come yet, and else waits
// for it to finish.
func (w *worker) wait() {
	if w.state.CompareAndSwap(invited, idle) {
		return
	}
	for range spins {
		if w.state.Load() != running {
			return
		}
	}
	if w.state.CompareAndSwap(running, awaited) {
		<-w.done
	}
}

func (w *worker) loop() {
	for {
		for i := 0; w.state.Load() != invited && i < spins; i++ {
		}
		if w.state.CompareAndSwap(idle, parked) {
			<-w.wake
		}
		if !w.state.CompareAndSwap(invited, running) {
			continue // taken back
		}
		work()
		if w.state.Swap(idle) == awaited {
			w.done <- struct{}{}
		}
	}
}
