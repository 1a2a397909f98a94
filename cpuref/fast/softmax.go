package fast

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// axis is what an op along one axis works on: outer blocks of n steps of inner
// floats. With inner 1 a row is one piece of vector work; else the vectors run
// across the rows, a strip of inner at a time.
type axis struct {
	outer, n, inner int
	strip           int // width of a strip
	rows            int // rows of a piece, with inner 1
	pieces          int
}

// stripFloats keeps a strip's few lines in the L1 cache.
const (
	stripFloats = 512
	pieceOfRows = 4096
)

func newAxis(shape []int, at int) axis {
	v := axis{outer: 1, n: shape[at], inner: 1}
	for _, s := range shape[:at] {
		v.outer *= s
	}
	for _, s := range shape[at+1:] {
		v.inner *= s
	}
	if v.inner == 1 {
		v.rows = max(1, pieceOfRows/max(1, v.n))
		v.pieces = (v.outer + v.rows - 1) / v.rows
	} else {
		v.strip = min(v.inner, stripFloats)
		v.pieces = v.outer * ((v.inner + v.strip - 1) / v.strip)
	}
	return v
}

// eachPiece makes the loop of an op from its two forms: a row of n floats at a
// time, and w floats of n lines that are inner apart; tmp has n floats and room
// for scalars, or four strips. cost is ns an element.
func (v axis) eachPiece(cost int, row func(at int, tmp []float32), across func(at, w int, tmp []float32)) func() {
	scratch := max(v.n+16, 4*v.strip)
	reserve(scratch)
	body := func(i int) {
		s := perThread.take(scratch)
		if v.inner == 1 {
			for r := i * v.rows; r < min((i+1)*v.rows, v.outer); r++ {
				row(r*v.n, s.buf)
			}
		} else {
			strips := v.pieces / v.outer
			x := i % strips * v.strip
			across(i/strips*v.n*v.inner+x, min(v.strip, v.inner-x), s.buf)
		}
		s.give()
	}
	total := v.outer * v.n * v.inner
	return func() {
		if total > 0 {
			Parallel(v.pieces, cost*total, body)
		}
	}
}

// sumLines adds up to tmp's first strip what line adds to the second, for every
// line; like sum, a short stretch at a time.
func (v axis) sumLines(w int, tmp []float32, line func(j int, part *float32)) {
	clear(tmp[:w])
	tall := max(tall, int(math.Sqrt(float64(v.n)))) // as many blocks as lines a block
	for from := 0; from < v.n; from += tall {
		part := tmp[v.strip:][:w]
		clear(part)
		for j := from; j < min(from+tall, v.n); j++ {
			line(j*v.inner, &part[0])
		}
		isa.add(w, &tmp[0], &part[0])
	}
}

// expLines writes y = exp(x - max) line by line, and their sum to tmp's first
// strip; the maximum is left in the third. Without y the lines are lost.
func (v axis) expLines(y, x []float32, w int, tmp []float32) (sum, most *float32) {
	sum, most = &tmp[0], &tmp[2*v.strip]
	copy(tmp[2*v.strip:][:w], x)
	for j := 1; j < v.n; j++ {
		isa.maximum(w, most, &x[j*v.inner])
	}
	v.sumLines(w, tmp, func(j int, part *float32) {
		to := &tmp[3*v.strip]
		if y != nil {
			to = &y[j]
		}
		isa.subtract(w, to, &x[j], most)
		isa.exp(w, to, to)
		isa.add(w, part, to)
	})
	return sum, most
}

// Softmax prepares cpuref.Softmax.
func Softmax(a *cpuref.Args[float32]) func() {
	x, y := a.In[0].F, a.Out[0].F
	v := newAxis(a.In[0].Shape, a.Attrs.(cpuref.AxisAttrs).Axis)
	return v.eachPiece(1, func(at int, tmp []float32) {
		x, y, s := x[at:][:v.n], y[at:][:v.n], &tmp[0]
		*s = isa.max(v.n, &x[0])
		*s = float32(1 / isa.totalExp(y, x, s))
		isa.scale(v.n, &y[0], &y[0], s)
	}, func(at, w int, tmp []float32) {
		sum, _ := v.expLines(y[at:], x[at:], w, tmp)
		invert(tmp[:w])
		for j := range v.n {
			isa.multiply(w, &y[at+j*v.inner], &y[at+j*v.inner], sum)
		}
	})
}

func invert(p []float32) {
	for i, v := range p {
		p[i] = 1 / v
	}
}

