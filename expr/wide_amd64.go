package expr

import "golang.org/x/sys/cpu"

// The loops of comparing and choosing float32s, eight at a time: in plain Go
// they take five times as long, and relu and its gradient are made of them.
// Arithmetic, which longer formulas such as optimizers are made of, goes sixteen
// at a time, twice to four times as fast and to the same bits. Each does a
// multiple of that many elements and says how many.

var wide = cpu.X86.HasAVX2

//go:noescape
func lessAVX2(n int, d *int32, a, b *float32)

//go:noescape
func lessEqualAVX2(n int, d *int32, a, b *float32)

//go:noescape
func equalAVX2(n int, d *int32, a, b *float32)

//go:noescape
func notEqualAVX2(n int, d *int32, a, b *float32)

//go:noescape
func chooseAVX2(n int, d *float32, m *int32, b, c *float32)

func compareWide(op Op, d []int32, a, b []float32) int {
	n := len(d) &^ 7
	if !wide || n == 0 {
		return 0
	}
	pd, pa, pb := &d[0], &a[:n][0], &b[:n][0]
	switch op {
	case LT:
		lessAVX2(n, pd, pa, pb)
	case LE:
		lessEqualAVX2(n, pd, pa, pb)
	case GT: // a > b is b < a
		lessAVX2(n, pd, pb, pa)
	case GE:
		lessEqualAVX2(n, pd, pb, pa)
	case EQ:
		equalAVX2(n, pd, pa, pb)
	case NE:
		notEqualAVX2(n, pd, pa, pb)
	default:
		return 0
	}
	return n
}

func chooseWide(d []float32, m []int32, b, c []float32) int {
	n := len(d) &^ 7
	if !wide || n == 0 {
		return 0
	}
	chooseAVX2(n, &d[0], &m[:n][0], &b[:n][0], &c[:n][0])
	return n
}

//go:noescape
func addAVX2(n int, d, a, b *float32)

//go:noescape
func subAVX2(n int, d, a, b *float32)

//go:noescape
func mulAVX2(n int, d, a, b *float32)

//go:noescape
func divAVX2(n int, d, a, b *float32)

//go:noescape
func sqrtAVX2(n int, d, a *float32)

func arithmeticWide(op Op, d, a, b []float32) int {
	n := len(d) &^ 15
	if !wide || n == 0 {
		return 0
	}
	pd, pa, pb := &d[0], &a[:n][0], &b[:n][0]
	switch op {
	case Add:
		addAVX2(n, pd, pa, pb)
	case Sub:
		subAVX2(n, pd, pa, pb)
	case Mul:
		mulAVX2(n, pd, pa, pb)
	case Div:
		divAVX2(n, pd, pa, pb)
	case Min:
		minAVX2(n, pd, pa, pb)
	case Max:
		maxAVX2(n, pd, pa, pb)
	default:
		return 0
	}
	return n
}

//go:noescape
func minAVX2(n int, d, a, b *float32)

//go:noescape
func maxAVX2(n int, d, a, b *float32)

//go:noescape
func floorAVX2(n int, d, a *float32)

//go:noescape
func ceilAVX2(n int, d, a *float32)

//go:noescape
func roundAVX2(n int, d, a *float32)

//go:noescape
func negAVX2(n int, d, a *float32)

//go:noescape
func absAVX2(n int, d, a *float32)

//go:noescape
func toFloatAVX2(n int, d *float32, a *int32)

//go:noescape
func andAVX2(n int, d, a, b *int32)

//go:noescape
func orAVX2(n int, d, a, b *int32)

// unaryWide is an operation of one float.
func unaryWide(op Op, d, a []float32) int {
	n := len(d) &^ 15
	if !wide || n == 0 {
		return 0
	}
	pd, pa := &d[0], &a[:n][0]
	switch op {
	case Sqrt:
		sqrtAVX2(n, pd, pa)
	case Floor:
		floorAVX2(n, pd, pa)
	case Ceil:
		ceilAVX2(n, pd, pa)
	case Round:
		roundAVX2(n, pd, pa)
	case Neg:
		negAVX2(n, pd, pa)
	case Abs:
		absAVX2(n, pd, pa)
	default:
		return 0
	}
	return n
}

func toFloatWide(d []float32, a []int32) int {
	n := len(d) &^ 15
	if !wide || n == 0 {
		return 0
	}
	toFloatAVX2(n, &d[0], &a[:n][0])
	return n
}

func logicWide(op Op, d, a, b []int32) int {
	n := len(d) &^ 15
	if !wide || n == 0 {
		return 0
	}
	if op == And {
		andAVX2(n, &d[0], &a[:n][0], &b[:n][0])
	} else {
		orAVX2(n, &d[0], &a[:n][0], &b[:n][0])
	}
	return n
}
