package fast

// operand is a matrix in memory: element (i,j) at p[i*rs+j*cs], one stride 1.
type operand struct {
	p      []float32
	rs, cs int
}

// stored is the operand for a matrix stored with rows ld apart, maybe transposed.
func stored(p []float32, ld int, trans bool) operand {
	if trans {
		return operand{p, 1, ld}
	}
	return operand{p, ld, 1}
}

// packA writes rows [i0,i0+m) and columns [p0,p0+k) as panels of mr rows, each
// [k][mr]; rows that a last panel lacks are zeros. dst has room for
// panels(m,mr)·mr·k floats and 8 more.
func (s *set) packA(dst []float32, a operand, i0, m, p0, k int) {
	mr := s.mr
	for i := 0; i < m; i += mr {
		h := min(mr, m-i)
		d := dst[i*k : i*k+mr*k+8]
		if h < mr {
			clear(d[:mr*k])
		}
		if a.rs == 1 {
			for p := range k {
				src := a.p[i0+i+(p0+p)*a.cs:]
				copy(d[p*mr:p*mr+h], src[:h])
			}
			continue
		}
		s.packT(d, mr, operand{a.p[(i0+i)*a.rs+p0:], a.rs, 1}, h, k)
	}
}

// packT writes h rows of k floats as k rows of h, ld apart. Blocks of 8 by 8 are
// transposed at once; a last block may overlap the one before, which writes the
// same floats twice.
func (s *set) packT(dst []float32, ld int, a operand, h, k int) {
	if ld < 8 || h < 8 || k < 8 {
		for r := range h {
			for p, v := range a.p[r*a.rs:][:k] {
				dst[p*ld+r] = v
			}
		}
		return
	}
	for r := 0; r < h; r += 8 {
		r := min(r, h-8)
		s.transpose8(k&^7, &a.p[r*a.rs], a.rs, &dst[r], ld)
		if k&7 > 0 {
			s.transpose8(8, &a.p[r*a.rs+k-8], a.rs, &dst[(k-8)*ld+r], ld)
		}
	}
}

// packB writes rows [p0,p0+k) and columns [j0,j0+n) as panels of nr columns, each
// [k][nr]; columns that a last panel lacks are zeros up to a whole vector.
func (s *set) packB(dst []float32, b operand, p0, k, j0, n int) {
	nr := s.nr
	for j := 0; j < n; j += nr {
		s.packPanel(dst[j*k:j*k+nr*k], b, p0, k, j0+j, min(nr, n-j))
	}
}

// packPanel packs one panel of w columns.
func (s *set) packPanel(d []float32, b operand, p0, k, j0, w int) {
	nr := s.nr
	if b.cs == 1 {
		src := b.p[p0*b.rs+j0:]
		if w == nr && nr%16 == 0 {
			s.copyRows(k, nr, &src[0], b.rs, &d[0])
			return
		}
		pad := (w + s.lanes - 1) / s.lanes * s.lanes
		for p := range k {
			row := d[p*nr : p*nr+pad]
			clear(row[copy(row, src[p*b.rs:p*b.rs+w]):])
		}
		return
	}
	if w < nr {
		clear(d)
	}
	s.packT(d, nr, operand{b.p[j0*b.cs+p0:], b.cs, 1}, w, k)
}

func roundUp(n, m int) int { return (n + m - 1) / m * m }
