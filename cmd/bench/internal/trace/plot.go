package trace

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Curve is times in seconds over sizes, with the line fitted through them.
type Curve struct {
	Name string
	X, Y []float64
	Fit  Fit
}

// Plot draws curves, time over an axis, both logarithmic, and writes a file of
// the kind that its name ends in: ".png" or ".svg". Points are measured, dashed
// lines the fits, with their exponents in the legend.
func Plot(path, title, axis string, curves []Curve) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, axis, "time of a run [ms]"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.Y.Tick.Marker = plot.LogTicks{Prec: -1}
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.Padding = vg.Points(2)
	p.Add(plotter.NewGrid())
	var ticks []float64
	lo, hi := math.Inf(1), 0.0
	for i, c := range curves {
		if len(c.X) == 0 || len(c.X) != len(c.Y) {
			return fmt.Errorf("%s: curve %q has %d x and %d y", path, c.Name, len(c.X), len(c.Y))
		}
		pts := make(plotter.XYs, len(c.X))
		fit := make(plotter.XYs, len(c.X))
		for k, x := range c.X {
			if !(x > 0) || !(c.Y[k] > 0) {
				return fmt.Errorf("%s: curve %q has the point (%g, %g), which has no logarithms", path, c.Name, x, c.Y[k])
			}
			pts[k], fit[k] = plotter.XY{X: x, Y: 1e3 * c.Y[k]}, plotter.XY{X: x, Y: 1e3 * c.Fit.At(x)}
			ticks = append(ticks, x)
			lo, hi = min(lo, pts[k].Y), max(hi, pts[k].Y)
		}
		dots, err := plotter.NewScatter(pts)
		if err != nil {
			return fmt.Errorf("%s: curve %q: %w", path, c.Name, err)
		}
		dots.Color, dots.Shape, dots.Radius = plotutil.Color(i), plotutil.Shape(i), vg.Points(3)
		p.Add(dots)
		p.Legend.Add(fmt.Sprintf("%s: exponent %.2f ± %.2f", c.Name, c.Fit.Exponent, c.Fit.StdErr), dots)
		if c.Fit.Scale > 0 {
			line, err := plotter.NewLine(fit)
			if err != nil {
				return fmt.Errorf("%s: the fit of %q: %w", path, c.Name, err)
			}
			line.Color, line.Dashes = plotutil.Color(i), []vg.Length{vg.Points(4), vg.Points(3)}
			p.Add(line)
		}
	}
	if len(ticks) == 0 {
		return errors.New(path + ": nothing to plot")
	}
	p.X.Tick.Marker = sizeTicks(ticks)
	// The legend lies above the curves: it takes the upper part of the picture.
	p.Y.Min = math.Pow(10, math.Floor(math.Log10(lo)))
	room := 1 + 0.09*float64(len(curves))
	p.Y.Max = p.Y.Min * math.Pow(max(hi/p.Y.Min, 10), room)
	return save(p, path)
}

// sizeTicks labels the sizes themselves, which are few; sizes so near to the one
// before that their labels would touch have a tick alone.
func sizeTicks(sizes []float64) plot.ConstantTicks {
	seen := map[float64]bool{}
	var ticks plot.ConstantTicks
	for _, x := range sizes {
		if !seen[x] {
			seen[x] = true
			ticks = append(ticks, plot.Tick{Value: x})
		}
	}
	span := 0.0
	for _, a := range ticks {
		for _, b := range ticks {
			span = max(span, math.Log(a.Value/b.Value))
		}
	}
	for i := range ticks {
		near := false
		for _, other := range ticks {
			d := math.Log(ticks[i].Value / other.Value)
			near = near || other.Label != "" && math.Abs(d) < span/20
		}
		if !near {
			ticks[i].Label = fmt.Sprintf("%g", ticks[i].Value)
		}
	}
	return ticks
}

// save writes the file whole.
func save(p *plot.Plot, path string) error {
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
	if format != "png" && format != "svg" {
		return fmt.Errorf("%s: a plot is a .png or .svg file", path)
	}
	canvas, err := draw.NewFormattedCanvas(20*vg.Centimeter, 14*vg.Centimeter, format)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	margin := vg.Points(8)
	p.Draw(draw.Crop(draw.New(canvas), margin, -2*margin, margin, -margin))
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = canvas.WriteTo(f)
	if err = errors.Join(err, f.Close()); err == nil {
		err = errors.Join(os.Chmod(f.Name(), 0o644), os.Rename(f.Name(), path))
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
