package nn

import (
	"errors"
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// RecurrentWeights are the variables of one layer and direction, or of a cell.
// Bih and Bhh are nil without biases, Whr but for an LSTM with Proj.
type RecurrentWeights struct{ Wih, Whh, Bih, Bhh, Whr *graph.Variable }

// whole tells whether both weights are there, and both biases or none.
func (w RecurrentWeights) whole() bool {
	return w.Wih != nil && w.Whh != nil && (w.Bih == nil) == (w.Bhh == nil)
}

// recurrent is what RNN, GRU and LSTM have alike: layers of two directions over
// sequences of one or of several lengths.
type recurrent struct {
	kind              string // for errors
	in, hidden, proj  int
	layers, gates     int
	bidirectional     bool
	batchFirst        bool
	noBias            bool
	dropout           float64
	carries           bool      // h stays what it was where the gates are past
	past              []float32 // a unit's gates behind a sequence's end: they keep the state
	hasCell, splitsBh bool      // a second state c; Bhh stays apart from Bih

	cells []RecurrentWeights
	// run is one layer and direction; bhh is absent but with splitsBh.
	run func(gx, whh, bhh, h0, c0 graph.Value, reverse bool) (y, h, c graph.Value)
}

// gone as an argument makes a sigmoid exactly 0, its negative exactly 1, and
// relu 0.
const gone = -1e30

func (r *recurrent) dirs() int {
	if r.bidirectional {
		return 2
	}
	return 1
}

// out is the width of h.
func (r *recurrent) out() int {
	if r.proj > 0 {
		return r.proj
	}
	return r.hidden
}

// build makes the variables.
func (r *recurrent) build(s *Scope) ([]RecurrentWeights, error) {
	fail := func(format string, a ...any) ([]RecurrentWeights, error) {
		return nil, fmt.Errorf("nn: %s %s: %s", r.kind, s.prefix, fmt.Sprintf(format, a...))
	}
	switch {
	case r.in < 1 || r.hidden < 1:
		return fail("In %d and Hidden %d must be positive", r.in, r.hidden)
	case r.layers < 0:
		return fail("%d layers", r.layers)
	case r.proj < 0 || r.proj >= r.hidden:
		return fail("Proj %d must be smaller than Hidden %d", r.proj, r.hidden)
	case !(r.dropout >= 0 && r.dropout <= 1):
		return fail("Dropout %v must be from 0 to 1", r.dropout)
	}
	var cells []RecurrentWeights
	for k := range max(r.layers, 1) {
		in := r.in
		if k > 0 {
			in = r.out() * r.dirs()
		}
		for d := range r.dirs() {
			cells = append(cells, r.weights(s, fmt.Sprintf("_l%d%s", k, [...]string{"", "_reverse"}[d]), in))
		}
	}
	return cells, nil
}

// weights makes the variables of one layer and direction, or of a cell.
func (r *recurrent) weights(s *Scope, suffix string, in int) RecurrentWeights {
	init, n := UniformInit(1/math.Sqrt(float64(r.hidden))), r.gates*r.hidden
	w := RecurrentWeights{
		Wih: s.Param("weight_ih"+suffix, init, n, in),
		Whh: s.Param("weight_hh"+suffix, init, n, r.out()),
	}
	if !r.noBias {
		w.Bih = s.Param("bias_ih"+suffix, init, n)
		w.Bhh = s.Param("bias_hh"+suffix, init, n)
	}
	if r.proj > 0 {
		w.Whr = s.Param("weight_hr"+suffix, init, r.proj, r.hidden)
	}
	return w
}

// input checks x and the states and gives them as [T, N, In] and [layers·dirs,
// N, width]; absent states stay absent.
func (r *recurrent) input(x, lengths, h0, c0 graph.Value) (_, _, _ graph.Value, err error) {
	s := x.Shape()
	single := len(s) == 2
	if len(s) < 2 || len(s) > 3 || s[len(s)-1] != r.in || len(r.cells) == 0 {
		want := "T N"
		if r.batchFirst {
			want = "N T"
		}
		return x, h0, c0, fmt.Errorf("x is %v, wants [%s %d], or [T %d] for one sequence, and variables made by nn.Init", s, want, r.in, r.in)
	}
	switch {
	case single && lengths.Valid():
		return x, h0, c0, errors.New("lengths are of a batch, x is one sequence")
	case single:
		x = x.Unsqueeze(1)
	case r.batchFirst:
		x = x.Transpose(0, 1)
	}
	n := x.Dim(1)
	if lengths.Valid() && !lengths.Type().Equal(tensor.I32(n)) {
		return x, h0, c0, fmt.Errorf("lengths are %v, wants int32[%d]", lengths.Type(), n)
	}
	state := func(name string, v graph.Value, width int) graph.Value {
		if !v.Valid() || err != nil {
			return v
		}
		want := tensor.Shape{len(r.cells), n, width}
		if single {
			want = tensor.Shape{len(r.cells), width}
		}
		if !v.Shape().Equal(want) {
			err = fmt.Errorf("%s is %v; with x %v it must be %v", name, v.Shape(), s, want)
			return v
		}
		if single {
			v = v.Unsqueeze(1)
		}
		return v
	}
	h0, c0 = state("h0", h0, r.out()), state("c0", c0, r.hidden)
	return x, h0, c0, err
}

// forward adds the layers. c is absent without hasCell.
func (r *recurrent) forward(x, lengths, h0, c0 graph.Value) (y, h, c graph.Value) {
	g := x.Graph()
	if g == nil {
		return
	}
	single := len(x.Shape()) == 2
	x, h0, c0, err := r.input(x, lengths, h0, c0)
	if err != nil {
		g.Fail(fmt.Errorf("nn: %s: %w", r.kind, err))
		return
	}
	if g.Err() != nil {
		return
	}
	for i, w := range r.cells {
		if !w.whole() {
			g.Fail(fmt.Errorf("nn: %s: Cells[%d] wants Wih and Whh, and both Bih and Bhh or neither", r.kind, i))
			return
		}
	}
	var e ends
	if lengths.Valid() {
		e = newEnds(x, lengths)
		x = e.live.Where(x, g.Scalar(0)) // what stands there, even NaN, reaches no weight
	}
	var hs, cs []graph.Value
	for k := 0; k < len(r.cells); k += r.dirs() {
		if k > 0 {
			x = x.Dropout(r.dropout)
		}
		var ys []graph.Value
		for d := range r.dirs() {
			if g.Err() != nil {
				return
			}
			yd, hd, cd := r.direction(r.cells[k+d], x, stateOf(h0, k+d), stateOf(c0, k+d), e, d == 1)
			ys, hs, cs = append(ys, yd), append(hs, hd), append(cs, cd)
		}
		x = graph.Concat(2, ys...)
	}
	y, h = x, graph.Stack(0, hs...)
	if r.hasCell {
		c = graph.Stack(0, cs...)
	}
	switch {
	case single:
		y, h = y.Squeeze(1), h.Squeeze(1)
		if r.hasCell {
			c = c.Squeeze(1)
		}
	case r.batchFirst:
		y = y.Transpose(0, 1)
	}
	return y, h, c
}

// stateOf is a state's part of one layer and direction.
func stateOf(states graph.Value, i int) graph.Value {
	if !states.Valid() {
		return states
	}
	return states.Narrow(0, i, 1).Squeeze(0)
}

// direction adds one layer and direction over x [T, N, in]. The reverse one of
// sequences of several lengths is a forward one of the sequences turned round.
func (r *recurrent) direction(w RecurrentWeights, x, h0, c0 graph.Value, e ends, reverse bool) (y, h, c graph.Value) {
	turned := reverse && e.lengths.Valid()
	if turned {
		x, reverse = x.ReverseSequence(e.lengths, 0, 1), false
	}
	g, n, steps := x.Graph(), x.Dim(1), x.Dim(0)
	gx, bhh := r.inputGates(w, x)
	whh, start := g.Read(w.Whh), h0
	if !h0.Valid() {
		h0 = g.Zeros(n, r.out())
	}
	if r.hasCell && !c0.Valid() {
		c0 = g.Zeros(n, r.hidden)
	}
	m0 := h0
	if w.Whr != nil {
		// With h = m·Whrᵀ, h·Whhᵀ = m·(Whh·Whr)ᵀ, but for the first step's h0.
		if start.Valid() && steps > 0 {
			gx = addToStep(gx, start.MatMulT(whh), reverse)
		}
		whh, m0 = whh.MatMul(g.Read(w.Whr)), g.Zeros(n, r.hidden)
	}
	if e.lengths.Valid() {
		gx = e.live.Where(gx, g.Const(r.behind()))
	}
	y, h, c = r.run(gx, whh, bhh, m0, c0, reverse)
	if w.Whr != nil {
		y, h = y.MatMulT(g.Read(w.Whr)), h.MatMulT(g.Read(w.Whr))
		if steps == 0 {
			h = h0
		}
	}
	if e.lengths.Valid() {
		if !r.carries {
			h = e.last(y, h0)
		}
		y = e.live.Where(y, g.Scalar(0))
	}
	if turned {
		y = y.ReverseSequence(e.lengths, 0, 1)
	}
	return y, h, c
}

// inputGates is x·Wihᵀ with the biases that belong there, and the one that doesn't.
func (r *recurrent) inputGates(w RecurrentWeights, x graph.Value) (gx, bhh graph.Value) {
	g := x.Graph()
	var bias graph.Value // before the product, so that its epilogue adds it
	switch {
	case w.Bih == nil:
	case r.splitsBh:
		bias, bhh = g.Read(w.Bih), g.Read(w.Bhh)
	default:
		bias = g.Read(w.Bih).Add(g.Read(w.Bhh))
	}
	gx = x.MatMulT(g.Read(w.Wih))
	if bias.Valid() {
		gx = gx.Add(bias)
	}
	return gx, bhh
}

// behind are a row's gates behind a sequence's end.
func (r *recurrent) behind() *tensor.Tensor {
	t := tensor.New(tensor.F32(r.gates * r.hidden))
	for i := range t.F32 {
		t.F32[i] = r.past[i/r.hidden]
	}
	return t
}

// addToStep adds v to the step of gx that runs first.
func addToStep(gx, v graph.Value, reverse bool) graph.Value {
	steps, first := gx.Dim(0), 0
	if reverse {
		first = steps - 1
	}
	one := gx.Narrow(0, first, 1).Add(v.Unsqueeze(0))
	switch {
	case steps == 1:
		return one
	case reverse:
		return graph.Concat(0, gx.Narrow(0, 0, steps-1), one)
	}
	return graph.Concat(0, one, gx.Narrow(0, 1, steps-1))
}

// ends are the lengths of a batch's sequences; live is [T, N, 1], true before the
// end of each.
type ends struct{ lengths, live graph.Value }

func newEnds(x, lengths graph.Value) ends {
	g, steps := x.Graph(), counted(x.Dim(0))
	steps.Shape = tensor.Shape{x.Dim(0), 1}
	return ends{lengths, g.Const(steps).Op("lt", lengths).Unsqueeze(2)}
}

// counted are 0, 1, .. n-1.
func counted(n int) *tensor.Tensor {
	t := tensor.New(tensor.I32(n))
	for i := range t.I32 {
		t.I32[i] = int32(i)
	}
	return t
}

// last is each sequence's last y [T, N, H], or h0 where it has none.
func (e ends) last(y, h0 graph.Value) graph.Value {
	g, steps, n := y.Graph(), y.Dim(0), y.Dim(1)
	if steps*n == 0 {
		return h0
	}
	whole := func(v int) graph.Value { return g.Const(tensor.FromI32([]int32{int32(v)}, 1)) }
	step := e.lengths.Maximum(whole(1)).Minimum(whole(steps)).Sub(whole(1))
	row := step.Mul(whole(n)).Add(g.Const(counted(n)))
	last := y.Reshape(steps*n, y.Dim(2)).Embed(row)
	return whole(0).Op("lt", e.lengths).Unsqueeze(1).Where(last, h0)
}
