package nn

import "github.com/vulgo-ml/vulgo/graph"

// Dropout layers work in training only (graph.SetTrain). P is the probability to
// drop; 0, which hyperparameters often are, drops nothing (PyTorch's default is
// 0.5).
type (
	// Dropout zeroes elements and scales the others by 1/(1-P).
	Dropout struct{ P float64 }
	// Dropout1d zeroes whole channels of [N, C, L].
	Dropout1d struct{ P float64 }
	// Dropout2d zeroes whole channels of [N, C, H, W].
	Dropout2d struct{ P float64 }
	// Dropout3d zeroes whole channels of [N, C, D, H, W].
	Dropout3d struct{ P float64 }
	// AlphaDropout is the dropout that goes with SELU: mean and variance stay.
	AlphaDropout struct{ P float64 }
	// FeatureAlphaDropout is AlphaDropout of whole channels.
	FeatureAlphaDropout struct{ P float64 }
)

// Forward adds the layer to x's graph.
func (l Dropout) Forward(x graph.Value) graph.Value { return x.Dropout(l.P) }

// Forward adds the layer to x's graph.
func (l Dropout1d) Forward(x graph.Value) graph.Value { return x.Dropout1d(l.P) }

// Forward adds the layer to x's graph.
func (l Dropout2d) Forward(x graph.Value) graph.Value { return x.Dropout2d(l.P) }

// Forward adds the layer to x's graph.
func (l Dropout3d) Forward(x graph.Value) graph.Value { return x.Dropout3d(l.P) }

// Forward adds the layer to x's graph.
func (l AlphaDropout) Forward(x graph.Value) graph.Value { return x.AlphaDropout(l.P) }

// Forward adds the layer to x's graph.
func (l FeatureAlphaDropout) Forward(x graph.Value) graph.Value { return x.FeatureAlphaDropout(l.P) }
