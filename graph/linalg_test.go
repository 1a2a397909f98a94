package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// counted is 0, 1, 2, .. in a shape.
func counted(g *graph.Graph, shape ...int) graph.Value {
	t := tensor.New(tensor.F32(shape...))
	for i := range t.F32 {
		t.F32[i] = float32(i)
	}
	return g.Const(t)
}

// computed evaluates y in float64.
func computed(t *testing.T, g *graph.Graph, y graph.Value) []float64 {
	t.Helper()
	name := fmt.Sprint("output ", len(g.Outputs))
	g.Output(name, y)
	require.NoError(t, g.Err())
	out, _, err := engine.Oracle(g, nil, nil)
	require.NoError(t, err)
	v := make([]float64, out[name].Elems())
	for i := range v {
		v[i] = out[name].At(i)
	}
	return v
}

func TestEinsumIsItsDefinition(t *testing.T) {
	for _, k := range []struct {
		equation string
		shapes   []tensor.Shape
		out      tensor.Shape
	}{
		{"ij,jk->ik", []tensor.Shape{{2, 3}, {3, 4}}, tensor.Shape{2, 4}},
		{"ij,jk", []tensor.Shape{{2, 3}, {3, 4}}, tensor.Shape{2, 4}},
		{"ji, kj -> ik", []tensor.Shape{{3, 2}, {4, 3}}, tensor.Shape{2, 4}},
		{"bij,bjk->bik", []tensor.Shape{{2, 2, 3}, {2, 3, 4}}, tensor.Shape{2, 2, 4}},
		{"bhqd,bhkd->bhqk", []tensor.Shape{{2, 2, 3, 4}, {2, 2, 5, 4}}, tensor.Shape{2, 2, 3, 5}},
		{"bqhd,bkhd->bhqk", []tensor.Shape{{2, 3, 2, 4}, {2, 5, 2, 4}}, tensor.Shape{2, 2, 3, 5}},
		{"i,j->ij", []tensor.Shape{{2}, {3}}, tensor.Shape{2, 3}},
		{"i,i", []tensor.Shape{{3}, {3}}, tensor.Shape{}},
		{"ii", []tensor.Shape{{3, 3}}, tensor.Shape{}},
		{"ii->i", []tensor.Shape{{3, 3}}, tensor.Shape{3}},
		{"ij->ji", []tensor.Shape{{2, 3}}, tensor.Shape{3, 2}},
		{"ba", []tensor.Shape{{2, 3}}, tensor.Shape{3, 2}},
		{"ij->", []tensor.Shape{{2, 3}}, tensor.Shape{}},
		{"ij->j", []tensor.Shape{{2, 3}}, tensor.Shape{3}},
		{"...ij->...ji", []tensor.Shape{{2, 3, 4, 5}}, tensor.Shape{2, 3, 5, 4}},
		{"...ij,...jk->...ik", []tensor.Shape{{2, 1, 3, 4}, {5, 4, 2}}, tensor.Shape{2, 5, 3, 2}},
		{"...ij,jk", []tensor.Shape{{2, 3, 4}, {4, 5}}, tensor.Shape{2, 3, 5}},
		{"ni,oij,nj->no", []tensor.Shape{{3, 2}, {4, 2, 5}, {3, 5}}, tensor.Shape{3, 4}},
		{"ij,ij->ij", []tensor.Shape{{2, 3}, {2, 3}}, tensor.Shape{2, 3}},
		{"iij,jk->ik", []tensor.Shape{{2, 2, 3}, {3, 4}}, tensor.Shape{2, 4}},
		{"ij,kl->", []tensor.Shape{{2, 3}, {3, 2}}, tensor.Shape{}},
		{"ij,j->i", []tensor.Shape{{2, 1}, {3}}, tensor.Shape{2}},
		{"abcd,cbe->dae", []tensor.Shape{{2, 3, 4, 5}, {4, 3, 2}}, tensor.Shape{5, 2, 2}},
		{"ij,jk,kl->il", []tensor.Shape{{2, 3}, {3, 4}, {4, 2}}, tensor.Shape{2, 2}},
		{"ij,jk->ik", []tensor.Shape{{2, 0}, {0, 4}}, tensor.Shape{2, 4}},
		{"...,...->...", []tensor.Shape{{2, 3}, {3}}, tensor.Shape{2, 3}},
	} {
		t.Run(fmt.Sprint(k.equation, k.shapes), func(t *testing.T) {
			g := graph.New()
			var in []graph.Value
			for _, s := range k.shapes {
				in = append(in, counted(g, s...))
			}
			y := graph.Einsum(k.equation, in...)
			require.NoError(t, g.Err())
			require.Equal(t, k.out, append(tensor.Shape{}, y.Shape()...))
			require.Equal(t, einsumByDefinition(k.equation, k.shapes, k.out), computed(t, g, y))
		})
	}
}

