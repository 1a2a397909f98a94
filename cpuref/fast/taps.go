package fast

// tapConv is a convolution of stride 1 over a staged image: Y[o, y, x] is the sum
// over p < k of A[o, p] · image[off[p] + y·pw + x]. The forward convolution is
// one of them, the gradient by its image one for each phase of the stride.
type tapConv struct {
	st         staging
	channels   int // of the image, in a group
	m          int // output channels of a group
	off        []int32
	rows, cols int // of the output
	out        place

	part        int    // output rows staged at a time
	full, last  []slot // for a part, and for a last, shorter one
	flat        int    // floats of a channel in an intermediate output; 0: none
	flatRow     int    // its rows' distance
	parts       int
	images      int // N·groups
	weights     int // floats of a group's packed A
	x, y        []float32
	a           []float32
	pack        func(g int, a []float32)
	groups      int
	packing, do func(i int)
}

// place is where output pixel (y, x) of channel o goes:
// at + o·plane + y·row + x·col.
type place struct{ at, plane, row, col int }

// stagedFloats bounds a staged part, so that it stays in the L2 cache.
const stagedFloats = 1 << 17

// finish plans what follows from the geometry.
func (t *tapConv) finish(shiftRows int) {
	lanes := isa.lanes
	perRow := t.channels * t.st.sh * t.st.sw * t.st.pw
	t.part = min(t.rows, max(4, stagedFloats/max(1, perRow)-shiftRows))
	for cost := t.cost(); t.part > 4 && t.images*((t.rows+t.part-1)/t.part) < 2*threads(cost); {
		t.part = (t.part + 1) / 2
	}
	t.part = max(t.part, 1)
	t.parts = (t.rows + t.part - 1) / t.part
	t.st.ph = t.part + shiftRows
	rest := t.rows - (t.parts-1)*t.part

	straight := float64(t.cols) / float64(roundUp(t.cols, lanes))
	joined := float64(t.cols) / float64(t.st.pw)
	switch {
	case straight < 0.8*joined: // narrow rows: vectors run across them
		t.flatRow = t.st.pw
		t.flat = roundUp((t.part-1)*t.st.pw+t.cols, lanes)
		t.full = vectors(lanes, 1, t.flat, 0, 0)
		t.last = vectors(lanes, 1, roundUp((rest-1)*t.st.pw+t.cols, lanes), 0, 0)
	case t.out.col != 1:
		t.flatRow = roundUp(t.cols, lanes)
		t.flat = t.part * t.flatRow
		t.full = vectors(lanes, t.part, t.cols, t.st.pw, t.flatRow)
		t.last = vectors(lanes, rest, t.cols, t.st.pw, t.flatRow)
	default:
		t.full = vectors(lanes, t.part, t.cols, t.st.pw, t.out.row)
		t.last = vectors(lanes, rest, t.cols, t.st.pw, t.out.row)
	}
	t.weights = roundUp(t.m, isa.mr)*len(t.off) + 8
	t.packing = func(g int) { t.pack(g, t.a[g*t.weights:][:t.weights]) }
	t.do = t.one
	perCall.reserve(t.groups*t.weights, 1)
	reserve(t.scratch())
}

func (t *tapConv) scratch() int { return t.staged() + isa.mr*t.flat }

// staged has room for the whole vectors that the last pixels' lanes read.
func (t *tapConv) staged() int {
	return roundUp(t.channels*t.st.size()+isa.lanes, 16)
}

func (t *tapConv) cost() int {
	return t.images*t.rows*t.cols*t.m*len(t.off)/(isa.flops/2) + t.images*t.channels*t.st.h*t.st.w/4
}

func (t *tapConv) run(x, y []float32) {
	if t.images*t.rows*t.cols*t.m <= 0 {
		return
	}
	packed := perCall.take(t.groups * t.weights)
	t.x, t.y, t.a = x, y, packed.buf
	Parallel(t.groups, t.groups*t.weights, t.packing)
	Parallel(t.images*t.parts, t.cost(), t.do)
	t.x, t.y, t.a = nil, nil, nil
	packed.give()
}

// one computes a part of the rows of one group of one image.
func (t *tapConv) one(i int) {
	image, part := i/t.parts, i%t.parts
	s := perThread.take(t.scratch())
	stage, tmp := s.buf[:t.staged()], s.buf[t.staged():]
	t.st.fill(isa, stage, t.x[image*t.channels*t.st.h*t.st.w:], t.channels, part*t.part)
	slots, rows := t.full, t.part
	if part == t.parts-1 {
		slots, rows = t.last, t.rows-part*t.part
	}
	k := len(t.off)
	a := t.a[image%t.groups*t.weights:]
	y := t.y[image*t.m*t.out.plane+t.out.at+part*t.part*t.out.row:]
	for o := 0; o < t.m; o += isa.mr {
		h := min(isa.mr, t.m-o)
		panel, off := &a[0], &noTaps
		if k > 0 {
			panel, off = &a[o*k], &t.off[0]
		}
		if t.flat == 0 {
			isa.taps[h-1](len(slots)/2, &slots[0].b, k, panel, &stage[0], off, &y[o*t.out.plane], t.out.plane)
			continue
		}
		isa.taps[h-1](len(slots)/2, &slots[0].b, k, panel, &stage[0], off, &tmp[0], t.flat)
		for c := range h {
			t.scatter(y[(o+c)*t.out.plane:], tmp[c*t.flat:], rows)
		}
	}
	s.give()
}

var noTaps int32

// scatter puts rows of an intermediate channel in their places.
func (t *tapConv) scatter(y, tmp []float32, rows int) {
	if t.out.col == 1 {
		isa.copyBlock(rows, t.cols, &tmp[0], t.flatRow, &y[0], t.out.row)
		return
	}
	for r := range rows {
		row, from := y[r*t.out.row:], tmp[r*t.flatRow:][:t.cols]
		for x, v := range from {
			row[x*t.out.col] = v
		}
	}
}
