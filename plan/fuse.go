package plan

import (
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/expr"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// epilogueOperands is how many operands besides the value an epilogue reads.
const epilogueOperands = 2

// fuse lets the ops that end in a replaceable epilogue take in the elementwise
// ops behind them: matmul, + bias, relu is one step. A follower joins if
// nothing else reads the value between, if it keeps the shape, and if its other
// operands are known before the step and are as large as the value or differ
// along EpilogueAxis alone.
func (b *build) fuse() {
	readers := make([][]*graph.Node, b.g.Values())
	pos := map[*graph.Node]int{}
	for i, n := range b.nodes {
		pos[n] = i + 1 // sources are at 0
		for _, r := range n.In {
			if r != kernels.NoRef {
				readers[r] = append(readers[r], n)
			}
		}
	}
	gone := map[*graph.Node]bool{}
	for _, s := range b.steps {
		if !s.Node.Op.Epilogue || gone[s.Node] || b.typeOf(s.Node.Out[0]).DType != tensor.Float32 {
			continue
		}
		e := &epilogue{b: b, s: s, value: s.Node.Out[0], body: expr.Arg(0, expr.Float)}
		for {
			r := e.value
			if b.used[r] != 1 || len(readers[r]) != 1 || !e.take(readers[r][0], pos) {
				break
			}
			gone[readers[r][0]] = true
		}
		e.finish()
	}
	kept := b.steps[:0]
	for _, s := range b.steps {
		if !gone[s.Node] {
			kept = append(kept, s)
		}
	}
	b.steps = kept
}

// epilogue grows by one follower at a time.
type epilogue struct {
	b     *build
	s     *Step
	value kernels.Ref // what the step gives so far
	body  *expr.Expr  // of Arg 0, the op's own result, and the extras
	extra []kernels.Ref
	byCol []bool
}

// take lets n join, if it can.
func (e *epilogue) take(n *graph.Node, pos map[*graph.Node]int) bool {
	types := make([]tensor.Type, len(n.In))
	for i, r := range n.In {
		types[i] = e.b.typeOf(r)
	}
	out := e.b.typeOf(e.value)
	f, ok := kernels.Formula(n.Op, n.Attrs, types)
	if !ok || f.Result() != expr.Float || !e.b.typeOf(n.Out[0]).Equal(out) {
		return false
	}
	extra, byCol := e.extra, e.byCol
	args := make([]*expr.Expr, len(n.In))
	for i, r := range n.In {
		m := e.b.g.Maker(root(e.b.g, r)) // a bias is often a reshaped variable
		switch {
		case f.Args[i] != expr.Float:
			return false
		case r == e.value:
			args[i] = e.body
			continue
		case m.Kind == graph.ConstNode && types[i].Elems() == 1:
			args[i] = expr.Const(m.Const.At(0))
			continue
		case pos[m] >= pos[e.s.Node] || len(extra) == epilogueOperands:
			return false
		}
		col := alongAxis(types[i].Shape, out.Shape, e.s.Node.Op.EpilogueAxis)
		if !col && !types[i].Shape.Equal(out.Shape) {
			return false
		}
		extra, byCol = append(extra, r), append(byCol, col)
		args[i] = expr.Arg(len(extra), expr.Float)
	}
	e.extra, e.byCol = extra, byCol
	e.body = f.Apply(args, nil)
	e.value = n.Out[0]
	e.s.Fused = append(e.s.Fused, n)
	return true
}

// alongAxis reports whether s, broadcast to out, varies along one axis alone.
func alongAxis(s, out tensor.Shape, axis int) bool {
	if axis < 0 {
		axis += len(out)
	}
	at := axis - (len(out) - len(s))
	return at >= 0 && at < len(s) && s[at] == out[axis] && s.Elems() == out[axis]
}

// finish writes the epilogue into the step's call: as a patch for the shader,
// and for the CPU as a formula over the finished result.
func (e *epilogue) finish() {
	if len(e.s.Fused) == 0 {
		return
	}
	args := make([]expr.Type, 1+len(e.extra))
	for i := range args {
		args[i] = expr.Float
	}
	f := expr.Func{Args: args, Body: e.body} // well typed: each follower was
	e.s.Call = &kernels.Call{Op: e.s.Node.Op, Attrs: e.s.Node.Attrs, Epilogue: kernels.EpilogueOf(f, e.byCol...)}
	e.s.Finish = func(out cpuref.Arg[float32], extra []cpuref.Arg[float32]) func() {
		return kernels.PrepareFormula(f, out, append([]cpuref.Arg[float32]{out}, extra...)...)
	}
	e.b.extra[e.s] = e.extra
	e.b.result[e.s] = e.value
}
