package expr

import (
	"math"
)

// run is one operation over the block. Slots are cut to one length, so that the
// compiler drops the bounds checks.
func (st *step[T]) run(s *scratch[T]) {
	if st.unary != nil && st.typ == Float {
		st.unary(s.f[st.dst], s.f[st.a])
		return
	}
	switch st.typ {
	case Float:
		st.floats(s)
	case Int:
		st.ints(s)
	case Bool:
		st.bools(s)
	}
}

func (st *step[T]) floats(s *scratch[T]) {
	a, b, c := s.f[st.a], s.f[st.b], s.f[st.c]
	d := s.f[st.dst]
	switch st.op {
	case Add, Sub, Mul, Div, Min, Max:
		if w, ok := any(d).([]float32); ok {
			n := arithmeticWide(st.op, w, any(a).([]float32), any(b).([]float32))
			a, b, d = a[n:], b[n:], d[n:]
		}
	case Neg:
		if w, ok := any(d).([]float32); ok {
			n := unaryWide(Neg, w, any(a).([]float32))
			a, d = a[n:], d[n:]
		}
	}
	switch st.op {
	case OpArg:
		copy(d, a)
	case Add:
		a, b = a[:len(d)], b[:len(d)]
		for i := range d {
			d[i] = a[i] + b[i]
		}
	case Sub:
		a, b = a[:len(d)], b[:len(d)]
		for i := range d {
			d[i] = a[i] - b[i]
		}
	case Mul:
		a, b = a[:len(d)], b[:len(d)]
		for i := range d {
			d[i] = a[i] * b[i]
		}
	case Div:
		a, b = a[:len(d)], b[:len(d)]
		for i := range d {
			d[i] = a[i] / b[i]
		}
	case Neg:
		a = a[:len(d)]
		for i := range d {
			d[i] = -a[i]
		}
	case FMA:
		for i := range d {
			d[i] = T(math.FMA(float64(a[i]), float64(b[i]), float64(c[i])))
		}
	case Where:
		choose(d, s.i[st.a], b, c)
	case Min:
		a, b = a[:len(d)], b[:len(d)]
		for i := range d {
			d[i] = min(a[i], b[i])
		}
	case Max:
		a, b = a[:len(d)], b[:len(d)]
		for i := range d {
			d[i] = max(a[i], b[i])
		}
	case Pow:
		power(d, a, b)
	case Fmod:
		for i := range d {
			d[i] = T(math.Mod(float64(a[i]), float64(b[i])))
		}
	case SignBit:
		o := s.i[st.dst]
		for i := range o {
			o[i] = flag(math.Signbit(float64(a[i])))
		}
	case IsNaN:
		compareFloats(NE, s.i[st.dst], a, a)
	case ToInt:
		o := s.i[st.dst]
		for i := range o {
			o[i] = int32(a[i])
		}
	case ToBool:
		o := s.i[st.dst]
		for i := range o {
			o[i] = flag(a[i] != 0)
		}
	default:
		compareFloats(st.op, s.i[st.dst], a, b)
	}
}

func compareFloats[T Number](op Op, d []int32, a, b []T) {
	n := 0
	if a, ok := any(a).([]float32); ok {
		n = compareWide(op, d, a, any(b).([]float32))
	}
	compare(op, d[n:], a[n:], b[n:])
}

func (st *step[T]) ints(s *scratch[T]) {
	a, b := s.i[st.a], s.i[st.b]
	d := s.i[st.dst]
	switch st.op {
	case OpArg:
		copy(d, a)
	case Add:
		for i := range d {
			d[i] = a[i] + b[i]
		}
	case Sub:
		for i := range d {
			d[i] = a[i] - b[i]
		}
	case Mul:
		for i := range d {
			d[i] = a[i] * b[i]
		}
	case Neg:
		for i := range d {
			d[i] = -a[i]
		}
	case Abs:
		for i := range d {
			d[i] = max(a[i], -a[i])
		}
	case Min:
		for i := range d {
			d[i] = min(a[i], b[i])
		}
	case Max:
		for i := range d {
			d[i] = max(a[i], b[i])
		}
	case Where:
		chooseInts(d, a, b, s.i[st.c])
	case ToFloat:
		toFloat(s.f[st.dst], a)
	case ToBool:
		for i := range d {
			d[i] = flag(a[i] != 0)
		}
	default:
		compare(st.op, d, a, b)
	}
}

func (st *step[T]) bools(s *scratch[T]) {
	a, b := s.i[st.a], s.i[st.b]
	d := s.i[st.dst]
	switch st.op {
	case OpArg, ToInt:
		copy(d, a)
	case And:
		n := logicWide(And, d, a, b)
		a, b, d = a[n:], b[n:], d[n:]
		for i := range d {
			d[i] = a[i] & b[i]
		}
	case Or:
		n := logicWide(Or, d, a, b)
		a, b, d = a[n:], b[n:], d[n:]
		for i := range d {
			d[i] = a[i] | b[i]
		}
	case Not:
		for i := range d {
			d[i] = 1 - a[i]
		}
	case Where:
		chooseInts(d, a, b, s.i[st.c])
	case ToFloat:
		toFloat(s.f[st.dst], a)
	default:
		compare(st.op, d, a, b)
	}
}

func toFloat[T Number](d []T, a []int32) {
	if w, ok := any(d).([]float32); ok {
		n := toFloatWide(w, a)
		a, d = a[n:], d[n:]
	}
	for i := range d {
		d[i] = T(a[i])
	}
}

func flag(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

func compare[E ~float32 | ~float64 | ~int32](op Op, d []int32, a, b []E) {
	a, b = a[:len(d)], b[:len(d)]
	switch op {
	case LT:
		for i := range d {
			d[i] = flag(a[i] < b[i])
		}
	case LE:
		for i := range d {
			d[i] = flag(a[i] <= b[i])
		}
	case GT:
		for i := range d {
			d[i] = flag(a[i] > b[i])
		}
	case GE:
		for i := range d {
			d[i] = flag(a[i] >= b[i])
		}
	case EQ:
		for i := range d {
			d[i] = flag(a[i] == b[i])
		}
	case NE:
		for i := range d {
			d[i] = flag(a[i] != b[i])
		}
	}
}

// chooseInts is d = m ? b : c without a branch, which random masks would make
// the processor guess wrong half of the time.
func chooseInts(d, m, b, c []int32) {
	m, b, c = m[:len(d)], b[:len(d)], c[:len(d)]
	for i := range d {
		d[i] = c[i] ^ (b[i]^c[i])&-m[i]
	}
}

func choose[T Number](d []T, m []int32, b, c []T) {
	m, b, c = m[:len(d)], b[:len(d)], c[:len(d)]
	if d, ok := any(d).([]float32); ok {
		b, c := any(b).([]float32), any(c).([]float32)
		b, c = b[:len(d)], c[:len(d)]
		for i := chooseWide(d, m, b, c); i < len(d); i++ {
			x, y := math.Float32bits(b[i]), math.Float32bits(c[i])
			d[i] = math.Float32frombits(y ^ (x^y)&-uint32(m[i]))
		}
		return
	}
	for i := range d {
		v := c[i] // d may be b
		if m[i] != 0 {
			v = b[i]
		}
		d[i] = v
	}
}

func power[T Number](d, a, b []T) {
	if d, ok := any(d).([]float32); ok {
		a, b := any(a).([]float32), any(b).([]float32)
		for i := range d {
			d[i] = pow(a[i], b[i])
		}
		return
	}
	for i := range d {
		d[i] = T(math.Pow(float64(a[i]), float64(b[i])))
	}
}
