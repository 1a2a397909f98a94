package trace

import (
	"fmt"
	"math"
)

// Fit is y = Scale·x^Exponent by least squares of the logarithms. StdErr is the
// exponent's standard error and R2 the part of log y's variance that the line
// explains.
type Fit struct {
	Exponent, StdErr float64
	Scale, R2        float64
}

// FitPower fits at least three points with positive coordinates, at two or more
// different x.
func FitPower(x, y []float64) (Fit, error) {
	n := len(x)
	if n < 3 || n != len(y) {
		return Fit{}, fmt.Errorf("a fit wants three points or more, there are %d x and %d y", n, len(y))
	}
	var mx, my float64
	for i := range x {
		if !(x[i] > 0) || !(y[i] > 0) || math.IsInf(x[i], 0) || math.IsInf(y[i], 0) {
			return Fit{}, fmt.Errorf("point %d is (%g, %g): no logarithms", i, x[i], y[i])
		}
		mx += math.Log(x[i]) / float64(n)
		my += math.Log(y[i]) / float64(n)
	}
	var xx, xy, yy float64
	for i := range x {
		dx, dy := math.Log(x[i])-mx, math.Log(y[i])-my
		xx, xy, yy = xx+dx*dx, xy+dx*dy, yy+dy*dy
	}
	if xx == 0 {
		return Fit{}, fmt.Errorf("all %d points are at x = %g", n, x[0])
	}
	b := xy / xx
	left := max(0, yy-b*xy)
	f := Fit{Exponent: b, Scale: math.Exp(my - b*mx), R2: 1, StdErr: math.Sqrt(left / float64(n-2) / xx)}
	if yy > 0 {
		f.R2 = 1 - left/yy
	}
	return f, nil
}

// At is the fitted y.
func (f Fit) At(x float64) float64 { return f.Scale * math.Pow(x, f.Exponent) }
