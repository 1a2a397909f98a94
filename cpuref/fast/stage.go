package fast

// staging says how a plane is laid out for a convolution: padded with zeros and
// cut into the stride's phases, so that a row of output pixels finds what each
// tap multiplies side by side. Pixel (y, x) of the padded plane stands in phase
// (y%sh, x%sw) at row y/sh, column x/sw.
type staging struct {
	h, w      int // the plane
	top, left int // padding before it; negative crops
	sh, sw    int // stride
	ph, pw    int // size of a phase
}

// size is a staged plane's floats.
func (g *staging) size() int { return g.sh * g.sw * g.ph * g.pw }

// at is where the tap at (y, x) of the padded plane stands.
func (g *staging) at(y, x int) int {
	return (y%g.sh*g.sw+x%g.sw)*g.ph*g.pw + y/g.sh*g.pw + x/g.sw
}

// fill stages planes from their y0-th phase row on.
func (g *staging) fill(s *set, dst, src []float32, planes, y0 int) {
	clear(dst[:planes*g.size()])
	for c := range planes {
		for py := range g.sh {
			for px := range g.sw {
				g.phase(s, dst[c*g.size()+(py*g.sw+px)*g.ph*g.pw:], src[c*g.h*g.w:], y0, py, px)
			}
		}
	}
}

func (g *staging) phase(s *set, dst, src []float32, y0, py, px int) {
	z0, z1 := within(y0*g.sh+py-g.top, g.sh, g.h, g.ph)
	x0, x1 := within(px-g.left, g.sw, g.w, g.pw)
	if z0 >= z1 || x0 >= x1 {
		return
	}
	src = src[((y0+z0)*g.sh+py-g.top)*g.w+x0*g.sw+px-g.left:]
	dst = dst[z0*g.pw+x0:]
	if g.sw == 1 {
		s.copyBlock(z1-z0, x1-x0, &src[0], g.sh*g.w, &dst[0], g.pw)
		return
	}
	for z := range z1 - z0 {
		row, from := dst[z*g.pw:][:x1-x0], src[z*g.sh*g.w:]
		for x := range row {
			row[x] = from[x*g.sw]
		}
	}
}

// within is the range of i in [0, out) with 0 <= i*stride+offset < in.
func within(offset, stride, in, out int) (lo, hi int) {
	if offset < 0 {
		lo = (-offset + stride - 1) / stride
	}
	if last := in - 1 - offset; last >= 0 {
		hi = last/stride + 1
	}
	return lo, min(hi, out)
}

// vectors lists the slots for rows x cols output pixels, pixel (y, x) standing at
// y·rowStep+x of the output, in pairs: a last one may be empty.
func vectors(lanes, rows, cols, pw, rowStep int) []slot {
	var list []slot
	for y := range rows {
		for x := 0; x < cols; x += lanes {
			list = append(list, slot{b: int32(y*pw + x), c: int32(y*rowStep + x), w: int32(min(lanes, cols-x))})
		}
	}
	if len(list)%2 > 0 {
		list = append(list, slot{})
	}
	return list
}