// einsumByDefinition goes over every assignment of the labels. Ellipses are
// spelt out as labels 1, 2, .. from the right.
func einsumByDefinition(equation string, shapes []tensor.Shape, out tensor.Shape) []float64 {
	left, right, explicit := strings.Cut(strings.ReplaceAll(equation, " ", ""), "->")
	spell := func(term string, rank int) []string {
		n := rank - len(strings.ReplaceAll(term, "...", ""))
		dots := ""
		for ; strings.Contains(term, "...") && n > 0; n-- {
			dots += fmt.Sprint(n)
		}
		return strings.Split(strings.Replace(term, "...", dots, 1), "")
	}
	size, times := map[string]int{}, map[string]int{}
	var terms [][]string
	for i, p := range strings.Split(left, ",") {
		terms = append(terms, spell(p, len(shapes[i])))
		for d, l := range terms[i] {
			if n := shapes[i][d]; times[l] == 0 || size[l] == 1 {
				size[l] = n
			}
			times[l]++
		}
	}
	if !explicit {
		for l := byte('0'); l <= 'z'; l++ {
			if n := times[string(l)]; n == 1 || n > 0 && l <= '9' {
				right += string(l)
			}
		}
	}
	outs := spell(right, len(out))
	var labels []string
	for l := range size {
		labels = append(labels, l)
	}
	y := make([]float64, out.Elems())
	at := map[string]int{}
	offset := func(labels []string, s tensor.Shape) (o int) {
		for d, n := range s {
			o = o*n + min(at[labels[d]], n-1)
		}
		return o
	}
	var walk func(k int)
	walk = func(k int) {
		if k == len(labels) {
			p := 1.0
			for i, s := range shapes {
				p *= float64(offset(terms[i], s))
			}
			y[offset(outs, out)] += p
			return
		}
		for v := range size[labels[k]] {
			at[labels[k]] = v
			walk(k + 1)
		}
	}
	walk(0)
	return y
}

func TestEinsumErrorsNameTheEquation(t *testing.T) {
	for _, k := range []struct {
		equation string
		shapes   []tensor.Shape
		want     string
	}{
		{"ij,jk->ik", []tensor.Shape{{2, 3}, {4, 5}}, `einsum "ij,jk->ik" of [[2 3] [4 5]]: label j is 3 and 4`},
		{"ij->ik", []tensor.Shape{{2, 3}}, `the output's label k is in no operand`},
		{"ij->ii", []tensor.Shape{{2, 3}}, `the output has label i twice`},
		{"ij,jk", []tensor.Shape{{2, 3}}, `the equation has 2 operands, 1 are given`},
		{"ijk", []tensor.Shape{{2, 3}}, `"ijk" has 3 labels, operand 0 is [2 3]`},
		{"i1", []tensor.Shape{{2, 3}}, `'1' is no label`},
		{"...i...", []tensor.Shape{{2, 3}}, `is no label`},
	} {
		g := graph.New()
		var in []graph.Value
		for _, s := range k.shapes {
			in = append(in, counted(g, s...))
		}
		graph.Einsum(k.equation, in...)
		require.ErrorContains(t, g.Err(), k.want)
	}
}

func FuzzEinsum(f *testing.F) {
	f.Add("ij,jk->ik", []byte{2, 3, 0, 3, 4})
	f.Add("...ij,...jk->...ik", []byte{2, 2, 2, 0, 2, 2, 2})
	f.Add("ii,i,->", []byte{3, 3, 0, 3, 0})
	f.Fuzz(func(t *testing.T, equation string, sizes []byte) {
		if len(sizes) > 40 {
			return
		}
		g := graph.New()
		in, shape := []graph.Value{}, []int{}
		for _, b := range append(sizes, 0) {
			if b%4 != 0 && len(shape) < 8 {
				shape = append(shape, int(b%4))
				continue
			}
			in, shape = append(in, g.Full(1, shape...)), nil
		}
		if y := graph.Einsum(equation, in...); y.Valid() != (g.Err() == nil) {
			t.Errorf("%q: %v, %v", equation, y, g.Err())
		}
	})
}