// LogSoftmax prepares cpuref.LogSoftmax.
func LogSoftmax(a *cpuref.Args[float32]) func() {
	x, y := a.In[0].F, a.Out[0].F
	v := newAxis(a.In[0].Shape, a.Attrs.(cpuref.AxisAttrs).Axis)
	return v.eachPiece(1, func(at int, tmp []float32) {
		x, s := x[at:][:v.n], tmp[v.n:]
		s[0] = isa.max(v.n, &x[0])
		s[1] = float32(math.Log(isa.totalExp(tmp, x, &s[0])))
		isa.shift(v.n, &y[at], &x[0], &s[0])
	}, func(at, w int, tmp []float32) {
		sum, most := v.expLines(nil, x[at:], w, tmp)
		isa.log(w, sum, sum)
		for j := range v.n {
			to := &y[at+j*v.inner]
			isa.subtract(w, to, &x[at+j*v.inner], most)
			isa.subtract(w, to, to, sum)
		}
	})
}

// SoftmaxGrad prepares cpuref.SoftmaxGrad.
func SoftmaxGrad(a *cpuref.Args[float32]) func() {
	y, dy, dx := a.In[0].F, a.In[1].F, a.Out[0].F
	v := newAxis(a.In[0].Shape, a.Attrs.(cpuref.AxisAttrs).Axis)
	return v.eachPiece(1, func(at int, tmp []float32) {
		tmp[0] = float32(isa.totalDot(y[at:][:v.n], dy[at:][:v.n]))
		isa.softmaxGrad(v.n, &dx[at], &y[at], &dy[at], &tmp[0])
	}, func(at, w int, tmp []float32) {
		v.sumLines(w, tmp, func(j int, part *float32) { isa.addMul(w, part, &y[at+j], &dy[at+j]) })
		for j := at; j < at+v.n*v.inner; j += v.inner {
			isa.subtract(w, &tmp[v.strip], &dy[j], &tmp[0])
			isa.multiply(w, &dx[j], &y[j], &tmp[v.strip])
		}
	})
}

// LogSoftmaxGrad prepares cpuref.LogSoftmaxGrad.
func LogSoftmaxGrad(a *cpuref.Args[float32]) func() {
	y, dy, dx := a.In[0].F, a.In[1].F, a.Out[0].F
	v := newAxis(a.In[0].Shape, a.Attrs.(cpuref.AxisAttrs).Axis)
	return v.eachPiece(1, func(at int, tmp []float32) {
		tmp[0] = float32(isa.total(dy[at:][:v.n]))
		isa.logSoftmaxGrad(v.n, &dx[at], &y[at], &dy[at], &tmp[0])
	}, func(at, w int, tmp []float32) {
		v.sumLines(w, tmp, func(j int, part *float32) { isa.add(w, part, &dy[at+j]) })
		for j := at; j < at+v.n*v.inner; j += v.inner {
			p := &tmp[v.strip]
			isa.exp(w, p, &y[j])
			isa.multiply(w, p, p, &tmp[0])
			isa.subtract(w, &dx[j], &dy[j], p)
		}
	})
}

// CrossEntropy prepares cpuref.CrossEntropy.
func CrossEntropy(a *cpuref.Args[float32]) func() {
	x, labels, loss, lse := a.In[0].F, a.In[1].I, a.Out[0].F, a.Out[1].F
	v, ignore := newAxis(a.In[0].Shape, 1), a.Attrs.(cpuref.CrossEntropyAttrs).IgnoreIndex
	return v.eachPiece(1, func(at int, tmp []float32) {
		i := at / v.n
		most := &tmp[v.n]
		*most = isa.max(v.n, &x[at])
		sum := math.Log(isa.totalExp(tmp, x[at:][:v.n], most))
		if lse != nil {
			lse[i] = float32(float64(*most) + sum)
		}
		switch label := int(labels[i]); {
		case label == ignore:
			loss[i] = 0
		case label >= 0 && label < v.n:
			loss[i] = float32(float64(*most) - float64(x[at+label]) + sum)
		default:
			loss[i] = float32(math.NaN())
		}
	}, nil)
}

// CrossEntropyGrad prepares cpuref.CrossEntropyGrad.
func CrossEntropyGrad(a *cpuref.Args[float32]) func() {
	x, labels, lse, dloss, dx := a.In[0].F, a.In[1].I, a.In[2].F, a.In[3].F, a.Out[0].F
	v, ignore := newAxis(a.In[0].Shape, 1), a.Attrs.(cpuref.CrossEntropyAttrs).IgnoreIndex
	return v.eachPiece(1, func(at int, tmp []float32) {
		i := at / v.n
		label := int(labels[i])
		if label == ignore {
			clear(dx[at : at+v.n])
			return
		}
		tmp[0], tmp[1] = lse[i], dloss[i]
		known := label >= 0 && label < v.n
		if !known {
			tmp[1] = float32(math.NaN())
		}
		isa.expShift(v.n, &dx[at], &x[at], &tmp[0])
		if known {
			dx[at+label] -= tmp[1]
		}
	}, nil)
}
