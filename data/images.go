package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vulgo-ml/vulgo/tensor"
)

// Images is grey pictures with labels, a [Dataset] of
// picture float32[1 H W] = (byte/255 - Mean) / Std and label int32 (a scalar).
type Images struct {
	H, W    int
	Classes int
	Pixels  []byte // [N H W]
	Labels  []byte // [N], each below Classes
	// Mean and Std are of the pixels in 0..1; Std 0 counts as 1, so the zero
	// values leave pictures in 0..1, as torchvision's ToTensor.
	Mean, Std float32
}

// Len is the number of pictures.
func (m *Images) Len() int { return len(m.Labels) }

// Types are float32[1 H W] and int32[].
func (m *Images) Types() []tensor.Type {
	return []tensor.Type{tensor.F32(1, m.H, m.W), tensor.I32()}
}

// Example writes picture i and its label.
func (m *Images) Example(i int, _ *tensor.Philox, dst []*tensor.Tensor) error {
	n := m.H * m.W
	std := m.Std
	if std == 0 {
		std = 1
	}
	out := dst[0].F32
	for j, p := range m.Pixels[i*n : (i+1)*n] {
		out[j] = (float32(p)/255 - m.Mean) / std
	}
	dst[1].I32[0] = int32(m.Labels[i])
	return nil
}

// slice is the pictures from lo up to hi, in the same memory.
func (m *Images) slice(lo, hi int) *Images {
	s := *m
	n := m.H * m.W
	s.Pixels, s.Labels = m.Pixels[lo*n:hi*n], m.Labels[lo:hi]
	return &s
}

// ReadImages reads a pair of IDX files: pictures [N H W] and labels [N] below
// classes.
func ReadImages(images, labels string, classes int) (*Images, error) {
	pictures, err := ReadIDXFile(images)
	if err != nil {
		return nil, err
	}
	names, err := ReadIDXFile(labels)
	if err != nil {
		return nil, err
	}
	if len(pictures.Shape) != 3 {
		return nil, fmt.Errorf("data: %s: shape %v; pictures are [N H W]", images, pictures.Shape)
	}
	if len(names.Shape) != 1 || names.Shape[0] != pictures.Shape[0] {
		return nil, fmt.Errorf("data: %s: shape %v; the labels of %s are [%d]", labels, names.Shape, images, pictures.Shape[0])
	}
	for i, c := range names.Data {
		if int(c) >= classes {
			return nil, fmt.Errorf("data: %s: label %d is %d; there are %d classes", labels, i, c, classes)
		}
	}
	return &Images{H: pictures.Shape[1], W: pictures.Shape[2], Classes: classes, Pixels: pictures.Data, Labels: names.Data}, nil
}

// MNIST reads the IDX files of MNIST, or of a set in its format, from a folder:
// train-images-idx3-ubyte and so on, with .gz or without, also under the name
// train-images.idx3-ubyte. Where only one of the pairs is there, its first 80 %
// train and its last 20 % test.
func MNIST(dir string) (train, test *Images, err error) {
	train, errTrain := mnistPair(dir, "train")
	if errTrain != nil && !errors.Is(errTrain, fs.ErrNotExist) {
		return nil, nil, errTrain
	}
	test, errTest := mnistPair(dir, "t10k")
	if errTest != nil && !errors.Is(errTest, fs.ErrNotExist) {
		return nil, nil, errTest
	}
	one := train
	switch {
	case train != nil && test != nil:
		if train.H != test.H || train.W != test.W {
			return nil, nil, fmt.Errorf("data: %s: training pictures are %dx%d, test pictures %dx%d", dir, train.H, train.W, test.H, test.W)
		}
		return train, test, nil
	case train == nil && test == nil:
		return nil, nil, errTest
	case train == nil:
		one = test
	}
	cut := one.Len() * 4 / 5
	if cut == 0 {
		return nil, nil, fmt.Errorf("data: %s: %d picture can't be split into training and test", dir, one.Len())
	}
	return one.slice(0, cut), one.slice(cut, one.Len()), nil
}

func mnistPair(dir, which string) (*Images, error) {
	images, err := mnistFile(dir, which+"-images", "idx3-ubyte")
	if err != nil {
		return nil, err
	}
	labels, err := mnistFile(dir, which+"-labels", "idx1-ubyte")
	if err != nil {
		return nil, err
	}
	return ReadImages(images, labels, 10)
}

func mnistFile(dir, name, kind string) (string, error) {
	for _, sep := range []string{"-", "."} {
		for _, ext := range []string{"", ".gz"} {
			path := filepath.Join(dir, name+sep+kind+ext)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("data: %s: %w: %s-%s, with .gz or without", dir, fs.ErrNotExist, name, kind)
}
