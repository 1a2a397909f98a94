package data

import (
	"fmt"
	"image"
	"math"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gobolditalic"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/gomediumitalic"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/gomonobolditalic"
	"golang.org/x/image/font/gofont/gomonoitalic"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"github.com/vulgo-ml/vulgo/tensor"
)

const (
	glyphSize   = 28
	glyphHeight = 19 // pixels of an upright digit, before the warp
)

// The faces of the Go fonts, split so that no shape of the test is ever trained
// on. The small caps are left out: their digits are Regular's and Italic's.
var (
	trainFaces = []face{
		{"Regular", goregular.TTF}, {"Medium", gomedium.TTF}, {"Bold", gobold.TTF}, {"Italic", goitalic.TTF},
		{"Mono", gomono.TTF}, {"Mono Italic", gomonoitalic.TTF}, {"Mono Bold Italic", gomonobolditalic.TTF},
	}
	testFaces = []face{
		{"Medium Italic", gomediumitalic.TTF}, {"Bold Italic", gobolditalic.TTF}, {"Mono Bold", gomonobold.TTF},
	}
)

type face struct {
	name string
	ttf  []byte
}

// Glyphs draws pictures of the digits 0 to 9, 28x28, light on dark, from the Go
// fonts, each under a random affine map (rotation to 0.25 rad, shear to 0.25,
// scale 0.75 to 1.15 a side, shift to 3 pixels) and noise (a standard deviation
// to 0.12 of full scale). The test's faces are others than the training's. The
// same seed gives the same pictures, and the first n of more are the n.
func Glyphs(seed uint64, train, test int) (*Images, *Images, error) {
	a, err := glyphs(trainFaces, &tensor.Philox{Seed: seed, Stream: 0}, train)
	if err != nil {
		return nil, nil, err
	}
	b, err := glyphs(testFaces, &tensor.Philox{Seed: seed, Stream: 1}, test)
	return a, b, err
}

func glyphs(faces []face, rng *tensor.Philox, n int) (*Images, error) {
	outlines, err := digits(faces)
	if err != nil {
		return nil, err
	}
	const area = glyphSize * glyphSize
	m := &Images{H: glyphSize, W: glyphSize, Classes: 10, Pixels: make([]byte, n*area), Labels: make([]byte, n)}
	canvas := image.NewAlpha(image.Rect(0, 0, glyphSize, glyphSize))
	raster := vector.NewRasterizer(glyphSize, glyphSize)
	for i := range n {
		digit, face := i%10, rng.Intn(len(faces)) // equally many of each digit, to one
		m.Labels[i] = byte(digit)
		clear(canvas.Pix)
		raster.Reset(glyphSize, glyphSize)
		outlines[face][digit].draw(raster, randomWarp(rng))
		raster.Draw(canvas, canvas.Bounds(), image.Opaque, image.Point{})
		addNoise(m.Pixels[i*area:(i+1)*area], canvas.Pix, rng)
	}
	return m, nil
}

// An outline is a digit's curves, its middle at the origin, in units of its height.
type outline []segment

type segment struct {
	op   sfnt.SegmentOp
	args [3]point
}

type point struct{ x, y float64 }

// digits are the ten outlines of each face.
func digits(faces []face) ([][10]outline, error) {
	out := make([][10]outline, len(faces))
	for i, f := range faces {
		font, err := sfnt.Parse(f.ttf)
		if err != nil {
			return nil, fmt.Errorf("data: font Go %s: %w", f.name, err)
		}
		var buf sfnt.Buffer
		for d := range out[i] {
			g, err := font.GlyphIndex(&buf, rune('0'+d))
			if err != nil {
				return nil, fmt.Errorf("data: font Go %s: digit %d: %w", f.name, d, err)
			}
			segs, err := font.LoadGlyph(&buf, g, fixed.I(1024), nil)
			if err != nil {
				return nil, fmt.Errorf("data: font Go %s: digit %d: %w", f.name, d, err)
			}
			out[i][d] = newOutline(segs)
		}
	}
	return out, nil
}

func newOutline(segs sfnt.Segments) outline {
	b := segs.Bounds()
	x, y := float64(b.Min.X+b.Max.X)/2, float64(b.Min.Y+b.Max.Y)/2
	height := float64(b.Max.Y - b.Min.Y)
	var o outline
	for _, s := range segs {
		t := segment{op: s.Op}
		for i, p := range s.Args {
			t.args[i] = point{(float64(p.X) - x) / height, (float64(p.Y) - y) / height}
		}
		o = append(o, t)
	}
	return o
}

// A warp maps p to (a·p.x + b·p.y + tx, c·p.x + d·p.y + ty).
type warp struct{ a, b, c, d, tx, ty float64 }

func randomWarp(rng *tensor.Philox) warp {
	angle, shear := rng.Uniform(-0.25, 0.25), rng.Uniform(-0.25, 0.25)
	sx, sy := glyphHeight*rng.Uniform(0.75, 1.15), glyphHeight*rng.Uniform(0.75, 1.15)
	sin, cos := math.Sincos(angle)
	return warp{ // rotation · shear · scale, then the shift
		a: cos * sx, b: (cos*shear - sin) * sy,
		c: sin * sx, d: (sin*shear + cos) * sy,
		tx: glyphSize/2 + rng.Uniform(-3, 3), ty: glyphSize/2 + rng.Uniform(-3, 3),
	}
}

func (w warp) at(p point) (x, y float32) {
	return float32(w.a*p.x + w.b*p.y + w.tx), float32(w.c*p.x + w.d*p.y + w.ty)
}

func (o outline) draw(r *vector.Rasterizer, w warp) {
	for _, s := range o {
		x, y := w.at(s.args[0])
		switch s.op {
		case sfnt.SegmentOpMoveTo:
			r.ClosePath()
			r.MoveTo(x, y)
		case sfnt.SegmentOpLineTo:
			r.LineTo(x, y)
		case sfnt.SegmentOpQuadTo:
			x1, y1 := w.at(s.args[1])
			r.QuadTo(x, y, x1, y1)
		case sfnt.SegmentOpCubeTo:
			x1, y1 := w.at(s.args[1])
			x2, y2 := w.at(s.args[2])
			r.CubeTo(x, y, x1, y1, x2, y2)
		}
	}
	r.ClosePath()
}

// addNoise lowers the contrast to 0.7 at least and adds noise near to normal:
// the sum of four uniform numbers, variance 4/12.
func addNoise(dst, src []byte, rng *tensor.Philox) {
	contrast, sigma := rng.Uniform(0.7, 1), rng.Uniform(0, 0.12)
	for i, p := range src {
		var sum float64
		for word, k := rng.Uint32(), 0; k < 4; k++ {
			sum += float64(word>>(8*k)&0xff)/255 - 0.5
		}
		v := contrast*float64(p) + 255*sigma*sum*math.Sqrt(3)
		dst[i] = byte(math.Round(min(max(v, 0), 255)))
	}
}
