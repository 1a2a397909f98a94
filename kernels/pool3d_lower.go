package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// pool3dVariants are the variants of a 3-d pooling op whose fast CPU form is f.
func pool3dVariants(f Prepare[float32]) []Variant {
	return []Variant{
		{Name: "fast", Kind: CPU, Prepare: f},
		{Name: "gather", Kind: Vulkan, When: pool3dServes, Lower: lowerPool3d},
	}
}

func pool3dServes(t *Target, c *Call) bool {
	_, err := lowerPool3d(t, c)
	return err == nil
}

// lowerPool3d serves the four 3-d pooling ops: one invocation an element of the
// result, which goes through its window, or through the windows that cover it.
func lowerPool3d(t *Target, c *Call) (Lowered, error) {
	at, n := c.Attrs.(cpuref.Pool3dAttrs), c.Out[0].Elems()
	if n == 0 {
		return Lowered{}, nil
	}
	x, y, grad := c.In[0].Shape, c.Out[0].Shape, at.Size != [3]int{}
	if grad {
		x, y = y, x
	}
	loop := 1
	for i := range 3 {
		in, out := x[2+i], y[2+i]
		if (in+1)*(out+1) > 1<<31-1 {
			return Lowered{}, fmt.Errorf("%s: %d windows of %d elements, over what 32 bits count", c.Op.Name, out, in)
		}
		loop *= pool3dLoop(at, i, in, out, grad) + 1
	}
	if t.MaxLoop > 0 && loop > t.MaxLoop/2 {
		return Lowered{}, fmt.Errorf("%s: a window takes %d loop iterations, over the %d the device can be trusted with", c.Op.Name, loop, t.MaxLoop/2)
	}
	if err := errRange(t, c); err != nil {
		return Lowered{}, err
	}
	flag := truth(at.CountIncludePad)
	if len(c.Out) > 1 {
		flag = truth(c.Out[1].Present())
	}
	dispatch := func(shader string, n int, bind ...Bind) Dispatch {
		d := flat(t, shader, n, words(n), bind...)
		for _, v := range [][3]int{at.Kernel, at.Stride, at.Padding, at.Dilation, [3]int(x[2:]), [3]int(y[2:])} {
			d.Spec = append(d.Spec, words(v[:]...)...)
		}
		d.Spec = append(d.Spec, truth(at.Adaptive != [3]int{}), flag, uint32(at.Divisor))
		return d
	}
	low := Lowered{}
	switch c.Op.Name {
	case "max_pool3d":
		idx := unread(Out(0))
		if flag == 1 {
			idx = Out(1)
		}
		low.Dispatches = []Dispatch{dispatch("pool3d_max", n, In(0), Out(0), idx)}
	case "max_pool3d_grad":
		low.Dispatches = []Dispatch{dispatch("pool3d_max_grad", n, In(0), In(1), Out(0))}
	case "avg_pool3d":
		low.Dispatches = []Dispatch{dispatch("pool3d_avg", n, In(0), Out(0))}
	case "avg_pool3d_grad":
		low.Work = []int{c.In[0].Bytes()}
		low.Dispatches = []Dispatch{
			dispatch("pool3d_share", c.In[0].Elems(), In(0), Work(0).WO()),
			dispatch("pool3d_avg_grad", n, Work(0).RO(), Out(0)),
		}
	}
	return low, nil
}

// pool3dLoop is how many elements an invocation may meet along an axis.
func pool3dLoop(at cpuref.Pool3dAttrs, axis, in, out int, grad bool) int {
	adaptive := at.Adaptive[axis] > 0
	switch {
	case adaptive && grad:
		return parts(out, in) + 1
	case adaptive:
		return parts(in, out) + 1
	case grad:
		return ((at.Kernel[axis]-1)*at.Dilation[axis])/at.Stride[axis] + 1
	}
	return min(at.Kernel[axis], in)
}

// errRange refuses operands over what a binding may hold.
func errRange(t *Target, c *Call) error {
	for _, x := range append(c.In[:len(c.In):len(c.In)], c.Out...) {
		if x.Present() && x.Bytes() > t.MaxStorageRange {
			return fmt.Errorf("%s: %v takes %d bytes, over the device's %d a binding", c.Op.Name, x, x.Bytes(), t.MaxStorageRange)
		}
	}
	return nil
}
