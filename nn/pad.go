package nn

import "github.com/vulgo-ml/vulgo/graph"

// Pad adds elements around the last dimensions: two numbers for each, before and
// behind, the last dimension first. It is PyTorch's ConstantPad, ReflectionPad,
// ReplicationPad and CircularPad over any number of dimensions, ZeroPad as it
// stands. Negative numbers cut off.
type Pad struct {
	By    []int
	Mode  graph.PadMode // "" means constant
	Value float64
}

// Forward adds the layer to x's graph.
func (p *Pad) Forward(x graph.Value) graph.Value {
	mode := p.Mode
	if mode == "" {
		mode = graph.PadConstant
	}
	return x.Pad(mode, p.Value, p.By...)
}

// Upsample resizes the dimensions behind the first two, as torch.nn.Upsample:
// one of Size and Scale is given, by one number or one for each dimension.
// Mode is nearest (the default), linear, bilinear, trilinear or bicubic.
type Upsample struct {
	Size         []int
	Scale        []float64
	Mode         string
	AlignCorners bool
}

// Forward adds the layer to x's graph.
func (u *Upsample) Forward(x graph.Value) graph.Value {
	return x.Interpolate(graph.Interpolation{Size: u.Size, Scale: u.Scale, Mode: u.Mode, AlignCorners: u.AlignCorners})
}

// PixelShuffle makes Factor x Factor pixels of Factor² channels.
type PixelShuffle struct{ Factor int }

// Forward adds the layer to x's graph.
func (p *PixelShuffle) Forward(x graph.Value) graph.Value { return x.PixelShuffle(p.Factor) }

// PixelUnshuffle undoes PixelShuffle.
type PixelUnshuffle struct{ Factor int }

// Forward adds the layer to x's graph.
func (p *PixelUnshuffle) Forward(x graph.Value) graph.Value { return x.PixelUnshuffle(p.Factor) }
