package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Einsum sums products of operands over labelled dimensions, as torch.einsum:
//
//	Einsum("bij,bjk->bik", a, b)   matrices of a batch
//	Einsum("...ij->...ji", a)      the last two dimensions exchanged
//	Einsum("ii->i", a)             a diagonal
//
// A label is a letter; "..." stands for the dimensions that have none, which
// broadcast. Without "->" the output has "..." first, then the labels that occur
// once, in alphabetical order. Operands are contracted from left to right.
func Einsum(equation string, vs ...Value) Value {
	var g *Graph
	shapes := make([]tensor.Shape, len(vs))
	for i, v := range vs {
		if v.g == nil {
			return Value{}
		}
		g, shapes[i] = v.g, v.Shape()
	}
	if g == nil {
		return Value{}
	}
	e, err := parseEinsum(equation, shapes)
	if err != nil {
		g.Fail(fmt.Errorf("einsum %q of %v: %w", equation, shapes, err))
		return Value{}
	}
	acc := e.term(vs[0], e.in[0])
	for i := 1; i < len(vs) && g.err == nil; i++ {
		wanted := slices.Clone(e.out)
		for _, later := range e.in[i+1:] {
			wanted = append(wanted, later...)
		}
		acc = e.contract(acc, e.term(vs[i], e.in[i]), wanted)
	}
	if g.err != nil {
		return Value{}
	}
	acc = acc.only(e.out)
	perm := make([]int, len(e.out))
	for i, l := range e.out {
		perm[i] = slices.Index(acc.labels, l)
	}
	return acc.v.permuted(perm)
}

// einsum is an equation over given shapes. Letters are their own labels; the
// dimensions of an ellipsis are negative, -1 the last.
type einsum struct {
	in   [][]int
	out  []int
	size map[int]int
}

func parseEinsum(equation string, shapes []tensor.Shape) (*einsum, error) {
	text := strings.Join(strings.Fields(equation), "")
	left, right, explicit := strings.Cut(text, "->")
	parts := strings.Split(left, ",")
	if len(parts) != len(shapes) {
		return nil, fmt.Errorf("the equation has %d operands, %d are given", len(parts), len(shapes))
	}
	e := &einsum{size: map[int]int{}}
	widest, count := 0, map[int]int{}
	for i, p := range parts {
		shape := shapes[i]
		rest := len(shape) - len(strings.Replace(p, "...", "", 1))
		labels, err := einsumLabels(p, rest)
		if err != nil {
			return nil, err
		}
		if len(labels) != len(shape) {
			return nil, fmt.Errorf("%q has %d labels, operand %d is %v", p, len(labels), i, shape)
		}
		for d, l := range labels {
			n, known := e.size[l]
			if known && n != shape[d] && n != 1 && shape[d] != 1 {
				return nil, fmt.Errorf("%s is %d and %d", labelName(l), n, shape[d])
			}
			if !known || n == 1 {
				e.size[l] = shape[d]
			}
			if l < 0 {
				widest = max(widest, -l)
			}
			count[l]++
		}
		e.in = append(e.in, labels)
	}
	if explicit {
		var err error
		if e.out, err = einsumLabels(right, widest); err != nil {
			return nil, err
		}
		for i, l := range e.out {
			if count[l] == 0 {
				return nil, fmt.Errorf("the output's %s is in no operand", labelName(l))
			}
			if slices.Contains(e.out[:i], l) {
				return nil, fmt.Errorf("the output has %s twice", labelName(l))
			}
		}
	} else {
		for l, n := range count {
			if l < 0 || n == 1 {
				e.out = append(e.out, l)
			}
		}
		slices.Sort(e.out)
	}
	if len(e.size) > cpuref.MaxRank {
		return nil, fmt.Errorf("%d labels: at most %d", len(e.size), cpuref.MaxRank)
	}
	return e, nil
}

func labelName(l int) string {
	if l < 0 {
		return fmt.Sprintf("dimension %d of the ellipsis", l)
	}
	return fmt.Sprintf("label %c", rune(l))
}

// einsumLabels are the labels of one term, whose ellipsis stands for n dimensions.
func einsumLabels(term string, n int) ([]int, error) {
	labels := []int{}
	front, back, dots := strings.Cut(term, "...")
	for _, c := range front {
		labels = append(labels, int(c))
	}
	for i := n; dots && i > 0; i-- {
		labels = append(labels, -i)
	}
	for _, c := range back {
		labels = append(labels, int(c))
	}
	for _, l := range labels {
		if l >= 0 && !('a' <= l && l <= 'z' || 'A' <= l && l <= 'Z') {
			return nil, fmt.Errorf("%q: %q is no label: wants letters and at most one \"...\"", term, rune(l))
		}
	}
	return labels, nil
}

