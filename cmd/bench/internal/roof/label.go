package roof

import (
	"image/color"
	"math"
	"sort"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// family is a colour of the picture; a row belongs to the first that has a part
// of its op's name.
var families = []struct {
	name  string
	parts []string
	color color.Color
	shape draw.GlyphDrawer
}{
	{"whole steps", []string{"train", "infer"}, color.RGBA{0, 0, 0, 255}, draw.PyramidGlyph{}},
	{"multiply-add chains", []string{"fma_chain"}, color.Gray{120}, draw.CrossGlyph{}},
	{"matmul", []string{"matmul"}, color.RGBA{214, 39, 40, 255}, draw.CircleGlyph{}},
	{"convolution", []string{"conv"}, color.RGBA{31, 119, 180, 255}, draw.CircleGlyph{}},
	{"recurrent", []string{"lstm", "gru", "rnn"}, color.RGBA{148, 103, 189, 255}, draw.CircleGlyph{}},
	{"optimizers", []string{"ada", "sgd", "adam", "rprop", "rmsprop", "lion", "radam", "asgd"}, color.RGBA{140, 86, 75, 255}, draw.BoxGlyph{}},
	{"pooling, sampling", []string{"pool", "resample", "unfold", "fold"}, color.RGBA{23, 190, 207, 255}, draw.BoxGlyph{}},
	{"norms, softmax, losses", []string{"norm", "softmax", "cross_entropy", "ctc", "loss"}, color.RGBA{255, 127, 14, 255}, draw.BoxGlyph{}},
	{"reductions, scans, sorts", []string{"sum", "mean", "prod", "amax", "amin", "arg", "var", "logsumexp", "cum", "sort", "topk", "all", "any"}, color.RGBA{44, 160, 44, 255}, draw.BoxGlyph{}},
	{"elementwise and others", []string{""}, color.RGBA{170, 170, 90, 255}, draw.RingGlyph{}},
}

func familyOf(name string) int {
	op, _, _ := strings.Cut(name, "/")
	for i, f := range families {
		for _, part := range f.parts {
			if strings.Contains(op, part) && (part != "all" && part != "any" && part != "var" || op == part) {
				return i
			}
		}
	}
	return len(families) - 1
}

const mostLabels = 14

// interesting picks what is named: every whole step first, then in each family
// the point nearest to its roof and, where that is far off, the one farthest.
func interesting(pts []point) []point {
	var out []point
	taken := map[string]bool{}
	add := func(q point) {
		if len(out) < mostLabels && !taken[q.r.Name] {
			taken[q.r.Name] = true
			out = append(out, q)
		}
	}
	sorted := append([]point(nil), pts...)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].r.Roof > sorted[j].r.Roof })
	of := func(f int) (qs []point) {
		for _, q := range sorted {
			if q.family == f {
				qs = append(qs, q)
			}
		}
		return qs
	}
	for _, q := range of(0)[:min(4, len(of(0)))] {
		add(q)
	}
	for f := 1; f < len(families); f++ {
		if qs := of(f); len(qs) > 0 {
			add(qs[0])
		}
	}
	for f := 2; f < len(families); f++ {
		if qs := of(f); len(qs) > 1 && qs[len(qs)-1].r.Roof < 0.5 {
			add(qs[len(qs)-1])
		}
	}
	return out
}

// labels writes names beside points where they cover neither another name nor
// many points.
type labels struct{ all, chosen []point }

type box struct{ x0, y0, x1, y1 vg.Length }

func (b box) meets(c box) bool { return b.x0 < c.x1 && c.x0 < b.x1 && b.y0 < c.y1 && c.y0 < b.y1 }

// Plot draws the names.
func (l labels) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	style := p.X.Tick.Label
	style.Font.Size, style.Color = vg.Points(7), color.Black
	style.XAlign, style.YAlign = draw.XLeft, draw.YBottom
	var busy []box
	for _, q := range l.all {
		x, y := toX(q.x), toY(q.y)
		busy = append(busy, box{x - 3, y - 3, x + 3, y + 3})
	}
	points := len(busy)
	for _, q := range l.chosen {
		x, y := toX(q.x), toY(q.y)
		w, h := style.Width(q.r.Name), style.Height(q.r.Name)
		place := func(dx, dy vg.Length) box { return box{x + dx, y + dy, x + dx + w, y + dy + h} }
		best, least := place(5, 3), math.Inf(1)
		for ring := vg.Length(1); ring <= 6; ring++ {
			d := 4 + 6*ring
			for _, at := range []box{place(d/2, d/2), place(d/2, -d/2-h), place(-w-d/2, d/2), place(-w-d/2, -d/2-h), place(-w/2, d), place(-w/2, -d-h)} {
				cost := float64(ring)
				for i, b := range busy {
					if at.meets(b) && i < points {
						cost += 2
					} else if at.meets(b) {
						cost += 50
					}
				}
				if at.x0 < c.Min.X || at.x1 > c.Max.X || at.y0 < c.Min.Y || at.y1 > c.Max.Y {
					cost += 100
				}
				if cost < least {
					best, least = at, cost
				}
			}
		}
		busy = append(busy, best)
		thin := draw.LineStyle{Color: color.Gray{150}, Width: vg.Points(0.5)}
		c.StrokeLine2(thin, x, y, min(max(x, best.x0), best.x1), min(max(y, best.y0), best.y1))
		c.FillPolygon(color.NRGBA{255, 255, 255, 190}, []vg.Point{{X: best.x0, Y: best.y0}, {X: best.x1, Y: best.y0}, {X: best.x1, Y: best.y1}, {X: best.x0, Y: best.y1}})
		c.FillText(style, vg.Point{X: best.x0, Y: best.y0}, q.r.Name)
	}
}

// segment is a roof with its name along it.
type segment struct {
	name           string
	x0, y0, x1, y1 float64
	style          draw.LineStyle
}

// Plot draws the line, and its name above the left end.
func (s segment) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	x0, y0, x1, y1 := toX(s.x0), toY(s.y0), toX(s.x1), toY(s.y1)
	c.StrokeLines(s.style, c.ClipLinesXY([]vg.Point{{X: x0, Y: y0}, {X: x1, Y: y1}})...)
	text := p.X.Tick.Label
	text.Font.Size, text.Color = vg.Points(8), s.style.Color
	text.XAlign, text.YAlign = draw.XLeft, draw.YBottom
	text.Rotation = math.Atan2(float64(y1-y0), float64(x1-x0))
	at := vg.Point{X: x0 + 8*vg.Length(math.Cos(text.Rotation)), Y: y0 + 8*vg.Length(math.Sin(text.Rotation))}
	at.X -= 3 * vg.Length(math.Sin(text.Rotation))
	at.Y += 3 * vg.Length(math.Cos(text.Rotation))
	c.FillText(text, at, s.name)
}
