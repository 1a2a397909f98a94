package graph

import (
	"math"

	"github.com/vulgo-ml/vulgo/kernels"
)

// Interpolation says how Interpolate resizes the dimensions behind the first two.
type Interpolation struct {
	Size  []int     // of each dimension, or one number for all; or
	Scale []float64 // factors, likewise; sizes are rounded down
	// Mode is nearest (the default), nearest-exact, linear, bilinear, trilinear,
	// bicubic or area, as PyTorch's; linear ones are the same over any number of
	// dimensions.
	Mode         string
	AlignCorners bool // the outermost elements stay in their places
	Antialias    bool // linear and cubic: what shrinks is smoothed first
	// Recompute takes coordinates by the ratio of the sizes rather than by Scale.
	Recompute bool
}

// Interpolate resizes v [N, C, ..], as torch.nn.functional.interpolate.
func (v Value) Interpolate(o Interpolation) Value {
	s := v.Shape()
	dims := len(s) - 2
	given := max(len(o.Size), len(o.Scale))
	if v.g == nil || dims < 1 || len(o.Size) > 0 && len(o.Scale) > 0 || given != 1 && given != dims {
		return v.fail("interpolate: %v to size %v, scale %v: wants [N, C, ..] and one of the two, a number or one for each of its last dimensions", s, o.Size, o.Scale)
	}
	mode := o.Mode
	switch mode {
	case "":
		mode = "nearest"
	case "bilinear", "trilinear":
		mode = "linear"
	case "bicubic":
		mode = "cubic"
	}
	if o.AlignCorners && mode != "linear" && mode != "cubic" || o.Antialias && mode != "linear" && mode != "cubic" {
		return v.fail("interpolate: mode %s has no corners to align and nothing to smooth", mode)
	}
	for axis := len(s) - 1; axis >= 2; axis-- { // rows first, as PyTorch
		at := min(axis-2, given-1)
		out, scale := 0, 0.0
		if len(o.Size) > 0 {
			out = o.Size[at]
		} else {
			scale = o.Scale[at]
			out = int(math.Floor(float64(s[axis]) * scale))
		}
		if o.Recompute || mode == "area" {
			scale = 0
		}
		if out == s[axis] && (scale == 0 || scale == 1) && !o.Antialias {
			continue
		}
		taps, err := kernels.ResizeTaps(mode, s[axis], out, scale, o.AlignCorners, o.Antialias)
		if err != nil {
			return v.fail("interpolate: %v along axis %d: %w", s, axis, err)
		}
		v = v.resample(axis, taps)
	}
	return v
}
