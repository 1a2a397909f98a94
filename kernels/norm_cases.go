package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// normAt is a shape to normalise, over N dimensions or in N groups.
type normAt struct {
	x tensor.Shape
	n int
}

// normShapes are the cases of a normalisation: single elements, odd sizes, an
// empty batch, and a row too long for one row of threads.
func normShapes(over cpuref.NormOver) []normAt {
	switch over {
	case cpuref.NormLayer, cpuref.NormRMS:
		return []normAt{{tensor.Shape{3, 2}, 1}, {tensor.Shape{5, 7}, 1}, {tensor.Shape{2, 3, 5, 4}, 2}, {tensor.Shape{3, 65, 33}, 1},
			{tensor.Shape{31}, 1}, {tensor.Shape{0, 6}, 1}, {tensor.Shape{2, 1031}, 1}, {tensor.Shape{1, 20011}, 1}, {tensor.Shape{2, 3, 4}, 3}}
	case cpuref.NormGroup:
		return []normAt{{tensor.Shape{2, 6, 4, 3}, 3}, {tensor.Shape{4, 12}, 3}, {tensor.Shape{1, 2, 5}, 1}, {tensor.Shape{3, 8, 5, 7}, 2},
			{tensor.Shape{2, 4, 1, 33}, 4}, {tensor.Shape{0, 4, 2}, 2}, {tensor.Shape{1, 4, 69, 73}, 1}}
	case cpuref.NormInstance:
		return []normAt{{tensor.Shape{2, 3, 5, 4}, 0}, {tensor.Shape{1, 1, 2}, 0}, {tensor.Shape{3, 5, 7}, 0}, {tensor.Shape{2, 3, 2, 3, 5}, 0},
			{tensor.Shape{0, 4, 2}, 0}, {tensor.Shape{2, 5, 16, 16}, 0}, {tensor.Shape{1, 1, 129, 131}, 0}}
	}
	return []normAt{{tensor.Shape{2, 1}, 0}, {tensor.Shape{5, 7}, 0}, {tensor.Shape{4, 3, 5, 6}, 0}, {tensor.Shape{2, 5, 3}, 0}, {tensor.Shape{3, 4, 2, 3, 2}, 0},
		{tensor.Shape{67, 65}, 0}, {tensor.Shape{1031, 3}, 0}, {tensor.Shape{2, 3, 33, 32}, 0}, {tensor.Shape{3, 0, 2}, 0}, {tensor.Shape{9, 2, 1, 1031}, 0}}
}

func normBench(one func(cpuref.NormOver, normAt) Case, overs ...cpuref.NormOver) (ks []Case) {
	for _, over := range overs {
		switch over {
		case cpuref.NormLayer, cpuref.NormRMS:
			ks = append(ks, one(over, normAt{tensor.Shape{2048, 256}, 1}), one(over, normAt{tensor.Shape{32, 128, 768}, 1}))
		case cpuref.NormGroup:
			ks = append(ks, one(over, normAt{tensor.Shape{16, 64, 28, 28}, 8}))
		case cpuref.NormInstance:
			ks = append(ks, one(over, normAt{tensor.Shape{16, 64, 28, 28}, 0}))
		default:
			ks = append(ks, one(over, normAt{tensor.Shape{32, 64, 28, 28}, 0}), one(over, normAt{tensor.Shape{1024, 256}, 0}))
			ks = append(ks, large(one(over, normAt{tensor.Shape{8, 64, 112, 112}, 0}), one(over, normAt{tensor.Shape{8, 512, 7, 7}, 0}))...)
		}
	}
	return ks
}

// normCase has no weight, a weight, or a weight and a bias.
func normCase(over cpuref.NormOver, k normAt, params int) Case {
	at := cpuref.NormAttrs{Over: over, N: k.n, Eps: 1e-5}
	c := Case{Name: normName(over, k), Attrs: at, In: []tensor.Type{tensor.F32(k.x...)}, Fill: []Filler{fillFarFromZero}}
	_, weights, err := normStats(at, k.x)
	if err != nil {
		panic(err)
	}
	if over == cpuref.NormRMS {
		params = min(params, 1)
	}
	for range params {
		c.In = append(c.In, tensor.F32(weights...))
	}
	return c
}

func normName(over cpuref.NormOver, k normAt) string {
	return fmt.Sprintf("%v over %s", k.x, [...]string{
		fmt.Sprintf("the last %d", k.n), fmt.Sprintf("the last %d about 0", k.n), fmt.Sprintf("%d groups", k.n), "instances", "the batch"}[over])
}

// fillFarFromZero draws values about 3, with a deviation of 1.
func fillFarFromZero(rng *tensor.Philox, t *tensor.Tensor) {
	FillDefault(rng, t)
	for i := range t.F32 {
		t.F32[i] += 3
	}
}

func normGradCase(over cpuref.NormOver, k normAt) Case {
	c := normWeightGradCase(over, k)
	stats, weights, _ := normStats(c.Attrs.(cpuref.NormAttrs), k.x)
	c.In = append(c.In[:3:3], tensor.F32(weights...))
	if over != cpuref.NormRMS {
		c.In = append(c.In, tensor.F32(stats...))
	}
	return c
}

func normWeightGradCase(over cpuref.NormOver, k normAt) Case {
	at := cpuref.NormAttrs{Over: over, N: k.n, Eps: 1e-5}
	stats, _, err := normStats(at, k.x)
	if err != nil {
		panic(err)
	}
	x, s := tensor.F32(k.x...), tensor.F32(stats...)
	c := Case{Name: normName(over, k), Attrs: at, In: []tensor.Type{x, x, s, s}}
	if over == cpuref.NormRMS {
		c.In = c.In[:3]
	}
	return c
}

// normGradCases leave out the weight in every third case, where it may be.
func normGradCases(weights bool) (ks []Case) {
	for over := cpuref.NormLayer; over <= cpuref.NormBatch; over++ {
		for i, k := range normShapes(over) {
			if i%2 == 1 && over > cpuref.NormLayer && i < 5 {
				continue // the forward ops have them
			}
			switch {
			case weights:
				ks = append(ks, normWeightGradCase(over, k))
			case over != cpuref.NormBatch:
				c := normGradCase(over, k)
				if i%3 == 0 {
					c.In[3] = tensor.Type{}
				}
				ks = append(ks, c)
			}
		}
	}
	return ks
}

func batchNormGradCase(over cpuref.NormOver, k normAt) Case {
	c := normWeightGradCase(over, k)
	channel := c.In[2]
	c.In = append(c.In, channel, channel, channel)
	return c
}

func batchNormGradCases() (ks []Case) {
	for i, k := range normShapes(cpuref.NormBatch) {
		c := batchNormGradCase(cpuref.NormBatch, k)
		ks = append(ks, c)
		if i%3 == 0 {
			ks[i].In = c.In[:6]
		}
	}
	return ks
}
