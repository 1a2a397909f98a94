package nn_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

// through is a layer's result on the CPU, with its weight as given and no bias.
func through(t *testing.T, m nn.Module, x *tensor.Tensor, weight ...float32) (y []float32, shape tensor.Shape) {
	t.Helper()
	vars, err := nn.Init(m, 1)
	require.NoError(t, err)
	dev, err := engine.Open("cpu")
	require.NoError(t, err)
	defer dev.Close()
	st, err := engine.NewState(dev)
	require.NoError(t, err)
	defer st.Close()
	for _, v := range vars {
		v.Init = func() *tensor.Tensor { return tensor.FromF32(weight, v.Type.Shape...) }
	}
	p, err := engine.Compile(st, func(g *graph.Graph) { g.Output("y", m.Forward(g.Const(x))) })
	require.NoError(t, err)
	defer p.Close()
	out := run(t, p, nil, "y")
	return out.F32, out.Shape
}

func row(v ...float32) *tensor.Tensor { return tensor.FromF32(v, 1, 1, len(v)) }

func TestConvolutionsByHand(t *testing.T) {
	for _, c := range []struct {
		name   string
		m      nn.Module
		weight []float32
		want   []float32
	}{
		{"same, an even kernel: the odd pixel lies behind", &nn.Conv1d{In: 1, Out: 1, Kernel: 2, Same: true, NoBias: true}, []float32{1, 10}, []float32{21, 32, 43, 4}},
		{"same, dilated", &nn.Conv1d{In: 1, Out: 1, Kernel: 3, Dilation: 2, Same: true, NoBias: true}, []float32{1, 10, 100}, []float32{310, 420, 31, 42}},
		{"reflect", &nn.Conv1d{In: 1, Out: 1, Kernel: 3, Padding: 1, PaddingMode: "reflect", NoBias: true}, []float32{1, 0, 100}, []float32{202, 301, 402, 303}},
		{"replicate", &nn.Conv1d{In: 1, Out: 1, Kernel: 3, Padding: 1, PaddingMode: "replicate", NoBias: true}, []float32{1, 0, 100}, []float32{201, 301, 402, 403}},
		{"circular", &nn.Conv1d{In: 1, Out: 1, Kernel: 3, Padding: 1, PaddingMode: "circular", NoBias: true}, []float32{1, 0, 100}, []float32{204, 301, 402, 103}},
		{"circular by the whole size", &nn.Conv1d{In: 1, Out: 1, Kernel: 9, Padding: 4, PaddingMode: "circular", NoBias: true}, []float32{1, 0, 0, 0, 10, 0, 0, 0, 100}, []float32{111, 222, 333, 444}},
		{"transposed, with output padding", &nn.ConvTranspose1d{In: 1, Out: 1, Kernel: 2, Stride: 2, OutputPadding: 1, NoBias: true}, []float32{1, 10}, []float32{1, 10, 2, 20, 3, 30, 4, 40, 0}},
		{"transposed, output padding by dilation", &nn.ConvTranspose1d{In: 1, Out: 1, Kernel: 2, Dilation: 2, OutputPadding: 1, NoBias: true}, []float32{1, 10}, []float32{1, 2, 13, 24, 30, 40, 0}},
		{"transposed, padded", &nn.ConvTranspose1d{In: 1, Out: 1, Kernel: 3, Padding: 1, NoBias: true}, []float32{1, 10, 100}, []float32{12, 123, 234, 340}},
	} {
		y, shape := through(t, c.m, row(1, 2, 3, 4), c.weight...)
		require.Equal(t, c.want, y, c.name)
		require.Equal(t, tensor.Shape{1, 1, len(c.want)}, shape, c.name)
	}
}

