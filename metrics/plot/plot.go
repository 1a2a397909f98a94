// Package plot draws training's two pictures as PNG files: the loss curve and
// the confusion matrix.
package plot

import (
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/vulgo-ml/vulgo/metrics"
)

// Line is a curve with its name in the legend. Points where Y isn't finite are
// left out.
type Line struct {
	Name string
	X, Y []float64
}

// Curves writes lines over a common axis to a PNG file; x and y are the axes'
// names. The y axis is logarithmic where the values are positive and span more
// than two powers of ten.
func Curves(path, title, x, y string, lines ...Line) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Legend.Top = true
	p.Add(plotter.NewGrid())
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, l := range lines {
		if len(l.X) != len(l.Y) {
			return fmt.Errorf("plot: %s: curve %q has %d x and %d y", path, l.Name, len(l.X), len(l.Y))
		}
		var pts plotter.XYs
		for j := range l.X {
			if finite(l.X[j]) && finite(l.Y[j]) {
				pts = append(pts, plotter.XY{X: l.X[j], Y: l.Y[j]})
				lo, hi = min(lo, l.Y[j]), max(hi, l.Y[j])
			}
		}
		if len(pts) == 0 {
			continue
		}
		curve, err := plotter.NewLine(pts)
		if err != nil {
			return fmt.Errorf("plot: %s: curve %q: %w", path, l.Name, err)
		}
		curve.Color, curve.Width = plotutil.Color(i), vg.Points(1.5)
		p.Add(curve)
		p.Legend.Add(l.Name, curve)
	}
	if lo > hi {
		return fmt.Errorf("plot: %s: no curve has a finite point", path)
	}
	if lo > 0 && hi/lo > 100 {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
	return save(path, 16*vg.Centimeter, 10*vg.Centimeter, p.Draw)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Confusion writes a confusion matrix to a PNG file: a row for each label, a
// column for each prediction, each cell with its count and shaded by its share of
// the row. names are the classes'; their numbers where nil.
func Confusion(path, title string, m *metrics.Confusion, names []string) error {
	n := len(m.Counts)
	if n == 0 || names != nil && len(names) != n {
		return fmt.Errorf("plot: %s: a confusion matrix of %d classes with %d names", path, n, len(names))
	}
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, "predicted", "label"
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -0.5, float64(n)-0.5, -0.5, float64(n)-0.5
	xs, ys := make([]plot.Tick, n), make([]plot.Tick, n)
	for i := range n {
		name := strconv.Itoa(i)
		if names != nil {
			name = names[i]
		}
		xs[i] = plot.Tick{Value: float64(i), Label: name}
		ys[i] = plot.Tick{Value: float64(n - 1 - i), Label: name} // the first label on top
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.ConstantTicks(xs), plot.ConstantTicks(ys)
	p.Add(cells(m.Counts))
	return save(path, 14*vg.Centimeter, 14*vg.Centimeter, p.Draw)
}

// cells draws the matrix inside the axes.
type cells [][]int

// Plot draws each cell as a square with its count.
func (c cells) Plot(canvas draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&canvas)
	n := len(c)
	text := p.X.Tick.Label
	text.XAlign, text.YAlign = draw.XCenter, draw.YCenter
	for i, row := range c {
		total := 0
		for _, count := range row {
			total += count
		}
		for j, count := range row {
			share := 0.0
			if total > 0 {
				share = float64(count) / float64(total)
			}
			x, y := float64(j), float64(n-1-i)
			canvas.FillPolygon(shade(share), []vg.Point{
				{X: toX(x - 0.5), Y: toY(y - 0.5)}, {X: toX(x + 0.5), Y: toY(y - 0.5)},
				{X: toX(x + 0.5), Y: toY(y + 0.5)}, {X: toX(x - 0.5), Y: toY(y + 0.5)},
			})
			text.Color = color.Black
			if share > 0.5 {
				text.Color = color.White
			}
			if count > 0 {
				canvas.FillText(text, vg.Point{X: toX(x), Y: toY(y)}, strconv.Itoa(count))
			}
		}
	}
}

// shade goes from white to a dark blue, by the root so that rare mistakes show.
func shade(share float64) color.Color {
	t := math.Sqrt(share)
	mix := func(from, to float64) uint8 { return uint8(from + t*(to-from)) }
	return color.RGBA{mix(255, 12), mix(255, 61), mix(255, 120), 255}
}

// save draws at 150 dots an inch and replaces the file whole.
func save(path string, w, h vg.Length, paint func(draw.Canvas)) error {
	canvas := vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(150), vgimg.UseBackgroundColor(color.White))
	margin := vg.Points(6)
	paint(draw.Crop(draw.New(canvas), margin, -2*margin, margin, -margin))
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	_, err = (vgimg.PngCanvas{Canvas: canvas}).WriteTo(f)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("plot: %s: %w", path, err)
	}
	return nil
}
