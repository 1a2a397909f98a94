package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// poolVariants are the variants of a pooling op whose fast CPU form is f.
func poolVariants(f Prepare[float32]) []Variant {
	return []Variant{
		{Name: "fast", Kind: CPU, Prepare: f},
		{Name: "gather", Kind: Vulkan, When: poolServes, Lower: lowerPool},
	}
}

// poolGradVariants are those of a gradient.
func poolGradVariants(f Prepare[float32]) []Variant {
	spread := Variant{Name: "spread", Kind: Vulkan, When: poolSpreadServes, Lower: lowerPoolSpread}
	return append([]Variant{spread}, poolVariants(f)...)
}

func poolServes(t *Target, c *Call) bool {
	_, err := lowerPool(t, c)
	return err == nil && errRange(t, c) == nil
}

// lowerPool serves the four pooling ops: one invocation an element of the result.
func lowerPool(t *Target, c *Call) (Lowered, error) {
	at, n := c.Attrs.(cpuref.Pool2dAttrs), c.Out[0].Elems()
	if n == 0 {
		return Lowered{}, nil
	}
	if w := at.Kernel[0] * at.Kernel[1]; t.MaxLoop > 0 && w > t.MaxLoop/2 {
		return Lowered{}, fmt.Errorf("%s: a window of %d elements, over the %d loop iterations the device can be trusted with", c.Op.Name, w, t.MaxLoop/2)
	}
	var d Dispatch
	flag := truth(at.CountIncludePad) // of avg_pool2d and its gradient
	switch c.Op.Name {
	case "max_pool2d":
		d.Shader, d.Bind = "pool2d_max", []Bind{In(0), Out(0), unread(Out(0))}
		flag = truth(c.Out[1].Present())
		if flag == 1 {
			d.Bind[2] = Out(1)
		}
	case "max_pool2d_grad":
		d.Shader, d.Bind = "pool2d_max_grad", []Bind{In(0), In(1), Out(0)}
	case "avg_pool2d":
		d.Shader, d.Bind = "pool2d_avg", []Bind{In(0), Out(0)}
	case "avg_pool2d_grad":
		d.Shader, d.Bind = "pool2d_avg_grad", []Bind{In(0), Out(0)}
	}
	return Lowered{Dispatches: []Dispatch{poolDispatch(t, c, d, n, flag)}}, nil
}

// poolDispatch completes a dispatch of n invocations: sizes as specialisation
// constants, inputs as texels where that is the faster way.
func poolDispatch(t *Target, c *Call, d Dispatch, n int, flags ...uint32) Dispatch {
	at := c.Attrs.(cpuref.Pool2dAttrs)
	x, y := c.In[0].Shape, c.Out[0].Shape
	if at.Size != [2]int{} {
		x, y = y, x
	}
	if t.Software && c.In[0].Elems() <= t.MaxTexels {
		d.Shader += "_texel"
		for i := range d.Bind {
			if d.Bind[i].Role == RoleIn {
				d.Bind[i] = d.Bind[i].Texel1()
			}
		}
	}
	local := min(64, t.MaxInvocations)
	d.Grid = Folded(t, parts(n, local))
	d.Spec = append(words(local, at.Kernel[0], at.Kernel[1], at.Stride[0], at.Stride[1], at.Padding[0], at.Padding[1],
		at.Dilation[0], at.Dilation[1], x[2], x[3], y[2], y[3]), flags...)
	d.Push = words(n)
	return d
}

// poolSpreadServes: the windows lie side by side, and few enough elements are in
// each that one invocation can write them.
func poolSpreadServes(t *Target, c *Call) bool {
	at := c.Attrs.(cpuref.Pool2dAttrs)
	return errRange(t, c) == nil && at.Stride == at.Kernel && at.Dilation == [2]int{1, 1} && at.Padding == [2]int{} && at.Kernel[0]*at.Kernel[1] <= 64
}

// lowerPoolSpread serves both gradients: one invocation a window.
func lowerPoolSpread(t *Target, c *Call) (Lowered, error) {
	at, x := c.Attrs.(cpuref.Pool2dAttrs), c.Out[0].Shape
	n := x[0] * x[1] * parts(x[2], at.Kernel[0]) * parts(x[3], at.Kernel[1])
	if n == 0 {
		return Lowered{}, nil
	}
	average := c.Op.Name == "avg_pool2d_grad"
	d := Dispatch{Shader: "pool2d_spread", Bind: []Bind{In(0), In(0), Out(0)}}
	if !average {
		d.Bind[1] = In(1)
	}
	return Lowered{Dispatches: []Dispatch{poolDispatch(t, c, d, n, truth(at.CountIncludePad), truth(average))}}, nil
}