func TestConvolutionsHaveANumberAnAxis(t *testing.T) {
	g := graph.New()
	for _, c := range []struct {
		m    nn.Module
		x    tensor.Shape
		w, y tensor.Shape
	}{
		{&nn.Conv2d{In: 2, Out: 4, Kernel: 3, Paddings: [2]int{1, 0}}, tensor.Shape{5, 2, 8, 8}, tensor.Shape{4, 2, 3, 3}, tensor.Shape{5, 4, 8, 6}},
		{&nn.Conv2d{In: 2, Out: 4, Kernels: [2]int{1, 5}, Strides: [2]int{1, 2}, Groups: 2}, tensor.Shape{2, 8, 9}, tensor.Shape{4, 1, 1, 5}, tensor.Shape{4, 8, 3}},
		{&nn.Conv3d{In: 2, Out: 3, Kernel: 3, Same: true, Dilations: [3]int{1, 2, 3}}, tensor.Shape{1, 2, 4, 5, 6}, tensor.Shape{3, 2, 3, 3, 3}, tensor.Shape{1, 3, 4, 5, 6}},
		{&nn.Conv3d{In: 1, Out: 1, Kernel: 3, Paddings: [3]int{0, 1, 2}, PaddingMode: "reflect"}, tensor.Shape{1, 4, 5, 6}, tensor.Shape{1, 1, 3, 3, 3}, tensor.Shape{1, 2, 5, 8}},
		{&nn.ConvTranspose2d{In: 4, Out: 6, Kernel: 3, Stride: 2, Padding: 1, OutputPaddings: [2]int{1, 0}, Groups: 2}, tensor.Shape{1, 4, 5, 5}, tensor.Shape{4, 3, 3, 3}, tensor.Shape{1, 6, 10, 9}},
		{&nn.ConvTranspose3d{In: 2, Out: 3, Kernels: [3]int{1, 2, 3}, Stride: 2}, tensor.Shape{1, 2, 3, 3, 3}, tensor.Shape{2, 3, 1, 2, 3}, tensor.Shape{1, 3, 5, 6, 7}},
	} {
		vars, err := nn.Init(c.m, 1)
		require.NoError(t, err)
		require.Len(t, vars, 2)
		require.Equal(t, []string{"weight", "bias"}, []string{vars[0].Name, vars[1].Name})
		require.Equal(t, c.w, vars[0].Type.Shape)
		y := c.m.Forward(g.Const(tensor.New(tensor.F32(c.x...))))
		require.NoError(t, g.Err())
		require.Equal(t, c.y, y.Shape())
		bound := 1 / math.Sqrt(float64(c.w[1:].Elems()))
		for _, v := range vars {
			for _, x := range v.Init().F32 {
				require.LessOrEqual(t, math.Abs(float64(x)), bound)
			}
		}
	}
}

func TestConvolutionsSayWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		m    nn.Module
		x    tensor.Shape
		want string
	}{
		{&nn.Conv2d{In: 3, Out: 4, Kernel: 3, Groups: 2}, nil, "nn: Conv2d : In 3 and Out 4 must be positive and Groups 2 divide both"},
		{&nn.Conv2d{In: 3, Out: 4, Kernel: 3, Stride: 2, Same: true}, nil, "nn: Conv2d : Same goes with no Stride or Padding, got [2 2] and [0 0]"},
		{&nn.Conv1d{In: 3, Out: 4, Kernel: 3, PaddingMode: "mirror"}, nil, `nn: Conv1d : PaddingMode "mirror": there are zeros, reflect, replicate and circular`},
		{&nn.Conv1d{In: 1, Out: 1, Kernel: 9, Padding: 4, PaddingMode: "reflect"}, tensor.Shape{1, 1, 4}, "pad: [1 1 4] along axis 2 by 4 and 4: mode reflect has at most 3 elements to add"},
		{&nn.Conv1d{In: 1, Out: 1, Kernel: 3}, tensor.Shape{1, 1, 4, 4}, "nn: Conv1d: x [1 1 4 4]: wants 3 dimensions, or 2 without the batch"},
	} {
		_, err := nn.Init(c.m, 1)
		if c.x == nil {
			require.EqualError(t, err, c.want)
			continue
		}
		require.NoError(t, err)
		g := graph.New()
		c.m.Forward(g.Const(tensor.New(tensor.F32(c.x...))))
		require.ErrorContains(t, g.Err(), c.want)
	}
}

