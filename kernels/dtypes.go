package kernels

import (
	"fmt"
	"slices"

	"github.com/vulgo-ml/vulgo/tensor"
)

func isWide(t tensor.Type) bool { return t.DType == tensor.Float64 }

// fitted rounds the attributes of formulas to float32, in which a device has
// them, but for a call over float64.
func fitted(attrs any, in []tensor.Type) any {
	if slices.ContainsFunc(in, isWide) {
		return attrs
	}
	switch a := attrs.(type) {
	case Params:
		return rounded(a)
	case FormulaAttrs:
		a.Params = rounded(a.Params)
		return a
	}
	return attrs
}

func rounded(p Params) Params {
	for i, v := range p {
		p[i] = float64(float32(v))
	}
	return p
}

// wide tells whether the call has a float64 operand.
func (c *Call) wide() bool {
	return slices.ContainsFunc(c.In, isWide) || slices.ContainsFunc(c.Out, isWide)
}

// chooseWide picks the body of a call over float64: the plain one, on the CPU.
func chooseWide(t *Target, c *Call, force string) (*Variant, error) {
	if t.Kind != CPU {
		return nil, fmt.Errorf("%s: float64 is not supported on %s: use float32, or the CPU device", c.Op.Name, t.Name)
	}
	if force != "" && force != PlainName {
		return nil, fmt.Errorf("%s: variant %q doesn't serve %v on %s", c.Op.Name, force, c.In, t.Name)
	}
	for _, ty := range append(slices.Clone(c.In), c.Out...) {
		if ty.DType.IsFloat() && ty.DType != tensor.Float64 && c.Op != Cast {
			return nil, fmt.Errorf("%s: %v -> %v: it has no float64 form: cast to float32 before it", c.Op.Name, c.In, c.Out)
		}
	}
	return &Variant{Name: PlainName, Kind: CPU, Prepare64: c.Op.CPU.F64}, nil
}

// Accepts tells whether the op takes operands of that dtype on that kind of
// device, for its floats (float32, float64, float16, bfloat16) or its other
// operands (int32, bool; int64 is fed where int32 is declared). What stands
// in 16 bits is computed in float32, so a device that has float32 has that.
// Ops that update variables in place keep these in float32 or float64.
func (op *Op) Accepts(d tensor.DType, k Kind) bool {
	if op == Cast || op.View {
		return d != tensor.Float64 || k == CPU
	}
	switch d {
	case tensor.Float64:
		return k == CPU && op.takes(d)
	case tensor.Float16, tensor.BFloat16:
		return op.Flat == nil && op.takes(tensor.Float32)
	case tensor.Int64:
		d = tensor.Int32
	}
	return op.takes(d)
}

// DTypes lists what Accepts says yes to.
func (op *Op) DTypes(k Kind) (ds []tensor.DType) {
	for _, d := range tensor.DTypes() {
		if op.Accepts(d, k) {
			ds = append(ds, d)
		}
	}
	return ds
}

// takes tries the op's cases with their operands of d's sort in d.
func (op *Op) takes(d tensor.DType) bool {
	for _, k := range op.Cases {
		in, some := slices.Clone(k.In), false
		for i, t := range in {
			switch {
			case !t.Present():
			case d.IsFloat() && t.DType == tensor.Float32:
				in[i].DType, some = d, true
			case t.DType == d:
				some = true
			}
		}
		if _, out, err := op.Infer(k.Attrs, in); err == nil && some && (d != tensor.Float64 || evenly(in) && evenly(out)) {
			return true
		}
	}
	return false
}

// evenly tells that no float is other than float64.
func evenly(types []tensor.Type) bool {
	return !slices.ContainsFunc(types, func(t tensor.Type) bool { return t.DType.IsFloat() && t.DType != tensor.Float64 })
}
