package nn

import "github.com/vulgo-ml/vulgo/graph"

// Unfold lays out the windows of x [N, C, H, W] as columns [N, C·kh·kw, windows],
// as torch.nn.Unfold. Kernels and so on, where not all 0, stand for Kernel and so
// on with a number an axis.
type Unfold struct {
	Kernel, Stride, Padding, Dilation     int
	Kernels, Strides, Paddings, Dilations [2]int // (height, width)
}

// Forward adds the layer to x's graph.
func (u Unfold) Forward(x graph.Value) graph.Value {
	return x.Unfold(graph.FoldAttrs{
		Kernel: [2]int(each(u.Kernel, u.Kernels[:])), Stride: [2]int(each(u.Stride, u.Strides[:])),
		Padding: [2]int(each(u.Padding, u.Paddings[:])), Dilation: [2]int(each(u.Dilation, u.Dilations[:])),
	})
}

// Fold adds columns x [N, C·kh·kw, windows] up to images [N, C, Size...], as
// torch.nn.Fold; its options are Unfold's.
type Fold struct {
	Size                                  [2]int
	Kernel, Stride, Padding, Dilation     int
	Kernels, Strides, Paddings, Dilations [2]int // (height, width)
}

// Forward adds the layer to x's graph.
func (f Fold) Forward(x graph.Value) graph.Value {
	return x.Fold(f.Size, graph.FoldAttrs{
		Kernel: [2]int(each(f.Kernel, f.Kernels[:])), Stride: [2]int(each(f.Stride, f.Strides[:])),
		Padding: [2]int(each(f.Padding, f.Paddings[:])), Dilation: [2]int(each(f.Dilation, f.Dilations[:])),
	})
}
