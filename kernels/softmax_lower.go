package kernels

import "github.com/vulgo-ml/vulgo/cpuref"

// axisRows is how the softmax shaders see a call: rows of n elements, inner apart.
func axisRows(c *Call) (rows, n, inner int) {
	rows, inner = 1, 1
	for d, s := range c.In[0].Shape {
		switch axis := c.Attrs.(cpuref.AxisAttrs).Axis; {
		case d < axis:
			rows *= s
		case d == axis:
			n = s
		default:
			inner *= s
		}
	}
	return rows * inner, n, inner
}

// axisLanes is the threads a row takes. Neighbours at inner > 1 are neighbours in
// memory, so that a thread a row is good until the row is long.
func axisLanes(f laneForm, n, inner int) int {
	switch {
	case inner > 1:
		return f.lanes(n / 2048)
	case f.texel:
		return f.lanes(n / 16)
	}
	return f.lanes(n / 4)
}

// softmaxPasses is how often the shaders go through a row.
const softmaxPasses = 3

func axisServes(t *Target, c *Call, f laneForm) bool {
	_, n, inner := axisRows(c)
	return loopFits(t, softmaxPasses*parts(n, axisLanes(f, n, inner)))
}

func lowerSoftmax(shader string, log bool) func(t *Target, c *Call, f laneForm) (Lowered, error) {
	return func(t *Target, c *Call, f laneForm) (Lowered, error) {
		rows, n, inner := axisRows(c)
		if rows*n == 0 {
			return Lowered{}, nil
		}
		var bind []Bind
		for i := range c.In {
			bind = append(bind, f.in(i))
		}
		d := f.dispatch(t, shader, rows, axisLanes(f, n, inner), []uint32{truth(log)}, words(rows, n, inner), append(bind, Out(0))...)
		return Lowered{Dispatches: []Dispatch{d}}, nil
	}
}
