package plot

import (
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/metrics"
)

func open(t *testing.T, path string) image.Image {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	img, err := png.Decode(f)
	require.NoError(t, err)
	return img
}

// colours counts the pixels of each colour.
func colours(img image.Image) map[[3]uint32]int {
	out := map[[3]uint32]int{}
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, _ := img.At(x, y).RGBA()
			out[[3]uint32{r >> 8, g >> 8, bl >> 8}]++
		}
	}
	return out
}

func TestCurves(t *testing.T) {
	path := filepath.Join(t.TempDir(), "loss.png")
	var train, test Line
	train.Name, test.Name = "train", "test"
	for i := range 400 {
		train.X, train.Y = append(train.X, float64(i)), append(train.Y, 2.3*math.Exp(-float64(i)/50))
		test.X, test.Y = append(test.X, float64(i)), append(test.Y, 0.1+2.3*math.Exp(-float64(i)/60))
	}
	train.Y[7] = math.NaN()
	require.NoError(t, Curves(path, "digits", "step", "loss", train, test))
	img := open(t, path)
	require.Greater(t, img.Bounds().Dx(), 600)
	coloured := 0
	for c, n := range colours(img) {
		if n > 300 && (c[0] != c[1] || c[1] != c[2]) {
			coloured++
		}
	}
	require.GreaterOrEqual(t, coloured, 2, "a colour for each curve")

	require.NoError(t, Curves(path, "one point", "step", "loss", Line{Name: "a", X: []float64{1}, Y: []float64{2}}))
	require.NoError(t, Curves(path, "flat", "step", "loss", Line{Name: "a", X: []float64{1, 2}, Y: []float64{2, 2}}))
	require.ErrorContains(t, Curves(path, "", "", "", Line{Name: "a", X: []float64{1}}), "1 x and 0 y")
	require.ErrorContains(t, Curves(path, "", "", "", Line{Name: "a", X: []float64{1}, Y: []float64{math.Inf(1)}}), "no curve")
	require.ErrorContains(t, Curves(filepath.Join(path, "x.png"), "", "", "", train), "plot: ")
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 1)
}

func TestConfusionShadesTheDiagonal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "confusion.png")
	m := &metrics.Confusion{}
	for i := range 10 {
		m.Counts = append(m.Counts, make([]int, 10))
		m.Counts[i][i] = 100
	}
	m.Counts[4][9], m.Counts[7] = 3, make([]int, 10)
	require.NoError(t, Confusion(path, "digits, test", m, nil))
	counts := colours(open(t, path))
	require.Greater(t, counts[[3]uint32{12, 61, 120}], 9*1000, "nine full cells")
	require.ErrorContains(t, Confusion(path, "", &metrics.Confusion{}, nil), "0 classes")
	require.ErrorContains(t, Confusion(path, "", m, []string{"a"}), "1 names")
}