func TestPoolsByHand(t *testing.T) {
	s := func(v float64) float32 { return float32(math.Sqrt(v)) }
	for _, c := range []struct {
		name string
		m    nn.Module
		want []float32
	}{
		{"maximum", nn.MaxPool1d{Kernel: 2}, []float32{4, 6}},
		{"maximum, ceil", nn.MaxPool1d{Kernel: 2, Ceil: true}, []float32{4, 6, 1}},
		{"mean, padding counted", nn.AvgPool1d{Kernel: 3, Stride: 2, Padding: 1}, []float32{7. / 3, 12. / 3, 3. / 3}},
		{"mean of what is there", nn.AvgPool1d{Kernel: 3, Stride: 2, Padding: 1, NoCountIncludePad: true}, []float32{3.5, 4, 1.5}},
		{"p-norm", nn.LPPool1d{P: 2, Kernel: 2}, []float32{5, s(40)}},
		{"p-norm of a cut window counts twice", nn.LPPool1d{P: 2, Kernel: 2, Ceil: true}, []float32{5, s(40), s(2)}},
		{"adaptive mean", nn.AdaptiveAvgPool1d{Size: 2}, []float32{13. / 3, 9. / 3}},
		{"adaptive maximum", nn.AdaptiveMaxPool1d{Size: 3}, []float32{4, 6, 2}},
		{"adaptive mean of all", nn.AdaptiveAvgPool1d{Size: 1}, []float32{16. / 5}},
		{"adaptive, larger", nn.AdaptiveMaxPool1d{Size: 6}, []float32{3, 4, 6, 6, 2, 1}},
	} {
		y, shape := through(t, &apply{c.m.Forward}, row(3, 4, 6, 2, 1))
		require.InDeltaSlice(t, c.want, y, 1e-6, c.name)
		require.Equal(t, tensor.Shape{1, 1, len(c.want)}, shape, c.name)
	}
}

func TestPoolsInPlanesAndVolumes(t *testing.T) {
	g := graph.New()
	x := g.Const(tensor.New(tensor.F32(3, 4, 5, 7)))
	for _, c := range []struct {
		y    graph.Value
		want tensor.Shape
	}{
		{nn.MaxPool2d{Kernel: 2}.Forward(x), tensor.Shape{3, 4, 2, 3}},
		{nn.MaxPool2d{Kernels: [2]int{3, 2}, Paddings: [2]int{1, 0}, Stride: 1, Dilations: [2]int{1, 2}}.Forward(x), tensor.Shape{3, 4, 5, 5}},
		{nn.MaxPool3d{Kernel: 2, Ceil: true}.Forward(x), tensor.Shape{3, 2, 3, 4}},
		{nn.AvgPool2d{Kernel: 3, Divisor: 2}.Forward(x), tensor.Shape{3, 4, 1, 2}},
		{nn.AvgPool3d{Kernels: [3]int{1, 2, 3}}.Forward(x), tensor.Shape{3, 4, 2, 2}},
		{nn.AdaptiveAvgPool2d{Size: [2]int{0, 2}}.Forward(x), tensor.Shape{3, 4, 5, 2}},
		{nn.AdaptiveAvgPool2d{Size: [2]int{1, 1}}.Forward(x), tensor.Shape{3, 4, 1, 1}},
		{nn.AdaptiveAvgPool3d{Size: [3]int{2, 3, 4}}.Forward(x), tensor.Shape{3, 2, 3, 4}},
		{nn.AdaptiveMaxPool2d{Size: [2]int{5, 1}}.Forward(x), tensor.Shape{3, 4, 5, 1}},
		{nn.AdaptiveMaxPool3d{Size: [3]int{4, 1, 9}}.Forward(x), tensor.Shape{3, 4, 1, 9}},
		{nn.LPPool2d{P: 3, Kernel: 2}.Forward(x), tensor.Shape{3, 4, 2, 3}},
		{nn.LPPool3d{P: 1, Kernel: 2}.Forward(x), tensor.Shape{3, 2, 2, 3}},
	} {
		require.NoError(t, g.Err())
		require.Equal(t, c.want, c.y.Shape())
	}
	nn.MaxPool3d{Kernel: 2}.Forward(g.Const(tensor.New(tensor.F32(3, 4, 5))))
	require.ErrorContains(t, g.Err(), "max_pool3d: image [3 4 5]: wants 5 dimensions, or 4 without the batch")
}

