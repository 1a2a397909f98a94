package fast

import (
	"math"
	"slices"

	"github.com/vulgo-ml/vulgo/cpuref"
)

const (
	sortPieces = 16  // pieces of work, each with its own memory
	fewSorted  = 512 // elements that are compared rather than counted by digits
)

// Sort prepares cpuref.Sort. A number and its place make one word that sorts as
// they do: all words are different, so no order of equals is left open.
func Sort(a *cpuref.Args[float32]) func() {
	s, shape := a.Attrs.(cpuref.SortAttrs), a.In[0].Shape
	outer, n, inner := 1, shape[s.Axis], 1
	for d, size := range shape {
		if d < s.Axis {
			outer *= size
		} else if d > s.Axis {
			inner *= size
		}
	}
	x, y, places, keep := &a.In[0], &a.Out[0], a.Out[1].I, a.Out[0].Shape[s.Axis]
	lines := outer * inner
	if len(places) == 0 {
		return func() {}
	}
	pieces := min(lines, sortPieces)
	room := make([][]uint64, pieces)
	few := keep < n/4
	for i := range room {
		if few {
			room[i] = make([]uint64, keep)
		} else {
			room[i] = make([]uint64, 2*n)
		}
	}
	keys := lineKeys{x: &a.In[0], step: inner}
	if s.Descending {
		keys.flip = math.MaxUint32
	}
	body := func(piece int) {
		for line := piece; line < lines; line += pieces {
			first := line/inner*n*inner + line%inner
			var words []uint64
			if few {
				words = keys.least(room[piece], n, first)
			} else {
				words = room[piece][:n]
				keys.fill(words, first, 0)
				words = sorted(words, room[piece][n:])
			}
			to := line/inner*keep*inner + line%inner
			for _, w := range words[:keep] {
				p := int(uint32(w))
				places[to] = int32(p)
				if y.F != nil {
					y.F[to] = x.F[first+p*inner]
				} else {
					y.I[to] = x.I[first+p*inner]
				}
				to += inner
			}
		}
	}
	cost := 20
	if few {
		cost = 2
	}
	return func() { Parallel(pieces, cost*lines*n, body) }
}

// lineKeys makes words of lines of x, whose elements lie step apart: the high half
// a key in the order asked for, the low half the place.
type lineKeys struct {
	x    *cpuref.Arg[float32]
	step int
	flip uint32
}

// fill makes the words of the elements from place p of the line at first.
func (k *lineKeys) fill(words []uint64, first, p int) {
	at := first + p*k.step
	if k.x.F == nil {
		for i := range words {
			words[i] = uint64(uint32(k.x.I[at])^1<<31^k.flip)<<32 | uint64(p+i)
			at += k.step
		}
		return
	}
	for i := range words {
		words[i] = uint64(orderKey(math.Float32bits(k.x.F[at]))^k.flip)<<32 | uint64(p+i)
		at += k.step
	}
}

// orderKey is a float's bits as a number in the same order, NaN last, -0 as 0.
func orderKey(bits uint32) uint32 {
	switch {
	case bits<<1 == 0:
		return 1 << 31
	case bits&(1<<31-1) > 0x7f800000:
		return math.MaxUint32
	case bits>>31 != 0:
		return ^bits
	}
	return bits | 1<<31
}

// sorted orders words that are in the order of their low halves: by the four
// digits of their high halves, from the lowest on, through spare.
func sorted(words, spare []uint64) []uint64 {
	if len(words) < fewSorted {
		slices.Sort(words)
		return words
	}
	for shift := 32; shift < 64; shift += 8 {
		var count [256]int
		for _, w := range words {
			count[byte(w>>shift)]++
		}
		if count[byte(words[0]>>shift)] == len(words) {
			continue
		}
		at := 0
		for d, n := range count {
			count[d] = at
			at += n
		}
		for _, w := range words {
			d := byte(w >> shift)
			spare[count[d]] = w
			count[d]++
		}
		words, spare = spare, words
	}
	return words
}

// least gives the smallest words of a line of n in order: those seen so far are a
// heap whose top is the largest, which a smaller one replaces.
func (k *lineKeys) least(heap []uint64, n, first int) []uint64 {
	k.fill(heap, first, 0)
	for i := len(heap)/2 - 1; i >= 0; i-- {
		sink(heap, i)
	}
	var some [256]uint64
	for p := len(heap); p < n; p += len(some) {
		next := some[:min(len(some), n-p)]
		k.fill(next, first, p)
		for _, w := range next {
			if w < heap[0] {
				heap[0] = w
				sink(heap, 0)
			}
		}
	}
	slices.Sort(heap)
	return heap
}

func sink(heap []uint64, i int) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && heap[child+1] > heap[child] {
			child++
		}
		if heap[i] >= heap[child] {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}
