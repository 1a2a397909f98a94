package kernels

import "github.com/vulgo-ml/vulgo/cpuref"

func crossEntropyServes(t *Target, c *Call, f laneForm) bool {
	n := c.In[0].Shape[1]
	return loopFits(t, softmaxPasses*parts(n, axisLanes(f, n, 1)))
}

func lowerCrossEntropy(t *Target, c *Call, f laneForm) (Lowered, error) {
	rows, classes := c.In[0].Shape[0], c.In[0].Shape[1]
	if rows == 0 {
		return Lowered{}, nil
	}
	lse := Out(1)
	if !c.Out[1].Present() {
		lse = unread(Out(0))
	}
	push := words(rows, classes, c.Attrs.(cpuref.CrossEntropyAttrs).IgnoreIndex)
	d := f.dispatch(t, "crossentropy", rows, axisLanes(f, classes, 1), []uint32{truth(c.Out[1].Present())}, push,
		f.in(0), In(1), Out(0), lse)
	return Lowered{Dispatches: []Dispatch{d}}, nil
}

func lowerCrossEntropyGrad(t *Target, c *Call, f laneForm) (Lowered, error) {
	rows, classes := c.In[0].Shape[0], c.In[0].Shape[1]
	if rows == 0 {
		return Lowered{}, nil
	}
	push := words(rows, classes, c.Attrs.(cpuref.CrossEntropyAttrs).IgnoreIndex)
	d := f.dispatch(t, "crossentropy_grad", rows, axisLanes(f, classes, 1), nil, push, f.in(0), In(1), In(2), In(3), Out(0))
	return Lowered{Dispatches: []Dispatch{d}}, nil
}
