package engine

import (
	"unsafe"

	"github.com/vulgo-ml/vulgo/tensor"
)

// bytesOf views a tensor's data as bytes.
func bytesOf(t *tensor.Tensor) []byte {
	switch t.DType {
	case tensor.Float32:
		return bytesOfSlice(t.F32)
	case tensor.Float64:
		return bytesOfSlice(t.F64)
	case tensor.Float16, tensor.BFloat16:
		return bytesOfSlice(t.U16)
	case tensor.Int64:
		return bytesOfSlice(t.I64)
	}
	return bytesOfSlice(t.I32)
}

func bytesOfSlice[E any](s []E) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(*new(E))))
}

// view is memory as a tensor of that type.
func view(ty tensor.Type, b []byte) *tensor.Tensor {
	t, n := &tensor.Tensor{Type: ty}, ty.Elems()
	switch ty.DType {
	case tensor.Float32:
		t.F32 = sliceOf[float32](b, n)
	case tensor.Float64:
		t.F64 = sliceOf[float64](b, n)
	case tensor.Float16, tensor.BFloat16:
		t.U16 = sliceOf[uint16](b, n)
	case tensor.Int64:
		t.I64 = sliceOf[int64](b, n)
	default:
		t.I32 = sliceOf[int32](b, n)
	}
	return t
}

func sliceOf[E any](b []byte, n int) []E {
	if n == 0 {
		return []E{} // present, though empty
	}
	return unsafe.Slice((*E)(unsafe.Pointer(&b[0])), n)
}

// feedable tells whether a tensor of one type can be fed where another is
// declared: int32 for bool and bool for int32, since both have 4 bytes; floats
// for wider ones; int64 for int32, if the values fit.
func feedable(t, to tensor.Type) bool {
	is, want := t.DType, to.DType
	return t.Shape.Equal(to.Shape) && (is == want || is == tensor.Int32 && want == tensor.Bool || is == tensor.Bool && want == tensor.Int32 ||
		is == tensor.Int64 && want == tensor.Int32 || is.IsFloat() && is.Widens(want))
}

// feed copies t, which is feedable, to an input's memory.
func feed(to, t *tensor.Tensor) error {
	switch {
	case t.DType == to.DType || t.DType.Size() == 4 && !t.DType.IsFloat():
		copy(bytesOf(to), bytesOf(t))
	case t.DType == tensor.Int64:
		return tensor.Narrow(to.I32, t.I64)
	default:
		for i := range t.Elems() {
			to.Set(i, t.At(i))
		}
	}
	return nil
}