// apply is a Module of a function.
type apply struct {
	f func(x graph.Value) graph.Value
}

func (a apply) Forward(x graph.Value) graph.Value { return a.f(x) }

func TestUnpoolingUndoesPooling(t *testing.T) {
	x := tensor.FromF32([]float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, 1, 4, 4)
	y, _ := through(t, &apply{func(x graph.Value) graph.Value {
		y, idx := nn.MaxPool2d{Kernel: 2}.ForwardIndices(x)
		return nn.MaxUnpool2d{Kernel: 2}.Forward(y, idx)
	}}, x)
	require.Equal(t, []float32{0, 0, 0, 0, 0, 6, 0, 8, 0, 0, 0, 0, 0, 14, 0, 16}, y)
	y, shape := through(t, &apply{func(x graph.Value) graph.Value {
		y, idx := nn.MaxPool1d{Kernel: 2}.ForwardIndices(x)
		return nn.MaxUnpool1d{Kernel: 2}.Forward(y, idx, 5)
	}}, row(1, 5, 4, 2, 9))
	require.Equal(t, []float32{0, 5, 4, 0, 0}, y)
	require.Equal(t, tensor.Shape{1, 1, 5}, shape)
}

func TestFoldAddsWhatUnfoldLaysOut(t *testing.T) {
	x := tensor.FromF32([]float32{1, 2, 3, 4, 5, 6}, 1, 1, 2, 3)
	y, shape := through(t, &apply{nn.Unfold{Kernel: 2}.Forward}, x)
	require.Equal(t, tensor.Shape{1, 4, 2}, shape)
	require.Equal(t, []float32{1, 2, 2, 3, 4, 5, 5, 6}, y)
	y, shape = through(t, &apply{nn.Unfold{Kernels: [2]int{1, 2}, Paddings: [2]int{0, 1}, Strides: [2]int{1, 3}}.Forward}, x)
	require.Equal(t, tensor.Shape{1, 2, 4}, shape)
	require.Equal(t, []float32{0, 3, 0, 6, 1, 0, 4, 0}, y)
	y, _ = through(t, &apply{func(x graph.Value) graph.Value {
		return nn.Fold{Size: [2]int{2, 3}, Kernel: 2}.Forward(nn.Unfold{Kernel: 2}.Forward(x))
	}}, x)
	require.Equal(t, []float32{1, 4, 3, 4, 10, 6}, y)
	y, _ = through(t, &apply{func(x graph.Value) graph.Value {
		a := graph.FoldAttrs{Kernel: [2]int{2, 2}, Padding: [2]int{1, 1}, Stride: [2]int{1, 2}}
		return x.Unfold(a).Fold([2]int{2, 3}, a)
	}}, x)
	require.Equal(t, []float32{2, 4, 6, 8, 10, 12}, y)
}

// A gradient goes back through indices, adaptive windows and padding modes alike.
func TestGradientsThroughPoolsAndPadding(t *testing.T) {
	for _, c := range []struct {
		name string
		f    func(x graph.Value) graph.Value
		want []float32
	}{
		{"maximum", func(x graph.Value) graph.Value { return x.MaxPool1dWith(cpuref.Pool1dAttrs{Kernel: 3, Stride: 1}) }, []float32{0, 0, 3, 0, 0}},
		{"p-norm at 0 has none", func(x graph.Value) graph.Value {
			return x.MulScalar(0).LPPool1d(2, cpuref.Pool1dAttrs{Kernel: 2})
		}, []float32{0, 0, 0, 0, 0}},
		{"adaptive", func(x graph.Value) graph.Value { return x.AdaptiveAvgPool(2) }, []float32{1. / 3, 1. / 3, 2. / 3, 1. / 3, 1. / 3}},
	} {
		y, _ := through(t, &apply{func(x graph.Value) graph.Value {
			return graph.Grad(c.f(x).Sum(), x)[0]
		}}, row(3, 4, 6, 2, 1))
		require.InDeltaSlice(t, c.want, y, 1e-6, c.name)
	}
}
