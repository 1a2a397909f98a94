// Command cnn works a convolutional network through by hand: one 2x2 filter on
// one 2x2 picture, ReLU, a 2x2 max pool, a dense layer with two outputs.
//
//	f = conv(x, w) + b, padding 1: 3x3    r = max(f, 0)    p = max of r's window
//	ŷ = W·p + d                           E = Σ (y - ŷ)²
//
// and backwards, through the one place (i, j) that the pool let pass:
//
//	δ        = 2(ŷ - y)
//	dE/dW    = δ·p                 dE/dd = δ
//	dE/df_ij = Σ δ·W if f_ij > 0, else 0
//	dE/dw_mn = dE/df_ij · x_(i+m-1)(j+n-1)    dE/db = dE/df_ij
//
// The filter [[-0.5, -0.5], [0.5, 0.5]] answers the picture [[0, 1], [2, 3]]
// with 2 in the map's middle, where it covers it whole. At the text's rate 0.1
// the first update takes the filter so far below zero that every f is negative:
// ReLU passes nothing, its gradient is zero, and the filter never moves again.
// A tenth of that rate trains.
//
// Where the text is wrong, and what is computed here instead:
//
//   - It takes 2(y - h) for the error's derivative, which is 2(h - y): its
//     update climbs. Here the sign is the derivative's.
//   - Its heading promises pooling and its code has none. Here it is a max pool,
//     and zero padding of 1 gives it a 3x3 map, in which one whole window fits;
//     without padding the map is the one number 2, and the first pass the same.
//   - Its loop adds the filter's sum to every element of a 2x1 map, so it feeds
//     one feature to two weights, which cancel (-1·2 + 1·2 = 0). Here the one
//     feature has one weight to each of two outputs, [out, in] = [2, 1], which
//     is the shape that its target has.
//   - It holds one prediction against two targets, takes a 2x1 gradient off a
//     bias of one element, and uses d_loss_df, d_loss_dw1 and d_loss_db1 without
//     defining them. Here every gradient has its variable's shape, as above.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/examples/internal/worked"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

const (
	textRate = 0.1
	rate     = 0.01
	steps    = 100
)

// net is the text's network.
type net struct {
	Conv nn.Conv2d
	Out  nn.Linear
}

func network() (*worked.Network, error) {
	m := &net{Conv: nn.Conv2d{In: 1, Out: 1, Kernel: 2, Padding: 1}, Out: nn.Linear{In: 1, Out: 2}}
	vars, err := worked.Init(m, map[string][]float32{
		"conv.weight": {-0.5, -0.5, 0.5, 0.5},
		"out.weight":  {-1, 1},
	})
	if err != nil {
		return nil, err
	}
	return &worked.Network{
		Vars: vars,
		Feeds: engine.Feeds{
			"x": tensor.FromF32([]float32{0, 1, 2, 3}, 1, 1, 2, 2),
			"y": tensor.FromF32([]float32{0, 1}, 1, 2),
		},
		Forward: func(g *graph.Graph) graph.Value {
			x, y := g.Input("x", tensor.F32(1, 1, 2, 2)), g.Input("y", tensor.F32(1, 2))
			f := m.Conv.Forward(x)
			r := f.Relu()
			p := r.MaxPool2d(2).Flatten(1)
			out := m.Out.Forward(p)
			g.Output("f", f)
			g.Output("relu(f)", r)
			g.Output("p", p)
			g.Output("ŷ", out)
			return y.Sub(out).Square().Sum()
		},
	}, nil
}

func run(w io.Writer, spec string) error {
	n, err := network()
	if err != nil {
		return err
	}
	dev, err := engine.Open(spec)
	if err != nil {
		return err
	}
	defer dev.Close()
	dead, err := n.Run(dev, textRate, 2)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "On %s. Forward and backward at the text's weights:\n\n", dev.Name)
	dead[0].Print(w)
	if err := n.PrintCheck(w, dead[0]); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nAfter one update at the text's rate %g the ReLU is dead:\n\n", textRate)
	dead[1].Print(w)

	passes, err := n.Run(dev, rate, steps)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nAfter one update at rate %g it lives:\n\n", rate)
	passes[1].Print(w)
	fmt.Fprintf(w, "\nand learns:\n\n")
	worked.PrintLosses(w, passes)
	fmt.Fprintf(w, "\nAfter %d updates the filter's gradient is still%s, and ŷ =%s for y = 0, 1.\n",
		steps, worked.Numbers(passes[steps].Grad("conv.weight")), worked.Numbers(passes[steps].Values["ŷ"].F32))
	return nil
}

func main() {
	device := flag.String("device", "cpu", "cpu, auto, vulkan, vulkan:N or a device's name")
	flag.Parse()
	if err := run(os.Stdout, *device); err != nil {
		fmt.Fprintln(os.Stderr, "cnn:", err)
		os.Exit(1)
	}
}
