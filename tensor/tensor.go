// Package tensor holds arrays on the host: a dtype, a shape and the data,
// row-major and contiguous. It computes nothing; kernels do.
package tensor

import (
	"fmt"
	"strings"
)

// DType is the type of a tensor's elements.
type DType uint8

// The dtypes. Bool is stored as int32 0 or 1, on the host as on a device. Float64
// is computed on the CPU alone. Float16 and BFloat16 are what values are stored
// in; they are computed in float32. Int64 is there on the host alone: devices
// hold int32.
const (
	Invalid DType = iota // absent: an optional operand that isn't there
	Float32
	Float64
	Int32
	Bool
	Float16
	BFloat16
	Int64
)

var dtypeNames = [...]string{"invalid", "float32", "float64", "int32", "bool", "float16", "bfloat16", "int64"}

// DTypes lists the dtypes that a tensor can have.
func DTypes() []DType { return []DType{Float32, Float64, Float16, BFloat16, Int32, Int64, Bool} }

func (d DType) String() string { return dtypeNames[d] }

// Size is the bytes an element takes.
func (d DType) Size() int {
	switch d {
	case Float64, Int64:
		return 8
	case Float16, BFloat16:
		return 2
	}
	return 4
}

// IsFloat tells the floating dtypes from the others.
func (d DType) IsFloat() bool { return d == Float32 || d == Float64 || d.IsHalf() }

// IsHalf tells the floating dtypes of 16 bits from the others.
func (d DType) IsHalf() bool { return d == Float16 || d == BFloat16 }

// Shape is the size of each dimension, outermost first; nil is a scalar.
type Shape []int

// Elems is the number of elements; 1 for a scalar.
func (s Shape) Elems() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// Equal reports whether both have the same rank and sizes.
func (s Shape) Equal(t Shape) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range s {
		if s[i] != t[i] {
			return false
		}
	}
	return true
}

// Strides are the row-major element strides.
func (s Shape) Strides() []int {
	st := make([]int, len(s))
	n := 1
	for i := len(s) - 1; i >= 0; i-- {
		st[i] = n
		n *= s[i]
	}
	return st
}

func (s Shape) String() string {
	var b strings.Builder
	b.WriteByte('[')
	for i, d := range s {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprint(&b, d)
	}
	b.WriteByte(']')
	return b.String()
}

// Type is a dtype with a shape: what is known of a value before it is computed.
type Type struct {
	DType DType
	Shape Shape
}

// F32 is the float32 type of that shape.
func F32(shape ...int) Type { return Type{Float32, shape} }

// I32 is the int32 type of that shape.
func I32(shape ...int) Type { return Type{Int32, shape} }

// Elems is the number of elements; 0 for an absent type.
func (t Type) Elems() int {
	if t.DType == Invalid {
		return 0
	}
	return t.Shape.Elems()
}

// Bytes is the size of the data.
func (t Type) Bytes() int { return t.Elems() * t.DType.Size() }

// Present is false for an optional operand that isn't there.
func (t Type) Present() bool { return t.DType != Invalid }

// Equal reports whether dtype and shape agree.
func (t Type) Equal(u Type) bool { return t.DType == u.DType && t.Shape.Equal(u.Shape) }

func (t Type) String() string { return t.DType.String() + t.Shape.String() }

// Tensor is an array on the host. Exactly one of the slices holds the data, by
// the dtype: I32 for Int32 and Bool, U16 for the bit patterns of Float16 and
// BFloat16.
type Tensor struct {
	Type
	F32 []float32
	F64 []float64
	I32 []int32
	I64 []int64
	U16 []uint16
}

// New is a zeroed tensor.
func New(t Type) *Tensor {
	x := &Tensor{Type: t}
	switch t.DType {
	case Float32:
		x.F32 = make([]float32, t.Elems())
	case Float64:
		x.F64 = make([]float64, t.Elems())
	case Float16, BFloat16:
		x.U16 = make([]uint16, t.Elems())
	case Int64:
		x.I64 = make([]int64, t.Elems())
	default:
		x.I32 = make([]int32, t.Elems())
	}
	return x
}

// FromF32 wraps data, without a copy; it panics if the size isn't the shape's.
func FromF32(data []float32, shape ...int) *Tensor {
	return &Tensor{Type: checked(Float32, len(data), shape), F32: data}
}

// FromF64 wraps data, without a copy; it panics if the size isn't the shape's.
func FromF64(data []float64, shape ...int) *Tensor {
	return &Tensor{Type: checked(Float64, len(data), shape), F64: data}
}

// FromI32 wraps data, without a copy; it panics if the size isn't the shape's.
func FromI32(data []int32, shape ...int) *Tensor {
	return &Tensor{Type: checked(Int32, len(data), shape), I32: data}
}

// FromI64 wraps data, without a copy; it panics if the size isn't the shape's.
func FromI64(data []int64, shape ...int) *Tensor {
	return &Tensor{Type: checked(Int64, len(data), shape), I64: data}
}

// FromF16 wraps float16 bit patterns (F16FromF32 makes them), without a copy; it
// panics if the size isn't the shape's.
func FromF16(data []uint16, shape ...int) *Tensor {
	return &Tensor{Type: checked(Float16, len(data), shape), U16: data}
}

// FromBF16 wraps bfloat16 bit patterns (BF16FromF32 makes them), without a copy;
// it panics if the size isn't the shape's.
func FromBF16(data []uint16, shape ...int) *Tensor {
	return &Tensor{Type: checked(BFloat16, len(data), shape), U16: data}
}

// Scalar is a float32 tensor of rank 0.
func Scalar(v float32) *Tensor { return FromF32([]float32{v}) }

func checked(d DType, n int, shape []int) Type {
	t := Type{d, shape}
	if n != t.Elems() {
		panic(fmt.Sprintf("tensor: %d values for shape %v of %d", n, t.Shape, t.Elems()))
	}
	return t
}

// Clone is a deep copy.
func (t *Tensor) Clone() *Tensor {
	c := &Tensor{Type: Type{t.DType, append(Shape(nil), t.Shape...)}}
	c.F32 = append(c.F32, t.F32...)
	c.F64 = append(c.F64, t.F64...)
	c.I32 = append(c.I32, t.I32...)
	c.I64 = append(c.I64, t.I64...)
	c.U16 = append(c.U16, t.U16...)
	return c
}
