package kernels

import (
	"fmt"
	"slices"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// The normalisations. Attributes: cpuref.NormAttrs, whose Over is the op's own.
// rstd = 1/sqrt(var + eps); mean, rstd and the biased var are optional outputs.
var (
	LayerNorm = normalisation(Op{
		Name: "layer_norm", Torch: "torch.nn.functional.layer_norm", ONNX: "LayerNormalization",
		Doc: "Y = (X - mean)·rstd·weight + bias, mean and var over the last N dimensions  (X [.., D1..DN], weight, bias [D1..DN])",
	}, cpuref.NormLayer)
	RMSNorm = normalisation(Op{
		Name: "rms_norm", Torch: "torch.nn.functional.rms_norm", ONNX: "RMSNormalization",
		Doc: "Y = X·weight / sqrt(mean of X² + eps), over the last N dimensions  (X [.., D1..DN], weight [D1..DN])",
	}, cpuref.NormRMS)
	GroupNorm = normalisation(Op{
		Name: "group_norm", Torch: "torch.nn.functional.group_norm", ONNX: "GroupNormalization",
		Doc: "Y = (X - mean)·rstd·weight + bias, mean and var over each of N groups of channels  (X [B, C, ..], weight, bias [C])",
	}, cpuref.NormGroup)
	InstanceNorm = normalisation(Op{
		Name: "instance_norm", Torch: "torch.nn.functional.instance_norm", ONNX: "InstanceNormalization",
		Doc: "Y = (X - mean)·rstd·weight + bias, mean and var over each channel of each example  (X [B, C, ..], weight, bias [C])",
	}, cpuref.NormInstance)
	BatchNorm = normalisation(Op{
		Name: "batch_norm", Torch: "torch.nn.functional.batch_norm(training=True)", ONNX: "BatchNormalization",
		Doc: "Y = (X - mean)·rstd·weight + bias, mean and var over each channel of the batch  (X [B, C, ..], weight, bias [C])",
	}, cpuref.NormBatch)

	NormGrad = declare(Op{
		Name: "norm_grad",
		Doc: "dX = rstd·(g - mean of g - n·mean of g·n), n = (X - mean)·rstd, g = dY·weight, over what shares a mean" +
			"  (X, dY -> dX, all of one shape; rstd, mean, weight as the forward op has them; without the mean of g for RMS)",
		In:    []Operand{{Name: "X"}, {Name: "dY"}, {Name: "rstd"}, {Name: "weight", Optional: true}, {Name: "mean", Optional: true}},
		Out:   []Operand{{Name: "dX"}},
		Attrs: cpuref.NormAttrs{}, Shape: normGradShape,
		CPU:      Plain(cpuref.NormGrad[float32], cpuref.NormGrad[float64]),
		Variants: laneVariants(fast.NormGrad, normServes, lowerNormGrad),
		Cases:    normGradCases(false), Bench: normBench(normGradCase, cpuref.NormLayer, cpuref.NormGroup),
		Cost: normCost, Tol: Max(8),
	})
	NormWeightGrad = declare(Op{
		Name:  "norm_weight_grad",
		Doc:   "dweight = Σ dY·(X - mean)·rstd and dbias = Σ dY, over all that a weight scales  (X, dY; rstd, mean as the forward op has them)",
		In:    []Operand{{Name: "X"}, {Name: "dY"}, {Name: "rstd"}, {Name: "mean", Optional: true}},
		Out:   []Operand{{Name: "dweight"}, {Name: "dbias", Optional: true}},
		Attrs: cpuref.NormAttrs{}, Shape: normWeightGradShape,
		CPU:      Plain(cpuref.NormWeightGrad[float32], cpuref.NormWeightGrad[float64]),
		Variants: laneVariants(fast.NormWeightGrad, normServes, lowerNormWeightGrad),
		Cases:    normGradCases(true), Bench: normBench(normWeightGradCase, cpuref.NormLayer, cpuref.NormGroup, cpuref.NormBatch),
		Cost: normCost, Tol: Max(16),
	})
	BatchNormGrad = declare(Op{
		Name: "batch_norm_grad",
		Doc: "dX = weight·rstd·(dY - (dbias + n·dweight)/k), n = (X - mean)·rstd, k the elements of a channel" +
			"  (X, dY -> dX [B, C, ..]; the others [C], dweight and dbias as norm_weight_grad sums them)",
		In:    []Operand{{Name: "X"}, {Name: "dY"}, {Name: "rstd"}, {Name: "mean"}, {Name: "dweight"}, {Name: "dbias"}, {Name: "weight", Optional: true}},
		Out:   []Operand{{Name: "dX"}},
		Attrs: cpuref.NormAttrs{}, Shape: batchNormGradShape,
		CPU: Plain(cpuref.BatchNormGrad[float32], cpuref.BatchNormGrad[float64]),
		Variants: []Variant{
			{Name: "flat", Kind: Vulkan, When: func(t *Target, c *Call) bool { return normServes(t, c, laneForm{}) }, Lower: lowerBatchNormGrad},
			{Name: "fast", Kind: CPU, Prepare: fast.BatchNormGrad},
		},
		Cases: batchNormGradCases(), Bench: normBench(batchNormGradCase, cpuref.NormBatch),
		Cost: normCost, Tol: Max(8),
	})
)

func normalisation(op Op, over cpuref.NormOver) *Op {
	op.In = []Operand{{Name: "X"}, {Name: "weight", Optional: true}, {Name: "bias", Optional: true}}
	op.Out = []Operand{{Name: "Y"}, {Name: "rstd", Optional: true}, {Name: "mean", Optional: true, Wide: true}, {Name: "var", Optional: true, Wide: true}}
	if over == cpuref.NormRMS {
		op.In, op.Out = op.In[:2], op.Out[:2]
	}
	op.Attrs = cpuref.NormAttrs{}
	op.Norm = func(attrs any) any {
		at := attrs.(cpuref.NormAttrs)
		at.Over = over
		if over == cpuref.NormInstance || over == cpuref.NormBatch {
			at.N = 0
		} else if at.N == 0 {
			at.N = 1
		}
		return at
	}
	op.Shape = normShape
	op.CPU = Plain(cpuref.Norm[float32], cpuref.Norm[float64])
	op.Variants = laneVariants(fast.Norm, normServes, lowerNorm)
	for i, k := range normShapes(over) {
		op.Cases = append(op.Cases, normCase(over, k, i%3))
	}
	op.Bench = normBench(func(over cpuref.NormOver, k normAt) Case { return normCase(over, k, 2) }, over)
	op.Cost, op.Tol = normCost, Max(8)
	return declare(op)
}

// normStats is the shape of the means, normWeights that of the weight; the error
// says why there are none.
func normStats(at cpuref.NormAttrs, x tensor.Shape) (stats, weights tensor.Shape, err error) {
	n := len(x) - at.N
	switch at.Over {
	case cpuref.NormLayer, cpuref.NormRMS:
		if at.N < 1 || n < 0 {
			return nil, nil, fmt.Errorf("%v has no %d dimensions to normalise", x, at.N)
		}
		stats, weights = x[:n], x[n:]
	default:
		if len(x) < 2 {
			return nil, nil, fmt.Errorf("operand X %v: wants [B, C, ..]", x)
		}
		stats, weights = x[:2], x[1:2]
		if at.Over == cpuref.NormBatch {
			stats = x[1:2]
		}
		if at.Over == cpuref.NormGroup {
			if at.N < 1 || x[1]%at.N != 0 {
				return nil, nil, fmt.Errorf("%d channels of %v don't make %d groups of one size", x[1], x, at.N)
			}
			stats = tensor.Shape{x[0], at.N}
		}
	}
	if stats.Elems() > 0 && at.View(x).Size() == 0 {
		return nil, nil, fmt.Errorf("%v: there is nothing to take the mean of", x)
	}
	return stats, weights, nil
}

func normShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	x := in[0]
	if err := floatOperand("X", x); err != nil {
		return nil, err
	}
	stats, weights, err := normStats(attrs.(cpuref.NormAttrs), x.Shape)
	if err != nil {
		return nil, err
	}
	for _, t := range in[1:] {
		if t.Present() && (t.DType != x.DType || !t.Shape.Equal(weights)) {
			return nil, fmt.Errorf("operand X %v with weight or bias %v: wants %v", x, t, tensor.Type{DType: x.DType, Shape: weights})
		}
	}
	s := tensor.Type{DType: x.DType, Shape: stats}
	out := []tensor.Type{x, s, s, s}
	if attrs.(cpuref.NormAttrs).Over == cpuref.NormRMS {
		return out[:2], nil
	}
	return out, nil
}

