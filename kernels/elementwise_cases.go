package kernels

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/expr"
	"github.com/vulgo-ml/vulgo/tensor"
)

// elementwiseCases covers, for each of the op's types: sizes, the numbers that
// formulas stumble over, and the ways operands are broadcast; all of those for
// op add, since every op has the same kernel around its formula.
func elementwiseCases(op string, fs []*form, tame bool, fill Filler) []Case {
	var cases []Case
	specials := Filler(fillExtreme)
	if tame {
		specials = fillSpecial
	}
	for _, f := range fs {
		one := func(name string, fill Filler, shapes ...tensor.Shape) {
			c := Case{Name: name}
			for i, t := range f.f.Args {
				s := shapes[min(i, len(shapes)-1)]
				c.In = append(c.In, tensor.Type{DType: dtypeOf(t), Shape: s})
				switch t {
				case expr.Float:
					c.Fill = append(c.Fill, fill)
				case expr.Int:
					c.Fill = append(c.Fill, FillInts(5))
				default:
					c.Fill = append(c.Fill, FillInts(2))
				}
			}
			c.Name += fmt.Sprint(c.In)
			cases = append(cases, c)
		}
		type s = tensor.Shape
		for _, shape := range []s{{}, {4, 512}, {3, 1031}, {0, 4}} {
			one("", fill, shape)
		}
		one("special values ", specials, s{4099})
		if len(f.f.Args) == 1 {
			continue
		}
		one("", fill, s{5, 8}, s{8})
		if !tame {
			one("", fill, s{}, s{1037})
		}
		if op != "add" {
			continue
		}
		for _, shapes := range [][]s{
			{{1037}, {1}}, {{8}, {5, 8}}, {{2, 3, 4, 4}, {3, 1, 1}}, {{2, 3, 5}, {3, 1}}, {{4, 1}, {1, 6}},
			{{2, 1, 3, 1, 2}, {1, 4, 1, 3, 2}}, {{33, 1}, {64}}, {{128, 64}, {128, 1}}, {{2, 3, 4, 1, 8}, {2, 1, 4, 5, 1}},
		} {
			one("", fill, shapes...)
		}
	}
	return cases
}

// fillSpecial draws zeros of both signs, ones, halves, infinities and NaN, beside
// ordinary numbers; fillExtreme very large and small ones too, which a gradient's
// products would take out of float32's range.
func fillSpecial(rng *tensor.Philox, t *tensor.Tensor) { fillSome(rng, t, special) }

func fillExtreme(rng *tensor.Philox, t *tensor.Tensor) { fillSome(rng, t, extreme) }

var (
	special = []float64{0, math.Copysign(0, -1), 1, -1, 0.5, -0.5, 1.5, 2.5, 3, math.Inf(1), math.Inf(-1), math.NaN()}
	extreme = append(special[:len(special):len(special)], 40, -40, 1e30, -1e30, 1e-30, -1e-30)
)

func fillSome(rng *tensor.Philox, t *tensor.Tensor, some []float64) {
	for i := range t.F32 {
		t.F32[i] = float32(rng.Uniform(-4, 4))
		if rng.Intn(2) == 0 {
			t.F32[i] = float32(some[rng.Intn(len(some))])
		}
	}
}

// fillWhole draws whole numbers from 1 to 9.
func fillWhole(rng *tensor.Philox, t *tensor.Tensor) {
	for i := range t.F32 {
		t.F32[i] = float32(1 + rng.Intn(9))
	}
}

// elementwiseBench is a matrix; a matrix and a row; and, of what nets are made of,
// the activations of ResNet-18's first layer.
func elementwiseBench(op string, f expr.Func, fill Filler) []Case {
	if op == "remainder_grad_b" {
		fill = fillWhole // the quotient is rounded: a jump, where y isn't the remainder
	}
	c := Case{Name: "1024x1024"}
	for _, t := range f.Args {
		c.In = append(c.In, tensor.Type{DType: dtypeOf(t), Shape: tensor.Shape{1024, 1024}})
		c.Fill = append(c.Fill, fill)
	}
	cases := []Case{c}
	if len(f.Args) == 2 {
		row := c
		row.Name = "1024x1024 and 1024"
		row.In = []tensor.Type{c.In[0], {DType: c.In[1].DType, Shape: tensor.Shape{1024}}}
		row.Large = op != "add"
		cases = append(cases, row)
	}
	switch op {
	case "add", "mul", "relu", "relu_grad", "gelu", "gelu_grad", "sigmoid", "sigmoid_grad", "tanh", "tanh_grad":
		image := c
		image.Name, image.In, image.Large = "16x64x112x112", nil, true
		for _, t := range c.In {
			image.In = append(image.In, tensor.Type{DType: t.DType, Shape: tensor.Shape{16, 64, 112, 112}})
		}
		cases = append(cases, image)
	}
	return cases
}
