package nn

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
)

// Conv2d is the cross-correlation of x [N, In, H, W] with Weight [Out,
// In/Groups, k, k], plus Bias [Out], as torch.nn.Conv2d: Stride, Dilation and
// Groups of 0 mean 1. KernelW and so on, where not 0, make it rectangular.
type Conv2d struct {
	In, Out, Kernel, Stride, Padding, Dilation, Groups int
	KernelW, StrideW, PaddingW, DilationW              int
	NoBias                                             bool

	Weight, Bias *graph.Variable `vulgo:"-"`
}

// Build makes the variables, in U(±1/sqrt(fan in)); Init calls it.
func (c *Conv2d) Build(s *Scope) error {
	groups := max(c.Groups, 1)
	if c.In < 1 || c.Out < 1 || c.Kernel < 1 || c.In%groups != 0 || c.Out%groups != 0 {
		return fmt.Errorf("nn: Conv2d %s: In %d, Out %d and Kernel %d must be positive and Groups %d divide both", s.prefix, c.In, c.Out, c.Kernel, groups)
	}
	kh, kw := c.Kernel, or(c.KernelW, c.Kernel)
	init := UniformInit(1 / math.Sqrt(float64(c.In/groups*kh*kw)))
	c.Weight = s.Param("weight", init, c.Out, c.In/groups, kh, kw)
	if !c.NoBias {
		c.Bias = s.Param("bias", init, c.Out)
	}
	return nil
}

// Forward adds the layer to x's graph.
func (c *Conv2d) Forward(x graph.Value) graph.Value {
	w, ok := read(x, c.Weight, "Conv2d")
	if !ok {
		return graph.Value{}
	}
	y := x.Conv2d(w, cpuref.Conv2dAttrs{
		Stride:   [2]int{c.Stride, or(c.StrideW, c.Stride)},
		Padding:  [2]int{c.Padding, or(c.PaddingW, c.Padding)},
		Dilation: [2]int{c.Dilation, or(c.DilationW, c.Dilation)},
		Groups:   c.Groups,
	})
	if c.Bias != nil {
		y = y.Add(x.Graph().Read(c.Bias).Reshape(c.Out, 1, 1))
	}
	return y
}

func or(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}
