package kernels_test

import (
	"testing"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
)

type torchBuild = func(in map[string]graph.Value) graph.Value

// on builds a case from its only operand.
func on(f func(x graph.Value) graph.Value) torchBuild {
	return func(in map[string]graph.Value) graph.Value { return f(in["x"]) }
}

func softmaxAlong(axis int) torchBuild {
	return on(func(x graph.Value) graph.Value { return x.Softmax(axis) })
}

func logSoftmaxAlong(axis int) torchBuild {
	return on(func(x graph.Value) graph.Value { return x.LogSoftmax(axis) })
}

// entropy is F.cross_entropy; the loss of row i is
//
//	(1 - smooth)·-logp[i, label] + smooth·mean of -logp[i, :]
func entropy(ignore int, smooth float64, finish func(rows graph.Value) graph.Value) torchBuild {
	return func(in map[string]graph.Value) graph.Value {
		x := in["x"]
		rows := apply("cross_entropy", cpuref.CrossEntropyAttrs{IgnoreIndex: ignore}, x, in["target"])
		if smooth > 0 {
			rows = rows.MulScalar(1 - smooth).Sub(x.LogSoftmax(1).Mean(1).MulScalar(smooth))
		}
		return finish(rows)
	}
}

func rowsOf(x graph.Value) graph.Value { return x }
func sumOf(x graph.Value) graph.Value  { return x.Sum() }
func meanOf(x graph.Value) graph.Value { return x.Mean() }

var torchReductions = map[string]torchBuild{
	"softmax_4d_dim1":         softmaxAlong(1),
	"softmax_dim0":            softmaxAlong(0),
	"softmax_dim1":            softmaxAlong(1),
	"softmax_large_logits":    softmaxAlong(-1),
	"softmax_last_1000":       softmaxAlong(-1),
	"softmax_mid":             softmaxAlong(1),
	"logsoftmax_batch33x257":  logSoftmaxAlong(-1),
	"logsoftmax_dim1":         logSoftmaxAlong(1),
	"logsoftmax_large_logits": logSoftmaxAlong(-1),
	"logsoftmax_last_1000":    logSoftmaxAlong(-1),
	"logsoftmax_one_class":    logSoftmaxAlong(-1),

	"ce_c1000":       entropy(-100, 0, meanOf),
	"ce_c2":          entropy(-100, 0, meanOf),
	"ce_mean":        entropy(-100, 0, meanOf),
	"ce_sum":         entropy(-100, 0, sumOf),
	"ce_ignore_none": entropy(1, 0, rowsOf),
	"ce_smooth_sum":  entropy(-100, 0.3, sumOf),

	"reduce_max_1":         on(func(x graph.Value) graph.Value { return x.Amax(1) }),
	"reduce_mean_02":       on(func(x graph.Value) graph.Value { return x.Mean(0, 2) }),
	"reduce_mean_all":      on(meanOf),
	"reduce_min_last_keep": on(func(x graph.Value) graph.Value { return x.Amin(-1).Reshape(3, 5, 1) }),
	"reduce_norm1_1":       on(func(x graph.Value) graph.Value { return x.Abs().Sum(1) }),
	"reduce_std_last": on(func(x graph.Value) graph.Value {
		return x.Sub(x.MeanKeep(-1)).Square().Sum(-1).MulScalar(1. / 3).Sqrt()
	}),
	"reduce_sum_12_keep": on(func(x graph.Value) graph.Value { return x.SumKeep(1, 2) }),
	"reduce_sum_all":     on(sumOf),

	"shape_cat": func(in map[string]graph.Value) graph.Value {
		return apply("concat", cpuref.ConcatAttrs{Axis: 1}, in["a"], in["b"], in["a"])
	},
	"shape_flip": on(func(x graph.Value) graph.Value {
		return apply("slice", cpuref.SliceAttrs{Start: cpuref.IntList(0, 4), Size: cpuref.IntList(3, 5), Step: cpuref.IntList(1, -1)}, x)
	}),
	"shape_reshape": on(func(x graph.Value) graph.Value { return x.Reshape(6, -1) }),
	"shape_tile": on(func(x graph.Value) graph.Value {
		return apply("expand", cpuref.ExpandAttrs{Shape: cpuref.IntList(2, 3, 3, 2)}, x.Reshape(1, 3, 1, 2)).Reshape(6, 6)
	}),
	"shape_upsample_nearest2": on(func(x graph.Value) graph.Value {
		return apply("expand", cpuref.ExpandAttrs{Shape: cpuref.IntList(1, 2, 3, 2, 4, 2)}, x.Reshape(1, 2, 3, 1, 4, 1)).Reshape(1, 2, 6, 8)
	}),
}

func TestPyTorchsReductionsSoftmaxesAndShapes(t *testing.T) {
	tallyTorch(t, "reductions, softmaxes and shapes", torchReductions)
}
