package nn

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
)

// InstanceNorm normalises each channel of each example of x [B, Features, ..] by
// its own mean and biased variance; with Running, in evaluation, by running ones
// as BatchNorm's, which training moves by the batch's average. InstanceNorm1d,
// InstanceNorm2d and InstanceNorm3d are this for inputs of certain ranks, as in
// torch.nn; those may lack the batch's dimension.
type InstanceNorm struct {
	Features int
	Eps      float64 // 0 means 1e-5
	Momentum float64 // 0 means 0.1
	Affine   bool    // with Weight and Bias, [Features]
	Running  bool    // with running statistics (PyTorch's track_running_stats)

	Weight, Bias, RunningMean, RunningVar, NumBatchesTracked *graph.Variable `vulgo:"-"`
}

// Build makes the variables; Init calls it.
func (n *InstanceNorm) Build(s *Scope) error {
	if n.Features < 1 {
		return fmt.Errorf("nn: InstanceNorm %s: Features %d must be positive", s.prefix, n.Features)
	}
	if n.Affine {
		n.Weight = s.Param("weight", ConstInit(1), n.Features)
		n.Bias = s.Param("bias", ConstInit(0), n.Features)
	}
	if n.Running {
		n.RunningMean = s.Buffer("running_mean", ConstInit(0), n.Features)
		n.RunningVar = s.Buffer("running_var", ConstInit(1), n.Features)
		n.NumBatchesTracked = s.Counter("num_batches_tracked") // never counted: PyTorch's doesn't either
	}
	return nil
}

// Forward adds the layer to x's graph.
func (n *InstanceNorm) Forward(x graph.Value) graph.Value {
	return n.forward(x, "InstanceNorm", 0)
}

// forward takes x of that rank, or of one less: a single example.
func (n *InstanceNorm) forward(x graph.Value, layer string, rank int) graph.Value {
	w, b, ok := readAffine(x, n.Weight, n.Bias, n.Affine, layer)
	if !ok {
		return graph.Value{}
	}
	least, most := rank, rank
	if rank == 0 {
		least, most = 3, 8
	} else if len(x.Shape()) == rank-1 {
		return n.forward(x.Unsqueeze(0), layer, rank).Squeeze(0)
	}
	if !hasFeatures(x, layer, n.Features, least, most) {
		return graph.Value{}
	}
	g, eps, s := x.Graph(), orFloat(n.Eps, 1e-5), x.Shape()
	if n.Running {
		if _, ok := read(x, n.RunningMean, layer); !ok {
			return graph.Value{}
		}
		if !g.Train() {
			return x.Standardize(current(g, n.RunningMean), current(g, n.RunningVar), w, b, eps)
		}
	}
	count := s[2:].Elems()
	if g.Train() && count == 1 {
		g.Fail(fmt.Errorf("nn: %s: x %v has one value for each channel: training wants more, for their variance", layer, s))
		return graph.Value{}
	}
	y, mean, variance := x.InstanceNorm(w, b, eps)
	if g.Train() && n.Running && g.Err() == nil {
		momentum := g.Scalar(orFloat(n.Momentum, 0.1))
		follow(g, n.RunningMean, mean.Mean(0), momentum)
		follow(g, n.RunningVar, variance.Mean(0).MulScalar(float64(count)/float64(count-1)), momentum)
	}
	return y
}

// InstanceNorm1d is InstanceNorm of x [B, Features, L] or [Features, L].
type InstanceNorm1d InstanceNorm

// Build makes the variables; Init calls it.
func (n *InstanceNorm1d) Build(s *Scope) error { return (*InstanceNorm)(n).Build(s) }

// Forward adds the layer to x's graph.
func (n *InstanceNorm1d) Forward(x graph.Value) graph.Value {
	return (*InstanceNorm)(n).forward(x, "InstanceNorm1d", 3)
}

// InstanceNorm2d is InstanceNorm of x [B, Features, H, W] or [Features, H, W].
type InstanceNorm2d InstanceNorm

// Build makes the variables; Init calls it.
func (n *InstanceNorm2d) Build(s *Scope) error { return (*InstanceNorm)(n).Build(s) }

// Forward adds the layer to x's graph.
func (n *InstanceNorm2d) Forward(x graph.Value) graph.Value {
	return (*InstanceNorm)(n).forward(x, "InstanceNorm2d", 4)
}

// InstanceNorm3d is InstanceNorm of x [B, Features, D, H, W] or [Features, D, H, W].
type InstanceNorm3d InstanceNorm

// Build makes the variables; Init calls it.
func (n *InstanceNorm3d) Build(s *Scope) error { return (*InstanceNorm)(n).Build(s) }

// Forward adds the layer to x's graph.
func (n *InstanceNorm3d) Forward(x graph.Value) graph.Value {
	return (*InstanceNorm)(n).forward(x, "InstanceNorm3d", 5)
}
