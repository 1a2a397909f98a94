package graph

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// The normalisations are (v - mean)/sqrt(var + eps)·weight + bias with the biased
// variance, as in torch.nn.functional; they differ in what shares a mean and a
// variance. A zero weight or bias Value leaves it out.

// LayerNorm normalises over the last dims dimensions, of which weight and bias
// have the shape.
func (v Value) LayerNorm(dims int, weight, bias Value, eps float64) Value {
	return v.op("layer_norm", cpuref.NormAttrs{Over: cpuref.NormLayer, N: dims, Eps: eps}, weight, bias)
}

// RMSNorm is v·weight / sqrt(mean of v² + eps), over the last dims dimensions.
func (v Value) RMSNorm(dims int, weight Value, eps float64) Value {
	return v.op("rms_norm", cpuref.NormAttrs{Over: cpuref.NormRMS, N: dims, Eps: eps}, weight)
}

// GroupNorm normalises v [B, C, ..] over each of so many groups of channels;
// weight and bias are [C].
func (v Value) GroupNorm(groups int, weight, bias Value, eps float64) Value {
	return v.op("group_norm", cpuref.NormAttrs{Over: cpuref.NormGroup, N: groups, Eps: eps}, weight, bias)
}

// InstanceNorm normalises v [B, C, ..] over each channel of each example; weight
// and bias are [C]. It also gives the means and the biased variances, [B, C].
func (v Value) InstanceNorm(weight, bias Value, eps float64) (y, mean, variance Value) {
	o := v.ops("instance_norm", cpuref.NormAttrs{Over: cpuref.NormInstance, Eps: eps}, weight, bias)
	return o[0], o[2], o[3]
}

// BatchNorm normalises v [B, C, ..] over each channel of the whole batch, as in
// training; weight and bias are [C]. It also gives the means and the biased
// variances, [C].
func (v Value) BatchNorm(weight, bias Value, eps float64) (y, mean, variance Value) {
	o := v.ops("batch_norm", cpuref.NormAttrs{Over: cpuref.NormBatch, Eps: eps}, weight, bias)
	return o[0], o[2], o[3]
}

// Standardize is (v - mean)/sqrt(variance + eps)·weight + bias with given mean and
// variance, [C] for v [B, C, ..]: batch norm as in evaluation.
func (v Value) Standardize(mean, variance, weight, bias Value, eps float64) Value {
	if v.g == nil {
		return v
	}
	s := v.Shape()
	if len(s) < 2 || !mean.Shape().Equal(s[1:2]) || !variance.Shape().Equal(s[1:2]) {
		v.g.Fail(fmt.Errorf("standardize: v %v with mean %v and variance %v: wants v [B, C, ..] and both [C]", s, mean.Shape(), variance.Shape()))
		return Value{}
	}
	column := make([]int, len(s)-1)
	for i := range column {
		column[i] = 1
	}
	column[0] = s[1]
	scale := variance.AddScalar(eps).Op("rsqrt")
	if weight.Valid() {
		scale = scale.Mul(weight)
	}
	y := v.Sub(mean.Reshape(column...)).Mul(scale.Reshape(column...))
	if bias.Valid() {
		y = y.Add(bias.Reshape(column...))
	}
	return y
}

// LocalResponseNorm is v / (k + alpha/size·s)^beta for v [B, C, ..], s the sum of
// v² over size channels, from size/2 before to (size-1)/2 behind.
func (v Value) LocalResponseNorm(size int, alpha, beta, k float64) Value {
	if v.g == nil {
		return v
	}
	s := v.Shape()
	if len(s) < 3 || size < 1 {
		v.g.Fail(fmt.Errorf("local_response_norm: %v over %d channels: wants [B, C, ..] with 3 or more dimensions, and at least 1", s, size))
		return Value{}
	}
	mean := v.Square()
	if s.Elems() > 0 {
		mean = mean.Reshape(s[0], 1, s[1], -1).AvgPool2dWith(cpuref.Pool2dAttrs{
			Kernel: [2]int{size, 1}, Stride: [2]int{1, 1}, Padding: [2]int{size / 2, 0}, CountIncludePad: true})
		mean = mean.Narrow(2, 0, s[1]).Reshape(s...)
	}
	return v.Div(mean.MulScalar(alpha).AddScalar(k).Pow(v.g.Scalar(beta)))
}
