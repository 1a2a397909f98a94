package nn

import (
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// To makes variables hold another float type, as torch.nn.Module.to does with a
// model's; their initial values are rounded to it. Call it after Init and before
// anything is compiled. Float64 is for the CPU. Optimizers update float32 and
// float64: what is to be trained with values in 16 bits keeps its parameters in
// float32, and casts its input (graph.Value.Cast says what follows).
func To(d tensor.DType, vars ...*graph.Variable) {
	for _, v := range vars {
		if !v.Type.DType.IsFloat() || !d.IsFloat() {
			continue
		}
		v.Type.DType = d
		init := v.Init
		if init == nil {
			continue
		}
		v.Init = func() *tensor.Tensor {
			t, err := init().To(d)
			if err != nil {
				panic(err) // only an int64 may not fit
			}
			return t
		}
	}
}