// normGradOperands checks X, dY, rstd and mean.
func normGradOperands(at cpuref.NormAttrs, x, dy, rstd, mean tensor.Type) (weights tensor.Shape, err error) {
	if err := floatOperand("X", x); err != nil {
		return nil, err
	}
	if at.Over > cpuref.NormBatch {
		return nil, fmt.Errorf("there is no normalisation over %d", at.Over)
	}
	stats, weights, err := normStats(at, x.Shape)
	if err != nil {
		return nil, err
	}
	want := tensor.Type{DType: x.DType, Shape: stats}
	switch {
	case !dy.Equal(x):
		return nil, fmt.Errorf("operand X %v and dY %v: want one type", x, dy)
	case !rstd.Equal(want) || mean.Present() && !mean.Equal(want):
		return nil, fmt.Errorf("rstd %v and mean %v: want %v", rstd, mean, want)
	case mean.Present() == (at.Over == cpuref.NormRMS):
		return nil, fmt.Errorf("a mean is wanted, but for RMS")
	}
	return weights, nil
}

func normGradShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	in = append(slices.Clone(in), make([]tensor.Type, 5-len(in))...)
	at := attrs.(cpuref.NormAttrs)
	weights, err := normGradOperands(at, in[0], in[1], in[2], in[4])
	if err != nil {
		return nil, err
	}
	if at.Over == cpuref.NormBatch {
		return nil, fmt.Errorf("batch_norm's gradient is made of norm_weight_grad's sums")
	}
	if w := in[3]; w.Present() && (w.DType != in[0].DType || !w.Shape.Equal(weights)) {
		return nil, fmt.Errorf("operand X %v with weight %v: wants %v", in[0], w, weights)
	}
	return in[:1], nil
}

func normWeightGradShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	in = append(slices.Clone(in), make([]tensor.Type, 4-len(in))...)
	weights, err := normGradOperands(attrs.(cpuref.NormAttrs), in[0], in[1], in[2], in[3])
	if err != nil {
		return nil, err
	}
	w := tensor.Type{DType: in[0].DType, Shape: weights}
	return []tensor.Type{w, w}, nil
}

func batchNormGradShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	at := attrs.(cpuref.NormAttrs)
	if at.Over != cpuref.NormBatch {
		return nil, fmt.Errorf("wants the attributes of batch_norm")
	}
	weights, err := normGradOperands(at, in[0], in[1], in[2], in[3])
	if err != nil {
		return nil, err
	}
	want := tensor.Type{DType: in[0].DType, Shape: weights}
	for _, t := range in[4:] {
		if t.Present() && !t.Equal(want) {
			return nil, fmt.Errorf("operand X %v with dweight, dbias or weight %v: wants %v", in[0], t, want)
		}
	}
	return in[:1], nil
}

func normCost(c *Call) Cost { return Cost{Flops: 8 * float64(c.In[0].Elems()), Bytes: operandBytes(c)} }
