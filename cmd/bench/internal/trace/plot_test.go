package trace

import (
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func curves(t *testing.T) []Curve {
	a := Curve{Name: "matmul", X: []float64{64, 128, 256, 512, 1024}, Y: []float64{1e-5, 8.1e-5, 6.2e-4, 5.3e-3, 4e-2}}
	b := Curve{Name: "softmax by width", X: []float64{64, 128, 300, 512, 1000}, Y: []float64{2e-5, 4.2e-5, 9e-5, 1.7e-4, 3e-4}}
	for _, c := range []*Curve{&a, &b} {
		var err error
		c.Fit, err = FitPower(c.X, c.Y)
		require.NoError(t, err)
	}
	return []Curve{a, b}
}

func TestPlotsAreImages(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.png")
	require.NoError(t, Plot(path, "Time over width", "width", curves(t)))
	f, err := os.Open(path)
	require.NoError(t, err)
	img, err := png.Decode(f)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.Greater(t, img.Bounds().Dx(), img.Bounds().Dy())
	colours := map[[3]uint32]bool{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			colours[[3]uint32{r, g, b}] = true
		}
	}
	require.Greater(t, len(colours), 10, "there are lines on the white")

	path = filepath.Join(dir, "a.svg")
	require.NoError(t, Plot(path, "Time over width", "width", curves(t)))
	f, err = os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	dec, text := xml.NewDecoder(f), ""
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if c, ok := tok.(xml.CharData); ok {
			text += string(c)
		}
	}
	require.Contains(t, text, "matmul: exponent 3.0")
	require.Contains(t, text, "1024")
}

func TestPlotsThatCantBe(t *testing.T) {
	dir := t.TempDir()
	good := curves(t)
	for _, c := range []struct {
		path   string
		curves []Curve
		says   string
	}{
		{"a.gif", good, "a .png or .svg file"},
		{"a.png", nil, "nothing to plot"},
		{"a.png", []Curve{{Name: "c", X: []float64{1}, Y: []float64{0}}}, `curve "c" has the point (1, 0)`},
		{"a.png", []Curve{{Name: "c", X: []float64{1}}}, "1 x and 0 y"},
		{"none/a.png", good, "no such file"},
	} {
		require.ErrorContains(t, Plot(filepath.Join(dir, c.path), "", "", c.curves), c.says)
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "nothing is left of a failure")
}
