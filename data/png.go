package data

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"

	"golang.org/x/image/draw"

	"github.com/vulgo-ml/vulgo/tensor"
)

const (
	maxPNGBytes  = 64 << 20
	maxPNGPixels = 64 << 20
)

// ReadPNGFile reads a PNG file as [ReadPNG] does.
func ReadPNGFile(path string, h, w int) (*tensor.Tensor, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	defer f.Close()
	x, err := ReadPNG(f, h, w)
	if err != nil {
		return nil, fmt.Errorf("data: %s: %w", path, err)
	}
	return x, nil
}

// ReadPNG reads a picture of one figure as float32[1 1 h w] in 0..1, light on
// dark as MNIST is. A picture of just h by w pixels is taken as it stands; of
// another, the figure is cut out and scaled to 5/7 of the size, its middle in the
// middle, as MNIST's were. A bright border says dark on light, which is turned
// round; transparent is white.
func ReadPNG(r io.Reader, h, w int) (*tensor.Tensor, error) {
	file, err := io.ReadAll(io.LimitReader(r, maxPNGBytes+1))
	if err != nil {
		return nil, fmt.Errorf("png: %w", err)
	}
	if len(file) > maxPNGBytes {
		return nil, fmt.Errorf("png: over %d bytes", maxPNGBytes)
	}
	size, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("png: %w", err)
	}
	// Deflate shrinks 1032 times at most: a header that says more than the file
	// could hold is refused before memory is taken for it.
	if n := int64(size.Width) * int64(size.Height); n > maxPNGPixels || n/8 > 1100*int64(len(file)) {
		return nil, fmt.Errorf("png: %dx%d pixels are too many for a file of %d bytes (and for %d pixels)", size.Width, size.Height, len(file), maxPNGPixels)
	}
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("png: %w", err)
	}
	grey := onWhite(img)
	if borderMean(grey) > 127 {
		for i := range grey.Pix {
			grey.Pix[i] = 255 - grey.Pix[i]
		}
	}
	if grey.Rect.Dx() != w || grey.Rect.Dy() != h {
		grey = centred(grey, h, w)
	}
	x := tensor.New(tensor.F32(1, 1, h, w))
	for i, p := range grey.Pix {
		x.F32[i] = float32(p) / 255
	}
	return x, nil
}

func onWhite(img image.Image) *image.Gray {
	b := img.Bounds()
	grey := image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(grey, grey.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(grey, grey.Rect, img, b.Min, draw.Over)
	return grey
}

// borderMean is the mean of the outermost pixels.
func borderMean(g *image.Gray) int {
	sum, n := 0, 0
	for y := range g.Rect.Dy() {
		step := max(g.Rect.Dx()-1, 1)
		if y == 0 || y == g.Rect.Dy()-1 {
			step = 1
		}
		for x := 0; x < g.Rect.Dx(); x += step {
			sum += int(g.Pix[y*g.Stride+x])
			n++
		}
	}
	return sum / max(n, 1)
}

// centred is what is brighter than half of the brightest, scaled to 5/7 of h by
// w, its sides in proportion, in the middle of a dark picture.
func centred(g *image.Gray, h, w int) *image.Gray {
	var peak byte
	for _, p := range g.Pix {
		peak = max(peak, p)
	}
	out := image.NewGray(image.Rect(0, 0, w, h))
	var box image.Rectangle
	for y := range g.Rect.Dy() {
		for x := range g.Rect.Dx() {
			if p := g.Pix[y*g.Stride+x]; p > peak/2 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if box.Empty() {
		return out
	}
	scale := min(float64(h)*5/7/float64(box.Dy()), float64(w)*5/7/float64(box.Dx()))
	dx, dy := max(int(float64(box.Dx())*scale+0.5), 1), max(int(float64(box.Dy())*scale+0.5), 1)
	at := image.Pt((w-dx)/2, (h-dy)/2)
	draw.CatmullRom.Scale(out, image.Rectangle{at, at.Add(image.Pt(dx, dy))}, g, box, draw.Src, nil)
	return out
}