// einsumTerm is a value with a label for each dimension, none twice.
type einsumTerm struct {
	v      Value
	labels []int
}

// term takes the diagonals of repeated labels, and leaves out the dimensions of
// size 1 that broadcast.
func (e *einsum) term(v Value, labels []int) einsumTerm {
	labels = slices.Clone(labels)
	for d := 0; d < len(labels); d++ {
		switch twin := d + 1 + slices.Index(labels[d+1:], labels[d]); {
		case v.g == nil:
			return einsumTerm{}
		case twin > d && v.Dim(d) != v.Dim(twin): // the one of size 1 broadcasts
			if v.Dim(twin) == 1 {
				v, labels = v.Squeeze(twin), slices.Delete(labels, twin, twin+1)
			} else {
				v, labels = v.Squeeze(d), slices.Delete(labels, d, d+1)
			}
			d--
		case twin > d:
			l := labels[d]
			v = v.Diagonal(0, d, twin)
			labels = append(slices.Delete(slices.Delete(labels, twin, twin+1), d, d+1), l)
			d--
		case v.Dim(d) == 1 && e.size[labels[d]] != 1:
			v, labels = v.Squeeze(d), slices.Delete(labels, d, d+1)
			d--
		}
	}
	return einsumTerm{v, labels}
}

// only sums over the labels that aren't wanted.
func (t einsumTerm) only(wanted []int) einsumTerm {
	var axes, rest []int
	for d, l := range t.labels {
		if slices.Contains(wanted, l) {
			rest = append(rest, l)
		} else {
			axes = append(axes, d)
		}
	}
	if axes == nil {
		return t
	}
	return einsumTerm{t.v.Sum(axes...), rest}
}

// contract multiplies two terms, as one product of matrices for each element of
// the labels that both have and somebody wants yet.
func (e *einsum) contract(a, b einsumTerm, wanted []int) einsumTerm {
	a = a.only(append(slices.Clone(wanted), b.labels...))
	b = b.only(append(slices.Clone(wanted), a.labels...))
	var batch, sums, rows, columns []int
	for _, l := range a.labels {
		switch {
		case !slices.Contains(b.labels, l):
			rows = append(rows, l)
		case slices.Contains(wanted, l):
			batch = append(batch, l)
		default:
			sums = append(sums, l)
		}
	}
	for _, l := range b.labels {
		if !slices.Contains(a.labels, l) {
			columns = append(columns, l)
		}
	}
	out := slices.Concat(batch, rows, columns)
	if a.v.g == nil || b.v.g == nil {
		return einsumTerm{}
	}
	var shape []int
	for _, l := range out {
		shape = append(shape, e.size[l])
	}
	if sums == nil {
		x, y := a.arranged(e, batch, rows, nil), b.arranged(e, batch, nil, columns)
		return einsumTerm{x.Mul(y).Reshape(shape...), out}
	}
	// An operand that already lies the other way round is multiplied so.
	at := cpuref.MatMulAttrs{TransA: a.lies(batch, sums, rows), TransB: b.lies(batch, columns, sums)}
	x, y := a.arranged(e, batch, rows, sums), b.arranged(e, batch, sums, columns)
	if at.TransA {
		x = a.arranged(e, batch, sums, rows)
	}
	if at.TransB {
		y = b.arranged(e, batch, columns, sums)
	}
	return einsumTerm{x.op("matmul", at, y).Reshape(shape...), out}
}

// lies tells whether the labels are in that order; a term whose rows or sums are
// none lies either way, and needs no other form.
func (t einsumTerm) lies(parts ...[]int) bool {
	return len(parts[1]) > 0 && len(parts[2]) > 0 && slices.Equal(t.labels, slices.Concat(parts...))
}

// arranged brings the labels into the order of the parts, each part as one
// dimension, of size 1 if it has no labels; a batch without labels is none.
func (t einsumTerm) arranged(e *einsum, batch, first, second []int) Value {
	var perm []int
	var shape []int
	add := func(part []int) {
		n := 1
		for _, l := range part {
			perm = append(perm, slices.Index(t.labels, l))
			n *= e.size[l]
		}
		shape = append(shape, n)
	}
	if len(batch) > 0 {
		add(batch)
	}
	add(first)
	add(second)
	return t.v.permuted(perm).Reshape(shape...)
}
