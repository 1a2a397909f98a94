package cpuref

// Conv3dAttrs are the attributes of the three 3-d convolution ops, each triple
// (depth, height, width), as those of Conv2dAttrs.
type Conv3dAttrs struct {
	Stride, Padding, Dilation [3]int
	PadMore                   [3]int
	Groups                    int
	Size                      [3]int
}

// WithDefaults writes the ones that zeros stand for, so that equal calls are
// equal attributes.
func (c Conv3dAttrs) WithDefaults() Conv3dAttrs {
	for i := range 3 {
		if c.Stride[i] == 0 {
			c.Stride[i] = 1
		}
		if c.Dilation[i] == 0 {
			c.Dilation[i] = 1
		}
	}
	if c.Groups == 0 {
		c.Groups = 1
	}
	return c
}

// Conv3d: Y[n,o,z,y,x] = Σ_{c,h,i,j} W[o,c,h,i,j] · X[n, g·C/G+c, z·s+h·d-p, y·s+i·d-p, x·s+j·d-p]
// where g is o's group and X is 0 outside its volume.
// In: X [N,C,D,H,W], W [O,C/G,kd,kh,kw]. Out: Y [N,O,OD,OH,OW].
func Conv3d[T Float](a *Args[T]) {
	x, w, y := a.In[0], a.In[1], a.Out[0]
	clear(y.F)
	convRows3d(a.Attrs.(Conv3dAttrs), x.Shape, w.Shape, y.Shape, func(r convRow) {
		k, xs := w.F[r.w], x.F[r.x:]
		for i, ys := 0, y.F[r.y:r.y+r.n]; i < len(ys); i++ {
			ys[i] += k * xs[i*r.step]
		}
	})
}

// Conv3dData is the gradient of Conv3d by its image.
// In: dY [N,O,OD,OH,OW], W [O,C/G,kd,kh,kw]. Out: dX [N,C,Size...].
func Conv3dData[T Float](a *Args[T]) {
	dy, w, dx := a.In[0], a.In[1], a.Out[0]
	clear(dx.F)
	convRows3d(a.Attrs.(Conv3dAttrs), dx.Shape, w.Shape, dy.Shape, func(r convRow) {
		k, xs := w.F[r.w], dx.F[r.x:]
		for i, ys := 0, dy.F[r.y:r.y+r.n]; i < len(ys); i++ {
			xs[i*r.step] += k * ys[i]
		}
	})
}

// Conv3dWeight is the gradient of Conv3d by its kernel.
// In: X [N,C,D,H,W], dY [N,O,OD,OH,OW]. Out: dW [O,C/G,Size...].
func Conv3dWeight[T Float](a *Args[T]) {
	x, dy, dw := a.In[0], a.In[1], a.Out[0]
	clear(dw.F)
	convRows3d(a.Attrs.(Conv3dAttrs), x.Shape, dw.Shape, dy.Shape, func(r convRow) {
		var sum T
		xs := x.F[r.x:]
		for i, ys := 0, dy.F[r.y:r.y+r.n]; i < len(ys); i++ {
			sum += ys[i] * xs[i*r.step]
		}
		dw.F[r.w] += sum
	})
}

// convRows3d visits every product of a convolution once, row by row: as convRows
// goes through one slice of the volume, for each slice of the kernel and result.
func convRows3d(at Conv3dAttrs, xs, ws, ys []int, visit func(convRow)) {
	at = at.WithDefaults()
	N, C, O, Cg := xs[0], xs[1], ws[0], ws[1]
	plane, taps, area := xs[3]*xs[4], ws[3]*ws[4], ys[3]*ys[4]
	for n := range N {
		for o := range O {
			for c := range Cg {
				channel := n*C + o/(O/at.Groups)*Cg + c
				for h := range ws[2] {
					front := h*at.Dilation[0] - at.Padding[0]
					z0, z1 := inside(front, at.Stride[0], xs[2], ys[2])
					for z := z0; z < z1; z++ {
						sliceRows(at, xs, ws, ys, convRow{
							w: ((o*Cg+c)*ws[2] + h) * taps,
							x: (channel*xs[2] + z*at.Stride[0] + front) * plane,
							y: ((n*O+o)*ys[2] + z) * area,
						}, visit)
					}
				}
			}
		}
	}
}

// sliceRows are the rows of one slice's products, which start at the places in r.
func sliceRows(at Conv3dAttrs, xs, ws, ys []int, r convRow, visit func(convRow)) {
	for i := range ws[3] {
		top := i*at.Dilation[1] - at.Padding[1]
		y0, y1 := inside(top, at.Stride[1], xs[3], ys[3])
		for j := range ws[4] {
			left := j*at.Dilation[2] - at.Padding[2]
			x0, x1 := inside(left, at.Stride[2], xs[4], ys[4])
			if x1 <= x0 {
				continue
			}
			for y := y0; y < y1; y++ {
				visit(convRow{
					w:    r.w + i*ws[4] + j,
					x:    r.x + (y*at.Stride[1]+top)*xs[4] + x0*at.Stride[2] + left,
					y:    r.y + y*ys[4] + x0,
					n:    x1 - x0,
					step: at.Stride[2],
				})
			}
		}
	}
}
