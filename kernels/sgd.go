package kernels

import (
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// SGD updates all parameters of an optimizer, in place.
var SGD = declare(Op{
	Name: "sgd", Torch: "torch.optim.SGD",
	Doc: "g = gscale·G + decay·p; buf = momentum·buf + (1-dampening)·g (g at t = 1); p -= lr·buf" +
		"  (p_0.., G flat, buf flat if momentum, lr, t, gscale optional -> p_0.., buf)",
	In:    []Operand{{Name: "operands", Variadic: true}},
	Out:   []Operand{{Name: "updated", Variadic: true}},
	Attrs: cpuref.SGDAttrs{},
	Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
		at := attrs.(cpuref.SGDAttrs)
		if at.Momentum != 0 {
			return flatShape(in, at.N, "momentum_buffer")
		}
		return flatShape(in, at.N)
	},
	NoGrad: "an update isn't differentiated",
	CPU:    Plain(cpuref.SGD[float32], cpuref.SGD[float64]),
	Flat:   func(attrs any) int { return attrs.(cpuref.SGDAttrs).N },
	Alias: func(attrs any, _ int) []int {
		return flatAlias(attrs.(cpuref.SGDAttrs).N, sgdStates(attrs))
	},
	Variants: []Variant{{Name: "flat", Kind: Vulkan, Lower: lowerSGD}, {Name: "fast", Kind: CPU, Prepare: fast.SGD}},
	Cases:    sgdCases(),
	Bench: flatBench(func(name string, size tensor.Shape) Case {
		return flatCase(cpuref.SGDAttrs{N: 1, Momentum: 0.9}, name+" momentum", 2, false, 1, nil, size)
	}, 11699200, 100_000_000),
	Cost: func(c *Call) Cost { return flatCost(c, 8) },
	Tol:  Max(4),
})

// sgdStates is how many flat states SGD has: the momentum, if there is any.
func sgdStates(attrs any) int {
	if attrs.(cpuref.SGDAttrs).Momentum != 0 {
		return 1
	}
	return 0
}

func lowerSGD(t *Target, c *Call) (Lowered, error) {
	at := c.Attrs.(cpuref.SGDAttrs)
	u := flatUpdate{n: at.N, states: sgdStates(c.Attrs), c: c}
	gscale, scaled := u.gscale()
	spec := []uint32{truth(scaled), truth(at.Momentum != 0), truth(at.Nesterov)}
	push := floatWords(at.WeightDecay, at.Momentum, 1-at.Dampening)
	return u.lower(t, "sgd", spec, push, func(part func(Bind, bool) Bind) []Bind {
		buf := unread(part(Bind{}, true)) // as in Adam: what is written anyway
		if u.states > 0 {
			buf = part(u.state(0), false)
		}
		return []Bind{part(u.grad(), false), part(Bind{}, true), buf, u.lr(), u.t(), gscale}
	}), nil
}

func sgdCases() (ks []Case) {
	for i, s := range flatSizes {
		n := len(s.sizes)
		for _, c := range []struct {
			name string
			at   cpuref.SGDAttrs
		}{
			{"", cpuref.SGDAttrs{N: n}},
			{" decay", cpuref.SGDAttrs{N: n, WeightDecay: 0.1}},
			{" momentum", cpuref.SGDAttrs{N: n, Momentum: 0.9, Dampening: 0.3}},
			{" nesterov", cpuref.SGDAttrs{N: n, Momentum: 0.9, Nesterov: true, WeightDecay: 0.1}},
		} {
			for _, t := range []float32{1, 5} {
				ks = append(ks, flatCase(c.at, s.name+c.name, t, (i+int(t))%2 == 0, sgdStates(c.at), nil, s.sizes...))
			}
		}
	}
	return ks
}
