package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
)

func poolServes(t *Target, c *Call) bool {
	_, err := lowerPool(t, c)
	return err == nil
}

// lowerPool serves the four pooling ops: one invocation an element of the
// result, all sizes as specialisation constants.
func lowerPool(t *Target, c *Call) (Lowered, error) {
	at, out := c.Attrs.(cpuref.Pool2dAttrs), c.Out[0]
	x, y := c.In[0].Shape, out.Shape
	if at.Size != [2]int{} {
		x, y = y, x
	}
	n := out.Elems()
	if n == 0 {
		return Lowered{}, nil
	}
	if in := c.In[0].Elems(); in > t.MaxTexels {
		return Lowered{}, fmt.Errorf("%s: %d texels, over the device's %d", c.Op.Name, in, t.MaxTexels)
	}
	if w := at.Kernel[0] * at.Kernel[1]; t.MaxLoop > 0 && w > t.MaxLoop/2 {
		return Lowered{}, fmt.Errorf("%s: a window of %d elements, over the %d loop iterations the device can be trusted with", c.Op.Name, w, t.MaxLoop/2)
	}
	var d Dispatch
	flag := truth(at.CountIncludePad) // of avg_pool2d and its gradient
	switch c.Op.Name {
	case "max_pool2d":
		d.Shader, d.Bind = "pool2d_max", []Bind{In(0).Texel1(), Out(0), {Role: RoleOut}}
		flag = truth(c.Out[1].Present())
		if flag == 1 {
			d.Bind[2] = Out(1)
		}
	case "max_pool2d_grad":
		d.Shader, d.Bind = "pool2d_max_grad", []Bind{In(0).Texel1(), In(1).Texel1(), Out(0)}
	case "avg_pool2d":
		d.Shader, d.Bind = "pool2d_avg", []Bind{In(0).Texel1(), Out(0)}
	case "avg_pool2d_grad":
		d.Shader, d.Bind = "pool2d_avg_grad", []Bind{In(0).Texel1(), Out(0)}
	}
	local := min(64, t.MaxInvocations)
	d.Grid = Folded(t, (n+local-1)/local)
	d.Spec = append(words(local, at.Kernel[0], at.Kernel[1], at.Stride[0], at.Stride[1], at.Padding[0], at.Padding[1],
		at.Dilation[0], at.Dilation[1], x[2], x[3], y[2], y[3]), flag)
	d.Push = words(n)
	return Lowered{Dispatches: []Dispatch{d}}, nil
}
