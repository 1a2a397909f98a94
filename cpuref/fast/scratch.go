package fast

import (
	"runtime"
	"sync"
	"unsafe"
)

// scratch is the working memory of one piece of work. Pieces that run at the
// same time take one each from a common store, which in the steady state grows
// no more, so that a run allocates nothing and a thousand ops share few buffers.
type scratch struct{ buf []float32 }

var store struct {
	sync.Mutex
	free []*scratch // last in, first out: the warmest
	size int
}

// reserve grows the store, when a call is prepared, to a scratch of n floats for
// each thread.
func reserve(n int) {
	var held []*scratch
	for range runtime.GOMAXPROCS(0) {
		held = append(held, take(n))
	}
	for _, s := range held {
		s.give()
	}
}

func take(n int) *scratch {
	store.Lock()
	store.size = max(store.size, n)
	size := store.size
	var s *scratch
	if last := len(store.free) - 1; last >= 0 {
		s, store.free = store.free[last], store.free[:last]
	}
	store.Unlock()
	if s == nil {
		s = new(scratch)
	}
	if len(s.buf) < n {
		s.buf = aligned(size)
	}
	return s
}

func (s *scratch) give() {
	store.Lock()
	store.free = append(store.free, s)
	store.Unlock()
}

var products struct {
	sync.Mutex
	free []*product
}

func takeProduct() *product {
	products.Lock()
	defer products.Unlock()
	last := len(products.free) - 1
	if last < 0 {
		return newProduct()
	}
	g := products.free[last]
	products.free = products.free[:last]
	return g
}

func giveProduct(g *product) {
	products.Lock()
	products.free = append(products.free, g)
	products.Unlock()
}

// aligned makes n floats that start at a cache line.
func aligned(n int) []float32 {
	p := make([]float32, n+15)
	skip := int(-uintptr(unsafe.Pointer(&p[0])) & 63 / 4)
	return p[skip : skip+n : skip+n]
}
