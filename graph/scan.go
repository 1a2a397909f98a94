package graph

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// Cumsum is the sum of all elements up to each along an axis; int32 or floats.
func (v Value) Cumsum(axis int) Value { return v.CumsumWith(cpuref.ScanAttrs{Axis: axis}) }

// CumsumWith is Cumsum from the end, or without the element itself.
func (v Value) CumsumWith(a cpuref.ScanAttrs) Value {
	a.Axis = v.axis(a.Axis)
	return v.op("cumsum", a)
}

// Cumprod is the product of all elements up to each along an axis. Its gradient
// is exact where elements are 0, too.
func (v Value) Cumprod(axis int) Value { return v.CumprodWith(cpuref.ScanAttrs{Axis: axis}) }

// CumprodWith is Cumprod from the end, or without the element itself.
func (v Value) CumprodWith(a cpuref.ScanAttrs) Value {
	a.Axis = v.axis(a.Axis)
	return v.op("cumprod", a)
}

// Cummax is the largest up to each element along an axis, NaN above all, and its
// int32 place, the last of equals.
func (v Value) Cummax(axis int) (values, idx Value) { return v.cumulative("cummax_index", axis) }

// Cummin is the smallest up to each element along an axis, NaN below all, and
// its int32 place, the last of equals.
func (v Value) Cummin(axis int) (values, idx Value) { return v.cumulative("cummin_index", axis) }

func (v Value) cumulative(name string, axis int) (values, idx Value) {
	idx = v.op(name, cpuref.ScanAttrs{Axis: v.axis(axis)})
	return v.Gather(axis, idx), idx
}

// LinearScan runs the recurrence y[t] = v[t]·y[t-1] + b[t] along an axis, which
// begins with b alone; with reverse from the end.
func (v Value) LinearScan(b Value, axis int, reverse bool) Value {
	return v.op("linear_scan", cpuref.ScanAttrs{Axis: v.axis(axis), Reverse: reverse}, b)
}

// Logcumsumexp is log(e^v[0] + .. + e^v[t]) along an axis. What is summed is scaled
// by the largest so far, so that nothing overflows or vanishes:
//
//	m[t] = max v[0..t], s[t] = s[t-1]·e^(m[t-1]-m[t]) + e^(v[t]-m[t]), y = m + log s
func (v Value) Logcumsumexp(axis int) Value {
	if v.g == nil || v.Dim(axis) == 0 {
		return v
	}
	m, _ := v.Cummax(axis)
	m = m.Detach().Clamp(-math.MaxFloat32, math.MaxFloat32)
	before := Concat(v.axis(axis), m.Narrow(axis, 0, 1), m.Narrow(axis, 0, v.Dim(axis)-1))
	return before.Sub(m).Exp().LinearScan(v.Sub(m).Exp(), axis, false).Log().Add(m)
}
