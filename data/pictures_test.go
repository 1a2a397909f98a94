package data

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/tensor"
)

func TestGlyphsFollowTheSeedAndDiffer(t *testing.T) {
	train, test, err := Glyphs(7, 300, 100)
	require.NoError(t, err)
	require.Equal(t, []int{300, 100}, []int{train.Len(), test.Len()})
	again, _, err := Glyphs(7, 40, 0)
	require.NoError(t, err)
	require.Equal(t, train.Pixels[:40*28*28], again.Pixels)
	other, _, err := Glyphs(8, 40, 0)
	require.NoError(t, err)
	require.NotEqual(t, other.Pixels, again.Pixels)

	seen := map[string]bool{}
	for i := range train.Len() {
		pic := train.Pixels[i*28*28 : (i+1)*28*28]
		require.False(t, seen[string(pic)])
		seen[string(pic)] = true
		light := 0
		for _, p := range pic {
			if p > 128 {
				light++
			}
		}
		require.Greater(t, light, 15, "picture %d, a %d, is nearly empty", i, train.Labels[i])
		require.Less(t, light, 350, "picture %d, a %d, is nearly full", i, train.Labels[i])
		require.EqualValues(t, i%10, train.Labels[i])
	}
}

// The split by face is honest only if no test face has a training face's shapes.
func TestNoTestGlyphHasATrainingShape(t *testing.T) {
	a, err := digits(trainFaces)
	require.NoError(t, err)
	b, err := digits(testFaces)
	require.NoError(t, err)
	for i := range a {
		for j := range b {
			for d := range 10 {
				require.NotEqual(t, a[i][d], b[j][d], "%s and %s, digit %d", trainFaces[i].name, testFaces[j].name, d)
			}
		}
	}
}

// A nearest-mean classifier gets most test glyphs right, so the labels are true
// and the faces alike enough to learn from; it doesn't get all.
func TestGlyphsCanBeLearned(t *testing.T) {
	train, test, err := Glyphs(1, 2000, 500)
	require.NoError(t, err)
	const area = 28 * 28
	var mean [10][area]float64
	for i, l := range train.Labels {
		for j, p := range train.Pixels[i*area : (i+1)*area] {
			mean[l][j] += float64(p) / 200
		}
	}
	right := 0
	for i, l := range test.Labels {
		best, at := 1e300, 0
		for c := range mean {
			d := 0.0
			for j, p := range test.Pixels[i*area : (i+1)*area] {
				d += (float64(p) - mean[c][j]) * (float64(p) - mean[c][j])
			}
			if d < best {
				best, at = d, c
			}
		}
		if at == int(l) {
			right++
		}
	}
	require.Greater(t, right, 250)
	require.Less(t, right, 480)
}

func encode(t testing.TB, img image.Image) []byte {
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	return b.Bytes()
}

func TestPNGOfTheRightSizeIsTakenAsItStands(t *testing.T) {
	g := image.NewGray(image.Rect(0, 0, 28, 28))
	g.Pix[5*28+7] = 51
	x, err := ReadPNG(bytes.NewReader(encode(t, g)), 28, 28)
	require.NoError(t, err)
	require.Equal(t, tensor.Shape{1, 1, 28, 28}, x.Shape)
	require.Equal(t, float32(0.2), x.F32[5*28+7])
	require.Zero(t, x.F32[0])
}

func TestPNGDarkOnLightTransparentAndLargeAreBroughtToTheMiddle(t *testing.T) {
	white := image.NewRGBA(image.Rect(0, 0, 200, 140))
	draw.Draw(white, white.Rect, image.White, image.Point{}, draw.Src)
	clear := image.NewNRGBA(white.Rect)
	for _, img := range []draw.Image{white, clear} {
		draw.Draw(img, image.Rect(20, 30, 60, 110), image.NewUniform(color.Black), image.Point{}, draw.Src)
		x, err := ReadPNG(bytes.NewReader(encode(t, img)), 28, 28)
		require.NoError(t, err)
		// 40x80 scaled by 20/80: 10x20 in the middle, rows 4..23, columns 9..18.
		for y := range 28 {
			for c := range 28 {
				want := float32(0)
				if y >= 4 && y < 24 && c >= 9 && c < 19 {
					want = 1
				}
				require.InDelta(t, want, x.F32[y*28+c], 0.01, "row %d column %d", y, c)
			}
		}
	}
	blank, err := ReadPNG(bytes.NewReader(encode(t, image.NewGray(image.Rect(0, 0, 50, 50)))), 28, 28)
	require.NoError(t, err)
	require.Equal(t, make([]float32, 28*28), blank.F32)
}

// hugePNG says 60000x60000 in a header of a few bytes.
func hugePNG() []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xea\x60\x00\x00\xea\x60\x08\x00\x00\x00\x00")
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[12:]))
}

func TestHostilePNG(t *testing.T) {
	_, err := ReadPNG(bytes.NewReader(hugePNG()), 28, 28)
	require.ErrorContains(t, err, "60000x60000 pixels are too many")
	_, err = ReadPNG(bytes.NewReader([]byte("no picture")), 28, 28)
	require.ErrorContains(t, err, "png: ")
	cut := encode(t, image.NewGray(image.Rect(0, 0, 28, 28)))
	_, err = ReadPNG(bytes.NewReader(cut[:len(cut)-20]), 28, 28)
	require.Error(t, err)
	_, err = ReadPNGFile(filepath.Join(t.TempDir(), "none.png"), 28, 28)
	require.ErrorContains(t, err, "none.png")
}

func FuzzPNG(f *testing.F) {
	f.Add(encode(f, image.NewGray(image.Rect(0, 0, 28, 28))))
	f.Add(encode(f, image.NewNRGBA(image.Rect(0, 0, 3, 40))))
	f.Add(hugePNG())
	f.Fuzz(func(t *testing.T, file []byte) {
		x, err := ReadPNG(bytes.NewReader(file), 28, 28)
		if err != nil {
			return
		}
		for _, v := range x.F32 {
			if !(v >= 0 && v <= 1) {
				t.Fatal(v)
			}
		}
	})
}
