package graph

import (
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Cast is v in another dtype, as PyTorch's Tensor.to; the gradient is cast back.
// Floats are rounded to nearest even, ints towards zero; true is what is not 0.
// Float64 is computed on the CPU alone, Int64 is int32 here.
//
// An op over float16 or bfloat16 computes in float32 and rounds its result, so
// these two only say how values are stored. Operands of several float types
// take the widest one's, with float32 for float16 beside bfloat16; as in
// PyTorch, values of rank 0 don't count beside others, nor numbers such as
// AddScalar's. Beyond PyTorch, nor do float32 variables and constants, and what
// is computed from them alone, beside 16 bits: a layer whose input is float16
// gives float16, with its parameters in float32, which are not rounded.
func (v Value) Cast(to tensor.DType) Value {
	if to == tensor.Int64 {
		to = tensor.Int32
	}
	from := v.Type().DType
	if v.g == nil || from == to {
		return v
	}
	if !from.IsFloat() { // elementwise ops can be fused
		switch to {
		case tensor.Float32:
			return v.op("to_float", nil)
		case tensor.Int32:
			return v.op("to_int", nil)
		case tensor.Bool:
			return v.op("to_bool", nil)
		}
	}
	return v.op("cast", cpuref.CastAttrs{To: to})
}

// Float is v as float32: true is 1.
func (v Value) Float() Value { return v.Cast(tensor.Float32) }

// Double is v as float64, for the CPU.
func (v Value) Double() Value { return v.Cast(tensor.Float64) }

// Half is v as float16.
func (v Value) Half() Value { return v.Cast(tensor.Float16) }

// BFloat16 is v as bfloat16.
func (v Value) BFloat16() Value { return v.Cast(tensor.BFloat16) }

// Int is v as int32, rounded towards zero.
func (v Value) Int() Value { return v.Cast(tensor.Int32) }

// Bool is true where v is not 0.
func (v Value) Bool() Value { return v.Cast(tensor.Bool) }

// stored is the type a device keeps for one of the host.
func stored(t tensor.Type) tensor.Type {
	if t.DType == tensor.Int64 {
		t.DType = tensor.Int32
	}
	return t
}

// Stored is the variable's type on a device.
func (v *Variable) Stored() tensor.Type { return stored(v.Type) }
