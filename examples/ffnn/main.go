// Command ffnn works a feed-forward network through by hand: one input, two
// hidden units, one sigmoid output, two examples.
//
//	h = x·W1ᵀ + b1    z = h·W2ᵀ + b2    ŷ = σ(z)    E = Σ (y - ŷ)²
//
// and backwards, with δ = dE/dz:
//
//	δ      = 2(ŷ - y)·ŷ(1 - ŷ)
//	dE/dW2 = δᵀ·h          dE/db2 = Σ δ
//	dE/dh  = δ·W2
//	dE/dW1 = (dE/dh)ᵀ·x    dE/db1 = Σ dE/dh
//
// The text it comes from computes no network as it stands. Where it is wrong,
// and what is computed here instead:
//
//   - It takes 2(y - ŷ) for the error's derivative, which is 2(ŷ - y): its
//     update w -= rate·gradient climbs. Here the sign is the derivative's.
//   - Its derivatives have σ's factor ŷ(1 - ŷ), but its formulas and its code
//     leave the activation out. Here the output is a sigmoid, and the hidden
//     units are linear as both have them.
//   - Its dE/dw_h has a second ŷ(1 - ŷ) and a stray (1 - 2ŷ), which belongs to
//     σ's second derivative. Linear hidden units have the factor 1 there.
//   - Its x and w1 are both 2x1 and don't multiply. W1 is read as two hidden
//     units of one input each, [out, in] as in PyTorch, and used transposed.
//   - Its code multiplies the gradient of w2 by w2, and uses d_loss_dw1 and
//     d_loss_db1 without defining them. Here they are as above.
//   - Its w2 and its biases are arrays of integers, from which NumPy takes no
//     fraction away in place. Here everything is float32.
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
	rate  = 0.1
	steps = 1000
)

// net is the text's network.
type net struct{ Hidden, Out nn.Linear }

func network() (*worked.Network, error) {
	m := &net{Hidden: nn.Linear{In: 1, Out: 2}, Out: nn.Linear{In: 2, Out: 1}}
	vars, err := worked.Init(m, map[string][]float32{
		"hidden.weight": {0.5, -0.5}, // W1, a row a hidden unit
		"out.weight":    {-1, 1},     // W2
	})
	if err != nil {
		return nil, err
	}
	return &worked.Network{
		Vars: vars,
		Feeds: engine.Feeds{
			"x": tensor.FromF32([]float32{0, 1}, 2, 1),
			"y": tensor.FromF32([]float32{0, 1}, 2, 1),
		},
		Forward: func(g *graph.Graph) graph.Value {
			x, y := g.Input("x", tensor.F32(2, 1)), g.Input("y", tensor.F32(2, 1))
			h := m.Hidden.Forward(x)
			z := m.Out.Forward(h)
			out := z.Sigmoid()
			g.Output("h", h)
			g.Output("z", z)
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
	passes, err := n.Run(dev, rate, steps)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "On %s. Forward and backward at the text's weights:\n\n", dev.Name)
	passes[0].Print(w)
	if err := n.PrintCheck(w, passes[0]); err != nil {
		return err
	}

	climb, err := n.Run(dev, -rate, 1)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nWith the text's sign, 2(y - ŷ), one update takes E from %.6f up to %.6f.\n", climb[0].E(), climb[1].E())
	fmt.Fprintf(w, "With the derivative's, 2(ŷ - y), at the same rate %g:\n\n", rate)
	worked.PrintLosses(w, passes)
	fmt.Fprintf(w, "\nAt the end ŷ =%s for y = 0, 1.\n", worked.Numbers(passes[steps].Values["ŷ"].F32))
	return nil
}

func main() {
	device := flag.String("device", "cpu", "cpu, auto, vulkan, vulkan:N or a device's name")
	flag.Parse()
	if err := run(os.Stdout, *device); err != nil {
		fmt.Fprintln(os.Stderr, "ffnn:", err)
		os.Exit(1)
	}
}
