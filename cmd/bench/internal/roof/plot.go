package roof

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
)

const width, height = 24 * vg.Centimeter, 15 * vg.Centimeter

// Plot writes the roofline of a device's results to a .png or .svg file: flops a
// byte across, GFLOP/s up, the roofs as lines, a point a result. Results without
// arithmetic have no place on it; the title says how many those are.
func Plot(path string, l *Limits, results []stats.Result) error {
	if ext := filepath.Ext(path); ext != ".png" && ext != ".svg" {
		return fmt.Errorf("roofline %s: wants a name that ends in .png or .svg", path)
	}
	p, err := picture(l, results)
	if err != nil {
		return fmt.Errorf("roofline %s: %w", path, err)
	}
	var buf bytes.Buffer
	if err := render(&buf, filepath.Ext(path), p); err != nil {
		return fmt.Errorf("roofline %s: %w", path, err)
	}
	return os.WriteFile(path, buf.Bytes(), 0o644)
}

func render(w io.Writer, ext string, p *plot.Plot) error {
	margin := vg.Points(8)
	paint := func(c vg.CanvasSizer) {
		p.Draw(draw.Crop(draw.New(c), margin, -2*margin, margin, -margin))
	}
	if ext == ".svg" {
		c := vgsvg.New(width, height)
		paint(c)
		_, err := c.WriteTo(w)
		return err
	}
	c := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(150), vgimg.UseBackgroundColor(color.White))
	paint(c)
	_, err := (vgimg.PngCanvas{Canvas: c}).WriteTo(w)
	return err
}

// point is a result's place: flops a byte and GFLOP/s.
type point struct {
	r      stats.Result
	x, y   float64
	family int
}

func points(l *Limits, results []stats.Result) (on []point, off int) {
	for _, r := range results {
		switch {
		case r.Device != l.Device || r.Peer != "" || strings.HasPrefix(r.Name, Prefix) || r.MedianNS <= 0:
		case r.Flops <= 0 || r.Bytes <= 0:
			off++
		default:
			on = append(on, point{r, Intensity(r), r.Flops / r.MedianNS, familyOf(r.Name)})
		}
	}
	return on, off
}

func picture(l *Limits, results []stats.Result) (*plot.Plot, error) {
	pts, off := points(l, results)
	peak := l.Peak().Rate / 1e9
	if len(pts) == 0 || peak == 0 || len(l.Memory) == 0 {
		return nil, fmt.Errorf("nothing to draw: %d results with arithmetic, peak %.3g GFLOP/s, %d bandwidths", len(pts), peak, len(l.Memory))
	}
	p := plot.New()
	p.Title.Text = "Roofline of " + l.Device
	if off > 0 {
		p.Title.Text += fmt.Sprintf("  (%d rows without arithmetic aren't shown)", off)
	}
	p.Title.Padding = vg.Points(6)
	p.X.Label.Text, p.Y.Label.Text = "flops a byte", "GFLOP/s"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: -1}, plot.LogTicks{Prec: -1}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = pts[0].x, pts[0].x, pts[0].y, peak*2
	for _, q := range pts {
		p.X.Min, p.X.Max = min(p.X.Min, q.x), max(p.X.Max, q.x)
		p.Y.Min, p.Y.Max = min(p.Y.Min, q.y), max(p.Y.Max, q.y*2)
	}
	p.X.Min, p.X.Max, p.Y.Min = p.X.Min/2, p.X.Max*2, max(p.Y.Min/2, peak/1e7)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{230}, color.Gray{230}
	p.Add(grid)
	roofs(p, l, peak)
	p.Legend.Top, p.Legend.Left = false, false
	p.Legend.TextStyle.Font.Size = vg.Points(8)
	for f, family := range families {
		var xy plotter.XYs
		for _, q := range pts {
			if q.family == f {
				xy = append(xy, plotter.XY{X: q.x, Y: q.y})
			}
		}
		if len(xy) == 0 {
			continue
		}
		s, err := plotter.NewScatter(xy)
		if err != nil {
			return nil, err
		}
		s.GlyphStyle = draw.GlyphStyle{Color: family.color, Radius: vg.Points(2.6), Shape: family.shape}
		p.Add(s)
		p.Legend.Add(family.name, s)
	}
	p.Add(labels{all: pts, chosen: interesting(pts)})
	return p, nil
}

// roofs draws the peaks as level lines and the bandwidth at the smallest, some
// middle and the largest working set as slopes up to the peak.
func roofs(p *plot.Plot, l *Limits, peak float64) {
	dark := color.Gray{70}
	line := func(name string, x0, y0, x1, y1 float64, dashes []vg.Length) {
		p.Add(segment{name, x0, y0, x1, y1, draw.LineStyle{Color: dark, Width: vg.Points(1.2), Dashes: dashes}})
	}
	line(fmt.Sprintf("%s: %.4g GFLOP/s", l.Peak().Name, peak), p.X.Min, peak, p.X.Max, peak, nil)
	for _, other := range l.Peaks {
		if y := other.Rate / 1e9; y != peak && (y < peak/1.15 || y > peak*1.15) && y > p.Y.Min {
			line(fmt.Sprintf("%s: %.4g", other.Name, y), p.X.Min, y, p.X.Max, y, []vg.Length{vg.Points(4), vg.Points(3)})
			p.Y.Max = max(p.Y.Max, 2*y)
		}
	}
	last := 0.0
	for i, size := range slopes(l) {
		rate := l.Bandwidth(float64(size)) / 1e9
		if i > 0 && rate > last/1.3 && rate < last*1.3 {
			continue
		}
		last = rate
		x0, y0 := p.X.Min, p.X.Min*rate
		if y0 < p.Y.Min {
			x0, y0 = p.Y.Min/rate, p.Y.Min
		}
		line(fmt.Sprintf("%s: %.3g GB/s", sizeName(size), rate), x0, y0, peak/rate, peak, nil)
	}
}

// slopes are the working sets whose bandwidth is drawn: the best, the largest, and
// the one whose rate lies most evenly between.
func slopes(l *Limits) []int {
	all := l.bestBySize()
	best, largest := all[0], all[len(all)-1]
	for _, m := range all {
		if m.Rate > best.Rate {
			best = m
		}
	}
	middle, want := best, math.Sqrt(best.Rate*largest.Rate)
	for _, m := range all {
		if math.Abs(math.Log(m.Rate/want)) < math.Abs(math.Log(middle.Rate/want)) {
			middle = m
		}
	}
	return []int{best.Bytes, middle.Bytes, largest.Bytes}
}
