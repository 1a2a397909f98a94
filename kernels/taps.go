package kernels

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/tensor"
)

// Taps say what each element of a resampled axis is made of: of the elements
// Index[j] of an axis of N, weighted by Weight[j].
type Taps struct {
	N      int
	Index  [][]int
	Weight [][]float64
}

func (t *Taps) add(index []int, weight []float64) {
	t.Index, t.Weight = append(t.Index, index), append(t.Weight, weight)
}

// Transposed are the taps of the gradient: which elements take how much of each.
func (t Taps) Transposed() Taps {
	back := Taps{N: len(t.Index), Index: make([][]int, t.N), Weight: make([][]float64, t.N)}
	for j, index := range t.Index {
		for k, i := range index {
			back.Index[i] = append(back.Index[i], j)
			back.Weight[i] = append(back.Weight[i], t.Weight[j][k])
		}
	}
	return back
}

// Tensors are the taps as op resample takes them: [J, K], index -1 where an
// element has fewer than K.
func (t Taps) Tensors() (index, weight *tensor.Tensor) {
	most := 1
	for _, l := range t.Index {
		most = max(most, len(l))
	}
	index, weight = tensor.New(tensor.I32(len(t.Index), most)), tensor.New(tensor.F32(len(t.Index), most))
	for j, l := range t.Index {
		for k := range most {
			at := j*most + k
			index.I32[at] = -1
			if k < len(l) {
				index.I32[at], weight.F32[at] = int32(l[k]), float32(t.Weight[j][k])
			}
		}
	}
	return index, weight
}

// CopyTaps take element index[j] as it is.
func CopyTaps(n int, index []int) Taps {
	t := Taps{N: n}
	for _, i := range index {
		t.add([]int{i}, []float64{1})
	}
	return t
}

// ResizeTaps resize an axis from n to out elements as
// torch.nn.functional.interpolate does: mode is nearest, nearest-exact, linear,
// cubic or area; scale, where not 0, is the factor that coordinates are scaled
// by in place of out/n.
func ResizeTaps(mode string, n, out int, scale float64, alignCorners, antialias bool) (Taps, error) {
	t := Taps{N: n}
	if n < 1 || out < 1 {
		return t, fmt.Errorf("from %d elements to %d: wants at least one", n, out)
	}
	step := float64(n) / float64(out)
	switch {
	case alignCorners && out > 1:
		step = float64(n-1) / float64(out-1)
	case alignCorners:
		step = 0
	case scale > 0:
		step = 1 / scale
	}
	// source is where the middle of element j lies among the n.
	source := func(j int) float64 {
		if alignCorners {
			return step * float64(j)
		}
		return step*(float64(j)+0.5) - 0.5
	}
	for j := range out {
		switch mode {
		case "nearest": // in float32, as PyTorch has it
			at := float32(j) * float32(step)
			t.add([]int{min(int(at), n-1)}, []float64{1})
		case "nearest-exact":
			at := (float32(j) + 0.5) * float32(step)
			t.add([]int{min(int(at), n-1)}, []float64{1})
		case "area":
			first, end := j*n/out, ((j+1)*n+out-1)/out
			t.mean(first, end)
		case "linear":
			if antialias {
				t.filtered(j, step, 1, func(x float64) float64 { return max(0, 1-math.Abs(x)) })
				continue
			}
			at := max(0, source(j))
			i := min(int(at), n-1)
			f := min(max(at-float64(i), 0), 1)
			t.add([]int{i, min(i+1, n-1)}, []float64{1 - f, f})
		case "cubic":
			if antialias {
				t.filtered(j, step, 2, func(x float64) float64 { return cubic(x, -0.5) })
				continue
			}
			at := source(j)
			i := int(math.Floor(at))
			f := at - float64(i)
			var index []int
			var weight []float64
			for k := -1; k <= 2; k++ {
				index = append(index, min(max(i+k, 0), n-1))
				weight = append(weight, cubic(f-float64(k), -0.75))
			}
			t.add(index, weight)
		default:
			return t, fmt.Errorf("mode %q: wants nearest, nearest-exact, linear, cubic or area", mode)
		}
	}
	return t, nil
}

func (t *Taps) mean(first, end int) {
	var index []int
	var weight []float64
	for i := first; i < end; i++ {
		index, weight = append(index, i), append(weight, 1/float64(end-first))
	}
	t.add(index, weight)
}

// filtered takes the elements under a filter of that reach, widened where the
// axis shrinks, with weights that add up to 1.
func (t *Taps) filtered(j int, step, reach float64, filter func(float64) float64) {
	wide := max(step, 1)
	centre := step * (float64(j) + 0.5)
	first := max(0, int(centre-reach*wide+0.5))
	end := min(t.N, int(centre+reach*wide+0.5))
	var index []int
	var weight []float64
	sum := 0.0
	for i := first; i < end; i++ {
		w := filter((float64(i) - centre + 0.5) / wide)
		index, weight, sum = append(index, i), append(weight, w), sum+w
	}
	for k := range weight {
		weight[k] /= sum
	}
	t.add(index, weight)
}

// cubic is Keys' convolution kernel: 1 at 0, 0 at other integers and from 2 on.
func cubic(x, a float64) float64 {
	x = math.Abs(x)
	switch {
	case x <= 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return ((a*x-5*a)*x+8*a)*x - 4*a
	}
	return 0
}
