package conformance

import (
	"strconv"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

var _ = register(map[string]build{
	"x * rsqrt(mean(x*x, -1) + eps) * weight": func(b *builder) graph.Value {
		return b.image().RMSNorm(1, b.at("weight"), b.num("eps", 1e-6))
	},
})

var _ = register(functions(map[string]build{
	"batch_norm":          batchNorm,
	"instance_norm":       instanceNorm,
	"layer_norm":          layerNorm,
	"rms_norm":            rmsNorm,
	"group_norm":          groupNorm,
	"local_response_norm": localResponseNorm,
}))

var _ = register(map[string]build{
	"torch.nn.BatchNorm1d":       batchNorm,
	"torch.nn.BatchNorm2d":       batchNorm,
	"torch.nn.BatchNorm3d":       batchNorm,
	"torch.nn.SyncBatchNorm":     batchNorm,
	"torch.nn.InstanceNorm1d":    instanceNorm,
	"torch.nn.InstanceNorm2d":    instanceNorm,
	"torch.nn.InstanceNorm3d":    instanceNorm,
	"torch.nn.LayerNorm":         layerNorm,
	"torch.nn.RMSNorm":           rmsNorm,
	"torch.nn.GroupNorm":         groupNorm,
	"torch.nn.LocalResponseNorm": localResponseNorm,
})

// As calls, "F.group_norm(x, 3, weight, bias)" or "torch.nn.GroupNorm(3, 12)": the
// order of the arguments of the function and of the module.
var _ = func() bool {
	const tracked = "num_features eps momentum affine track_running_stats"
	for name, order := range map[string][2]string{
		"layer_norm":                   {"x normalized_shape weight bias eps", "normalized_shape eps elementwise_affine bias"},
		"rms_norm":                     {"x normalized_shape weight eps", "normalized_shape eps elementwise_affine"},
		"group_norm":                   {"x num_groups weight bias eps", "num_groups num_channels eps affine"},
		"local_response_norm":          {"x size alpha beta k", "size alpha beta k"},
		"batch_norm":                   {"x running_mean running_var weight bias training momentum eps", tracked},
		"instance_norm":                {"x running_mean running_var weight bias use_input_stats momentum eps", tracked},
		"scaled_dot_product_attention": {"query key value attn_mask dropout_p is_causal scale", ""},
	} {
		calls[plain(name)] = either("F."+name, order)
	}
	for _, d := range []string{"1d", "2d", "3d"} {
		for _, name := range []string{"BatchNorm", "InstanceNorm"} {
			calls[plain(name+d)] = spelled("torch.nn."+name+d, tracked)
		}
	}
	calls["multiheadattention"] = spelled("torch.nn.MultiheadAttention", "embed_dim num_heads dropout bias add_bias_kv add_zero_attn kdim vdim batch_first")
	return true
}()

// either is spelled for a function, whose first argument is a tensor, and for a
// module, whose first argument is none.
func either(name string, order [2]string) func(*call) graph.Value {
	function, module := spelled(name, order[0]), spelled(name, order[1])
	return func(c *call) graph.Value {
		if _, ok := literal(at(c.pos, 0)); ok || len(c.pos) == 0 && order[1] != "" {
			return module(c)
		}
		return function(c)
	}
}

// lastDims is the number of dimensions that the case normalises.
func (b *builder) lastDims() int {
	if _, one := b.c.Args["normalized_shape"].(float64); one {
		return 1
	}
	return max(1, len(b.ints("normalized_shape")))
}

func layerNorm(b *builder) graph.Value {
	return b.image().LayerNorm(b.lastDims(), b.at("weight"), b.at("bias"), b.num("eps", 1e-5))
}

func rmsNorm(b *builder) graph.Value {
	return b.image().RMSNorm(b.lastDims(), b.at("weight"), b.num("eps", 0x1p-23))
}

func groupNorm(b *builder) graph.Value {
	return b.image().GroupNorm(int(b.num("num_groups", 1)), b.at("weight"), b.at("bias"), b.num("eps", 1e-5))
}

func localResponseNorm(b *builder) graph.Value {
	x := b.image()
	y := x
	if len(x.Shape()) == 2 { // [B, C]
		y = x.Unsqueeze(2)
	}
	y = y.LocalResponseNorm(int(b.num("size", 5)), b.num("alpha", 1e-4), b.num("beta", 0.75), b.num("k", 1))
	return y.Reshape(x.Shape()...)
}

// training tells whether the case is run in training; a module is, unless its
// arguments say otherwise, a function is not.
func (b *builder) training(def bool) bool {
	return arg(b, "train", arg(b, "training", def))
}

// batchNorm normalises with the batch's biased variance in training, with the
// running statistics in evaluation; those become
//
//	(1-m)·running + m·batch, the variance by n/(n-1)
func batchNorm(b *builder) graph.Value {
	x, eps := b.image(), b.num("eps", 1e-5)
	w, bias, mean := b.at("weight"), b.at("bias"), b.at("running_mean")
	training := b.training(strings.HasPrefix(b.c.Torch, "torch.nn.") && !strings.HasPrefix(b.c.Torch, "torch.nn.functional."))
	if !training && mean.Valid() {
		return x.Standardize(mean, b.at("running_var"), w, bias, eps)
	}
	y, bm, bv := x.BatchNorm(w, bias, eps)
	if training {
		b.track(bm, bv, x.Type().Elems()/max(1, x.Dim(1)), true)
	}
	return y
}

// instanceNorm is batchNorm for each example; its running statistics follow the
// average over the examples.
func instanceNorm(b *builder) graph.Value {
	x, eps := b.image(), b.num("eps", 1e-5)
	w, bias, mean := b.at("weight"), b.at("bias"), b.at("running_mean")
	if !arg(b, "use_input_stats", b.training(true)) && mean.Valid() {
		return x.Standardize(mean, b.at("running_var"), w, bias, eps)
	}
	_, rank, module := strings.Cut(b.c.Torch, "InstanceNorm")
	single := module && strings.HasPrefix(rank, strconv.Itoa(len(x.Shape())-1)+"d") // no dimension for the batch
	if single {
		x = x.Unsqueeze(0)
	}
	y, im, iv := x.InstanceNorm(w, bias, eps)
	b.track(im.Mean(0), iv.Mean(0), x.Type().Elems()/max(1, x.Dim(0)*x.Dim(1)), false)
	if single {
		y = y.Squeeze(0)
	}
	return y
}

// track moves the running statistics, where the case has some, towards those of
// a batch of n values a channel.
func (b *builder) track(mean, variance graph.Value, n int, counting bool) {
	m := b.Scalar(b.num("momentum", 0.1))
	if counting && b.at("num_batches_tracked").Valid() {
		count := b.at("num_batches_tracked").Add(b.Const(tensor.FromI32([]int32{1})))
		b.Assign(b.vars["num_batches_tracked"], count)
		if v, given := b.c.Args["momentum"]; given && v == nil { // the average of all batches
			m = count.Float().Op("reciprocal")
		}
	}
	variance = variance.MulScalar(float64(n) / float64(n-1))
	follow := func(name string, x graph.Value) {
		if v := b.vars[name]; v != nil {
			b.Assign(v, b.at(name).Add(x.Sub(b.at(name)).Mul(m)))
		}
	}
	follow("running_mean", mean)
	follow("running_var", variance)
}
