package conformance

import (
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
)

var _ = register(map[string]build{
	"torch.matmul(a,b)": func(b *builder) graph.Value { return matmul(b.at("a"), b.at("b")) },
	"a @ a":             func(b *builder) graph.Value { return b.at("a").MatMul(b.at("a")) },
	"a.T @ b.T":         gemm(true, true),
	"a.T @ b":           gemm(true, false),
	"a @ b.T":           gemm(false, true),
	"torch.nn.Linear":   linear,
})

func linear(b *builder) graph.Value {
	w := b.vars["weight"]
	if w == nil {
		return b.miss("Linear without a parameter weight")
	}
	l := nn.Linear{In: w.Type.Shape[1], Out: w.Type.Shape[0], Weight: w, Bias: b.vars["bias"]}
	return l.Forward(b.x())
}

// matmul is torch.matmul: vectors gain a dimension that goes away again, batch
// dimensions broadcast.
func matmul(x, w graph.Value) graph.Value {
	vec, row := len(x.Shape()) == 1, len(w.Shape()) == 1
	if vec {
		x = x.Unsqueeze(0)
	}
	if row {
		w = w.Unsqueeze(1)
	}
	if nx, nw := len(x.Shape())-2, len(w.Shape())-2; nw > 0 {
		batch := make([]int, max(nx, nw))
		for i := range batch {
			batch[i] = 1
			if k := i - len(batch) + nx; k >= 0 {
				batch[i] = x.Shape()[k]
			}
			if k := i - len(batch) + nw; k >= 0 {
				batch[i] = max(batch[i], w.Shape()[k])
			}
		}
		x = x.Expand(append(append([]int{}, batch...), x.Shape()[nx:]...)...)
		w = w.Expand(append(append([]int{}, batch...), w.Shape()[nw:]...)...)
	}
	y := x.MatMul(w)
	if row {
		y = y.Squeeze(len(y.Shape()) - 1)
	}
	if vec {
		y = y.Squeeze(len(y.Shape()) - 1 - b2i(!row))
	}
	return y
}

func b2i(v bool) int {
	if v {
		return 1
	}
	return 0
}

func gemm(ta, tb bool) build {
	return func(b *builder) graph.Value {
		return apply("matmul", cpuref.MatMulAttrs{TransA: ta, TransB: tb}, b.at("a"), b.at("b"))
	}
}

// addmm is beta·c + alpha·a·b.
func addmm(b *builder) graph.Value {
	ab := b.at("a").MatMul(b.at("b")).MulScalar(b.num("alpha", 1))
	return ab.Add(b.at("c").MulScalar(b.num("beta", 1)))
}
