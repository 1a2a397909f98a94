package fast

import (
	"runtime"
	"sync"
	"unsafe"
)

// scratch is the working memory of one piece of work. Pieces that run at the
// same time take one each from a common depot, which in the steady state grows
// no more, so that a run allocates nothing and a thousand ops share few buffers.
type scratch struct {
	buf  []float32
	home *depot
}

type depot struct {
	sync.Mutex
	free []*scratch // last in, first out: the warmest
	size int
}

var (
	perThread depot // working memory of a part
	perCall   depot // what the parts of a call share: packed weights, partial sums
)

// reserve grows the depot, when a call is prepared, to count buffers of n floats.
func (d *depot) reserve(n, count int) {
	var held []*scratch
	for range count {
		held = append(held, d.take(n))
	}
	for _, s := range held {
		s.give()
	}
}

// reserve keeps a part's scratch of n floats for each thread.
func reserve(n int) { perThread.reserve(n, runtime.GOMAXPROCS(0)) }

func (d *depot) take(n int) *scratch {
	d.Lock()
	d.size = max(d.size, n)
	size := d.size
	var s *scratch
	if last := len(d.free) - 1; last >= 0 {
		s, d.free = d.free[last], d.free[:last]
	}
	d.Unlock()
	if s == nil {
		s = &scratch{home: d}
	}
	if len(s.buf) < n {
		s.buf = aligned(size)
	}
	return s
}

func (s *scratch) give() {
	s.home.Lock()
	s.home.free = append(s.home.free, s)
	s.home.Unlock()
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
