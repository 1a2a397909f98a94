package nn

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// BatchNorm normalises each channel of x [B, Features, ..] by the batch's mean and
// biased variance in training, by running ones in evaluation:
//
//	y = (x - mean)/sqrt(var + Eps)·Weight + Bias
//	running = (1 - Momentum)·running + Momentum·batch, the variance by n/(n-1)
//
// BatchNorm1d, BatchNorm2d and BatchNorm3d are this for inputs of certain ranks,
// as in torch.nn. A layer used several times in a graph updates its running
// statistics as often, in that order.
type BatchNorm struct {
	Features   int
	Eps        float64 // 0 means 1e-5
	Momentum   float64 // 0 means 0.1
	Cumulative bool    // the average of all batches in place of Momentum (PyTorch's momentum=None)
	NoAffine   bool    // no Weight and Bias
	NoRunning  bool    // no running statistics: the batch's in evaluation too

	Weight, Bias, RunningMean, RunningVar, NumBatchesTracked *graph.Variable `vulgo:"-"`
}

// Build makes the variables; Init calls it.
func (n *BatchNorm) Build(s *Scope) error {
	if n.Features < 1 {
		return fmt.Errorf("nn: BatchNorm %s: Features %d must be positive", s.prefix, n.Features)
	}
	if !n.NoAffine {
		n.Weight = s.Param("weight", ConstInit(1), n.Features)
		n.Bias = s.Param("bias", ConstInit(0), n.Features)
	}
	if !n.NoRunning {
		n.RunningMean = s.Buffer("running_mean", ConstInit(0), n.Features)
		n.RunningVar = s.Buffer("running_var", ConstInit(1), n.Features)
		n.NumBatchesTracked = s.Counter("num_batches_tracked")
	}
	return nil
}

// Forward adds the layer to x's graph.
func (n *BatchNorm) Forward(x graph.Value) graph.Value {
	return n.forward(x, "BatchNorm", 2, 8)
}

func (n *BatchNorm) forward(x graph.Value, layer string, least, most int) graph.Value {
	w, b, ok := readAffine(x, n.Weight, n.Bias, !n.NoAffine, layer)
	if !ok || !hasFeatures(x, layer, n.Features, least, most) {
		return graph.Value{}
	}
	g, eps := x.Graph(), orFloat(n.Eps, 1e-5)
	if !n.NoRunning {
		if _, ok := read(x, n.RunningMean, layer); !ok {
			return graph.Value{}
		}
		if !g.Train() {
			return x.Standardize(current(g, n.RunningMean), current(g, n.RunningVar), w, b, eps)
		}
	}
	count := x.Shape().Elems() / n.Features
	if g.Train() && count < 2 {
		g.Fail(fmt.Errorf("nn: %s: x %v has one value for each channel: training wants more, for their variance", layer, x.Shape()))
		return graph.Value{}
	}
	y, mean, variance := x.BatchNorm(w, b, eps)
	if g.Train() && !n.NoRunning && g.Err() == nil {
		seen := current(g, n.NumBatchesTracked).Add(g.Const(tensor.FromI32([]int32{1})))
		replace(g, n.NumBatchesTracked, seen)
		momentum := g.Scalar(orFloat(n.Momentum, 0.1))
		if n.Cumulative {
			momentum = seen.Float().Op("reciprocal")
		}
		follow(g, n.RunningMean, mean, momentum)
		follow(g, n.RunningVar, variance.MulScalar(float64(count)/float64(count-1)), momentum)
	}
	return y
}

// hasFeatures checks that x is [B, features, ..].
func hasFeatures(x graph.Value, layer string, features, least, most int) bool {
	s := x.Shape()
	if len(s) < least || len(s) > most || s[1] != features {
		x.Graph().Fail(fmt.Errorf("nn: %s: x is %v, wants [B %d ..] with %d to %d dimensions", layer, s, features, least, most))
		return false
	}
	return true
}

// current is a variable's value after what the graph has assigned to it so far.
func current(g *graph.Graph, v *graph.Variable) graph.Value {
	for _, a := range g.Assigns {
		if a.Var == v {
			return g.ValueOf(a.Ref)
		}
	}
	return g.Read(v)
}

// replace assigns x in place of what the graph has assigned so far.
func replace(g *graph.Graph, v *graph.Variable, x graph.Value) {
	for i, a := range g.Assigns {
		if a.Var == v && g.Err() == nil {
			g.Assigns[i].Ref = x.Cast(v.Stored().DType).Ref()
			return
		}
	}
	g.Assign(v, x)
}

// follow moves a running average towards x by momentum.
func follow(g *graph.Graph, v *graph.Variable, x, momentum graph.Value) {
	old := current(g, v)
	replace(g, v, old.Add(x.Sub(old).Mul(momentum)))
}

// BatchNorm1d is BatchNorm of x [B, Features] or [B, Features, L].
type BatchNorm1d BatchNorm

// Build makes the variables; Init calls it.
func (n *BatchNorm1d) Build(s *Scope) error { return (*BatchNorm)(n).Build(s) }

// Forward adds the layer to x's graph.
func (n *BatchNorm1d) Forward(x graph.Value) graph.Value {
	return (*BatchNorm)(n).forward(x, "BatchNorm1d", 2, 3)
}

// BatchNorm2d is BatchNorm of x [B, Features, H, W].
type BatchNorm2d BatchNorm

// Build makes the variables; Init calls it.
func (n *BatchNorm2d) Build(s *Scope) error { return (*BatchNorm)(n).Build(s) }

// Forward adds the layer to x's graph.
func (n *BatchNorm2d) Forward(x graph.Value) graph.Value {
	return (*BatchNorm)(n).forward(x, "BatchNorm2d", 4, 4)
}

// BatchNorm3d is BatchNorm of x [B, Features, D, H, W].
type BatchNorm3d BatchNorm

// Build makes the variables; Init calls it.
func (n *BatchNorm3d) Build(s *Scope) error { return (*BatchNorm)(n).Build(s) }

// Forward adds the layer to x's graph.
func (n *BatchNorm3d) Forward(x graph.Value) graph.Value {
	return (*BatchNorm)(n).forward(x, "BatchNorm3d", 5, 5)
}
