package nn

import (
	"fmt"
	"slices"

	"github.com/vulgo-ml/vulgo/graph"
)

// LayerNorm normalises over the last dimensions, whose sizes Shape gives, as
// torch.nn.LayerNorm: (x - mean)/sqrt(var + Eps)·Weight + Bias, both of Shape.
type LayerNorm struct {
	Shape            []int
	Eps              float64 // 0 means 1e-5
	NoAffine, NoBias bool

	Weight, Bias *graph.Variable `vulgo:"-"`
}

// Build makes the variables, ones and zeros; Init calls it.
func (n *LayerNorm) Build(s *Scope) error {
	if err := positive("LayerNorm", s, n.Shape); err != nil {
		return err
	}
	if !n.NoAffine {
		n.Weight = s.Param("weight", ConstInit(1), n.Shape...)
		if !n.NoBias {
			n.Bias = s.Param("bias", ConstInit(0), n.Shape...)
		}
	}
	return nil
}

// Forward adds the layer to x's graph.
func (n *LayerNorm) Forward(x graph.Value) graph.Value {
	w, b, ok := readAffine(x, n.Weight, n.Bias, !n.NoAffine, "LayerNorm")
	if !ok || !endsIn(x, n.Shape, "LayerNorm") {
		return graph.Value{}
	}
	return x.LayerNorm(len(n.Shape), w, b, orFloat(n.Eps, 1e-5))
}

// RMSNorm is x/sqrt(mean of x² + Eps)·Weight over the last dimensions, whose sizes
// Shape gives, as torch.nn.RMSNorm.
type RMSNorm struct {
	Shape    []int
	Eps      float64 // 0 means 2^-23, what a float32 resolves
	NoAffine bool

	Weight *graph.Variable `vulgo:"-"`
}

// Build makes the weight, ones; Init calls it.
func (n *RMSNorm) Build(s *Scope) error {
	if err := positive("RMSNorm", s, n.Shape); err != nil {
		return err
	}
	if !n.NoAffine {
		n.Weight = s.Param("weight", ConstInit(1), n.Shape...)
	}
	return nil
}

// Forward adds the layer to x's graph.
func (n *RMSNorm) Forward(x graph.Value) graph.Value {
	w, _, ok := readAffine(x, n.Weight, nil, !n.NoAffine, "RMSNorm")
	if !ok || !endsIn(x, n.Shape, "RMSNorm") {
		return graph.Value{}
	}
	return x.RMSNorm(len(n.Shape), w, orFloat(n.Eps, 0x1p-23))
}

// GroupNorm normalises x [B, Channels, ..] over each of Groups groups of channels,
// as torch.nn.GroupNorm; Weight and Bias are [Channels].
type GroupNorm struct {
	Groups, Channels int
	Eps              float64 // 0 means 1e-5
	NoAffine         bool

	Weight, Bias *graph.Variable `vulgo:"-"`
}

// Build makes the variables, ones and zeros; Init calls it.
func (n *GroupNorm) Build(s *Scope) error {
	if n.Groups < 1 || n.Channels < 1 || n.Channels%n.Groups != 0 {
		return fmt.Errorf("nn: GroupNorm %s: Groups %d must be positive and divide Channels %d", s.prefix, n.Groups, n.Channels)
	}
	if !n.NoAffine {
		n.Weight = s.Param("weight", ConstInit(1), n.Channels)
		n.Bias = s.Param("bias", ConstInit(0), n.Channels)
	}
	return nil
}

// Forward adds the layer to x's graph.
func (n *GroupNorm) Forward(x graph.Value) graph.Value {
	w, b, ok := readAffine(x, n.Weight, n.Bias, !n.NoAffine, "GroupNorm")
	if !ok {
		return graph.Value{}
	}
	return x.GroupNorm(n.Groups, w, b, orFloat(n.Eps, 1e-5))
}

// LocalResponseNorm is x/(K + Alpha/Size·s)^Beta, s the sum of x² over Size
// neighbouring channels of x [B, C, ..], as torch.nn.LocalResponseNorm.
type LocalResponseNorm struct {
	Size           int
	Alpha, Beta, K float64 // 0 means 1e-4, 0.75 and 1
}

// Forward adds the layer to x's graph.
func (n *LocalResponseNorm) Forward(x graph.Value) graph.Value {
	return x.LocalResponseNorm(n.Size, orFloat(n.Alpha, 1e-4), orFloat(n.Beta, 0.75), orFloat(n.K, 1))
}

func positive(layer string, s *Scope, shape []int) error {
	if len(shape) == 0 || slices.Min(shape) < 1 {
		return fmt.Errorf("nn: %s %s: Shape %v must hold positive sizes", layer, s.prefix, shape)
	}
	return nil
}

func endsIn(x graph.Value, shape []int, layer string) bool {
	s := x.Shape()
	if len(s) >= len(shape) && slices.Equal(s[len(s)-len(shape):], shape) {
		return true
	}
	if g := x.Graph(); g != nil {
		g.Fail(fmt.Errorf("nn: %s: x is %v, wants the last dimensions to be %v", layer, s, shape))
	}
	return false
}

// readAffine is a normalisation's weight and bias; wanted says that Init should
// have made a weight.
func readAffine(x graph.Value, weight, bias *graph.Variable, wanted bool, layer string) (w, b graph.Value, ok bool) {
	if x.Graph() == nil {
		return
	}
	if wanted {
		if w, ok = read(x, weight, layer); !ok {
			return
		}
	}
	if bias != nil {
		b = x.Graph().Read(bias)
	}
	return w, b, true
}

func orFloat(v, def float64) float64 {
	if v == 0 {
		return def
	}
	return v
}
