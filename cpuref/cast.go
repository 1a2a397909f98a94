package cpuref

import "github.com/vulgo-ml/vulgo/tensor"

// CastAttrs is the dtype to cast to.
type CastAttrs struct{ To tensor.DType }

// Cast is y[i] = x[i] in y's dtype, as tensor.Tensor.Set gives it. The operands
// have dtypes of their own, so it reads them as tensors, whatever T is.
func Cast[T Float](a *Args[T]) {
	x, y := a.In[0].Data, a.Out[0].Data
	for i := range y.Elems() {
		y.Set(i, x.At(i))
	}
}