func TestMatMulBroadcastsAsPyTorch(t *testing.T) {
	for _, k := range []struct{ a, b, y tensor.Shape }{
		{tensor.Shape{3}, tensor.Shape{3}, tensor.Shape{}},
		{tensor.Shape{3}, tensor.Shape{3, 4}, tensor.Shape{4}},
		{tensor.Shape{2, 3}, tensor.Shape{3}, tensor.Shape{2}},
		{tensor.Shape{3}, tensor.Shape{5, 3, 4}, tensor.Shape{5, 4}},
		{tensor.Shape{5, 2, 3}, tensor.Shape{3}, tensor.Shape{5, 2}},
		{tensor.Shape{5, 2, 3}, tensor.Shape{3, 4}, tensor.Shape{5, 2, 4}},
		{tensor.Shape{2, 3}, tensor.Shape{5, 3, 4}, tensor.Shape{5, 2, 4}},
		{tensor.Shape{1, 2, 3}, tensor.Shape{5, 3, 4}, tensor.Shape{5, 2, 4}},
		{tensor.Shape{5, 2, 3}, tensor.Shape{1, 3, 4}, tensor.Shape{5, 2, 4}},
		{tensor.Shape{6, 5, 2, 3}, tensor.Shape{6, 1, 3, 4}, tensor.Shape{6, 5, 2, 4}},
		{tensor.Shape{6, 1, 2, 3}, tensor.Shape{6, 5, 3, 4}, tensor.Shape{6, 5, 2, 4}},
		{tensor.Shape{6, 5, 2, 3}, tensor.Shape{5, 3, 4}, tensor.Shape{6, 5, 2, 4}},
		{tensor.Shape{6, 1, 2, 3}, tensor.Shape{1, 5, 3, 4}, tensor.Shape{6, 5, 2, 4}},
		{tensor.Shape{5, 2, 3}, tensor.Shape{1, 1, 3, 4}, tensor.Shape{1, 5, 2, 4}},
		{tensor.Shape{0, 2, 3}, tensor.Shape{1, 3, 4}, tensor.Shape{0, 2, 4}},
	} {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			g := graph.New()
			a, b := counted(g, k.a...), counted(g, k.b...)
			y := a.MatMul(b)
			require.NoError(t, g.Err())
			require.Equal(t, k.y, append(tensor.Shape{}, y.Shape()...))
			left, right, out := "...ij", "...jk", "...ik"
			if len(k.a) == 1 {
				left, out = "j", "...k"
			}
			if len(k.b) == 1 {
				right, out = "j", out[:len(out)-1]
			}
			want := einsumByDefinition(left+","+right+"->"+out, []tensor.Shape{k.a, k.b}, k.y)
			require.Equal(t, want, computed(t, g, y))
		})
	}
	g := graph.New()
	counted(g, 2, 2, 3).MatMul(counted(g, 3, 3, 4))
	require.ErrorContains(t, g.Err(), "matmul: [2 2 3] · [3 3 4]: batch sizes must be equal or 1")
}

func TestLinearAlgebraByHand(t *testing.T) {
	g := graph.New()
	m := func(rows, columns int, v ...float32) graph.Value { return floats(g, []int{rows, columns}, v...) }
	vec := func(v ...float32) graph.Value { return floats(g, []int{len(v)}, v...) }
	a := m(2, 2, 1, 2, 3, 4)
	for name, k := range map[string]struct {
		y    graph.Value
		want []float64
	}{
		"outer":            {vec(1, 2).Outer(vec(3, 4, 5)), []float64{3, 4, 5, 6, 8, 10}},
		"dot":              {vec(1, 2).Dot(vec(3, 4)), []float64{11}},
		"mv":               {a.Mv(vec(5, 6)), []float64{17, 39}},
		"addmm":            {vec(1, 10).Addmm(a, a, 2, 0.5), []float64{5.5, 25, 9.5, 31}},
		"addmm 0":          {m(2, 2, 0, 0, 0, 0).Log().Addmm(a, a, 0, 1), []float64{7, 10, 15, 22}},
		"trace":            {a.Trace(), []float64{5}},
		"kron":             {a.Kron(m(1, 2, 1, 10)), []float64{1, 10, 2, 20, 3, 30, 4, 40}},
		"tensordot":        {a.Tensordot(a, []int{0}, []int{1}), []float64{7, 15, 10, 22}},
		"tensordot of all": {a.Tensordot(a, []int{0, 1}, []int{1, 0}), []float64{1 + 6 + 6 + 16}},
		// y = [x1·W0·x2, x1·W1·x2] + b
		"bilinear": {m(1, 2, 1, 2).Bilinear(m(1, 3, 1, 0, 2), floats(g, []int{2, 2, 3}, 1, 2, 3, 4, 5, 6, 0, 1, 0, 1, 0, 1), vec(100, 200)),
			[]float64{100 + (1 + 6) + 2*(4+12), 200 + 0 + 2*(1+2)}},
	} {
		require.NoError(t, g.Err())
		require.Equal(t, k.want, computed(t, g, k.y), name)
	}
}
