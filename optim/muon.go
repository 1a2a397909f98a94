package optim

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Muon is torch.optim.Muon: the momentum of each matrix is made nearly orthogonal
// by Newton and Schulz's iteration, here in float32, and the result is the step.
//
//	buf = momentum·buf + (1-momentum)·g    u = (1-momentum)·g + momentum·buf
//	X = u/|u|, 5 times: A = X·Xᵀ, X = 3.4445·X - 4.7750·A·X + 2.0315·A·A·X
//	p -= lr·decay·p + lr·sqrt(max(1, rows/columns))·X
//
// LR 1e-3, WeightDecay 0.1, Momentum 0.95, NSSteps 5; without Nesterov's momentum
// (PlainMomentum) u = buf. With MatchRMSAdamW the last factor is
// 0.2·sqrt(max(rows, columns)), for AdamW's learning rates. Parameters of other
// ranks than 2 are the matter of Others (nil: AdamW), a group of its own; put
// embeddings and the last layer there too by Groups.
type Muon struct {
	LR, WeightDecay, Momentum    float64
	NSSteps                      int
	PlainMomentum, MatchRMSAdamW bool
	Maximize                     bool
	Others                       Optimizer
}

// Rate is LR.
func (o Muon) Rate() float64 { return or(o.LR, 1e-3) }

// For makes the rule; its state is momentum_buffer of each matrix, in a group
// "muon", and that of Others, "others", where there are other parameters.
func (o Muon) For(params []*graph.Variable) *Rule {
	others := o.Others
	if others == nil {
		others = AdamW{}
	}
	matrix := func(p *graph.Variable) bool { return len(p.Type.Shape) == 2 }
	return Groups{{Name: "muon", Match: matrix, Optimizer: matrices(o)}, {Name: "others", Optimizer: others}}.For(params)
}

// matrices is Muon where every parameter is a matrix.
type matrices Muon

func (o matrices) Rate() float64 { return Muon(o).Rate() }

func (o matrices) For(params []*graph.Variable) *Rule {
	r := newRule(o, o.Maximize, params, perParameter(params, "momentum_buffer")...)
	mom, decay := or(o.Momentum, 0.95), or(o.WeightDecay, 0.1)
	r.parts[0].update = func(u *update) {
		g := u.g
		for i, p := range u.params {
			w, grad := g.Read(p), u.grad(i)
			buf := lerp(g.Read(u.states[i]), grad, mom)
			step := buf
			if !o.PlainMomentum {
				step = lerp(buf, grad, mom)
			}
			step = formula(fmt.Sprintf("x -> %v*x", o.scale(p.Type.Shape)), Orthogonal(step, orInt(o.NSSteps, 5)))
			g.Assign(p, formula(fmt.Sprintf("p, x, lr -> p - lr*%v*p - lr*x", decay), w, step, u.lr))
			g.Assign(u.states[i], buf)
		}
	}
	return r
}

// Orthogonal brings the singular values of a matrix near 1 by steps of Newton and
// Schulz's quintic iteration, without its singular vectors changing:
//
//	X = X/max(|X|, 1e-7); A = X·Xᵀ; X = 3.4445·X + (-4.7750·A + 2.0315·A·A)·X
func Orthogonal(x graph.Value, steps int) graph.Value {
	if len(x.Shape()) != 2 {
		return x
	}
	tall := x.Dim(0) > x.Dim(1)
	if tall {
		x = x.Transpose(0, 1)
	}
	x = formula("x, square -> x/max(sqrt(square), 1e-7)", x, x.Square().Sum())
	for range steps {
		a := x.MatMulT(x)
		b := formula("a, aa -> -4.7750*a + 2.0315*aa", a, a.MatMul(a))
		x = formula("x, bx -> 3.4445*x + bx", x, b.MatMul(x))
	}
	if tall {
		x = x.Transpose(0, 1)
	}
	return x
}

func (o matrices) scale(s tensor.Shape) float64 {
	rows, cols := float64(s[0]), float64(max(s[1], 1))
	if o.MatchRMSAdamW {
		return 0.2 * math.Sqrt(max(rows, cols))
	}
	return math.Sqrt(max(1, rows/cols))
}
