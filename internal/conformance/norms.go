package conformance

import (
	"strconv"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

var _ = register(map[string]build{
	"x * rsqrt(mean(x*x, -1) + eps) * weight": func(b *builder) graph.Value {
		return b.x().RMSNorm(1, b.at("weight"), b.num("eps", 1e-6))
	},
	"F.normalize(x,p,dim)": normalize,
})

// The normalisations under the names of modules and functions.
var _ = func() bool {
	for short, f := range map[string]struct {
		module []string
		build  build
	}{
		"batch_norm":          {[]string{"BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"}, batchNorm},
		"instance_norm":       {[]string{"InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"}, instanceNorm},
		"layer_norm":          {[]string{"LayerNorm"}, layerNorm},
		"rms_norm":            {[]string{"RMSNorm"}, rmsNorm},
		"group_norm":          {[]string{"GroupNorm"}, groupNorm},
		"local_response_norm": {[]string{"LocalResponseNorm"}, localResponseNorm},
	} {
		names := map[string]build{}
		for _, m := range f.module {
			names["torch.nn."+m] = f.build
		}
		for _, prefix := range []string{"F.", "torch.nn.functional.", "torch."} {
			names[prefix+short] = f.build
		}
		register(names)
	}
	return true
}()

// lastDims is the number of dimensions that the case normalises.
func (b *builder) lastDims() int {
	if _, one := b.c.Args["normalized_shape"].(float64); one {
		return 1
	}
	return max(1, len(b.ints("normalized_shape")))
}

func layerNorm(b *builder) graph.Value {
	return b.x().LayerNorm(b.lastDims(), b.at("weight"), b.at("bias"), b.num("eps", 1e-5))
}

func rmsNorm(b *builder) graph.Value {
	return b.x().RMSNorm(b.lastDims(), b.at("weight"), b.num("eps", 0x1p-23))
}

func groupNorm(b *builder) graph.Value {
	return b.x().GroupNorm(int(b.num("num_groups", 1)), b.at("weight"), b.at("bias"), b.num("eps", 1e-5))
}

func localResponseNorm(b *builder) graph.Value {
	x := b.x()
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
	x, eps := b.x(), b.num("eps", 1e-5)
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
	x, eps := b.x(), b.num("eps", 1e-5)
	w, bias, mean := b.at("weight"), b.at("bias"), b.at("running_mean")
	if !arg(b, "use_input_stats", b.training(true)) && mean.Valid() {
		return x.Standardize(mean, b.at("running_var"), w, bias, eps)
	}
	_, rank, module := strings.Cut(b.c.Torch, "InstanceNorm")
	single := module && rank == strconv.Itoa(len(x.Shape())-1)+"d" // no dimension for the batch
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

// normalize is x / max(|x|_p, eps) along an axis.
func normalize(b *builder) graph.Value {
	x, dim := b.x(), int(b.num("dim", 1))
	var norm graph.Value
	switch p := b.num("p", 2); p {
	case 1:
		norm = x.Abs().SumKeep(dim)
	case 2:
		norm = x.Square().SumKeep(dim).Sqrt()
	default:
		return b.miss("normalize with p = %v", p)
	}
	return x.Div(norm.Maximum(b.Scalar(b.num("eps", 1e-12))))
}
