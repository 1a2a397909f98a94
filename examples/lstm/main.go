// Command lstm works a two-unit LSTM cell through by hand, on one step x = 1 and
// then on the sequence x = 1, 1, with the target y = [0, 1] for the last h:
//
//	i, f, o = σ(Wih·x + Whh·h' + b)    g = tanh(likewise)
//	c = f·c' + i·g    h = o·tanh(c)    E = Σ (y - h)²
//
// where ' is the step before. Backwards, with dh = 2(h - y) at the last step:
//
//	do = dh·tanh(c)    dc = dh·o·(1 - tanh²(c))
//	di = dc·g          df = dc·c'                  dg = dc·i
//	dz = di·i(1 - i), df·f(1 - f), do·o(1 - o), dg·(1 - g²)   (before σ or tanh)
//	dWih = Σ dz·xᵀ     dWhh = Σ dz·h'ᵀ             db = Σ dz
//	dh' = Whhᵀ·dz      dc' = dc·f
//
// On one step from a zero state c' = h' = 0, so f's gradient and all of Whh's
// are zero; the second step makes every gate's differ from it.
//
// The text's W·[h, x] is one matrix on the concatenation; ours are its columns:
// Whh those for h, Wih those for x, with the rows of all gates below each other
// in PyTorch's order i, f, g, o (g is the text's W_c). Our two biases add up to
// its b, and each has b's gradient.
//
// Where the text is wrong, and what is computed here instead:
//
//   - It takes 2(y - h) for the error's derivative, which is 2(h - y): its
//     update would climb. Here the sign is the derivative's.
//   - Its W_i and so on are 2x2x1 and don't multiply [h, x], which is 3x1. Here
//     they are 2x3: the text's rows are the units', -0.5 for the first and 0.5
//     for the second, and the column that is missing repeats them.
//   - It calls np.sigmoid, which NumPy doesn't have. Here it is 1/(1 + e^-z).
//   - Its d_h_do has a factor of dh/dc too many, its d_i_dx takes W_c for W_i,
//     and its d_c_di has i where g belongs. Here the gradients are as above.
//   - It breaks off at d_f_db, before the gradients of o and the update. Here
//     all are there, and it trains.
//
// |c| < 1 after one step, so |h| < tanh(1) = 0.7616 and E stays above 0.0568;
// two steps let c reach 2.
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
	hidden = 2
	rate   = 0.1
	steps  = 1000
)

// net is the text's cell, run over a sequence.
type net struct{ LSTM nn.LSTM }

// gates repeats the text's rows, -0.5 for the first unit and 0.5 for the
// second, for the gates i, f, g, o and for a number of columns.
func gates(columns int) []float32 {
	var w []float32
	for range "ifgo" {
		for _, v := range []float32{-0.5, 0.5} {
			for range columns {
				w = append(w, v)
			}
		}
	}
	return w
}

// network is the cell over a sequence of ones.
func network(length int) (*worked.Network, error) {
	m := &net{LSTM: nn.LSTM{In: 1, Hidden: hidden}}
	vars, err := worked.Init(m, map[string][]float32{
		"lstm.weight_ih_l0": gates(1),
		"lstm.weight_hh_l0": gates(hidden),
	})
	if err != nil {
		return nil, err
	}
	ones := make([]float32, length)
	for i := range ones {
		ones[i] = 1
	}
	return &worked.Network{
		Vars: vars,
		Feeds: engine.Feeds{
			"x": tensor.FromF32(ones, length, 1, 1),
			"y": tensor.FromF32([]float32{0, 1}, 1, hidden),
		},
		Forward: func(g *graph.Graph) graph.Value {
			x, y := g.Input("x", tensor.F32(length, 1, 1)), g.Input("y", tensor.F32(1, hidden))
			show(g, x, m.LSTM.Cells[0])
			_, h, _ := m.LSTM.Forward(x, graph.Value{}, graph.Value{})
			g.Output("h", h)
			return y.Sub(h.Squeeze(0)).Square().Sum()
		},
	}, nil
}

// show writes the cell out in plain ops, to name the values that the fused
// layer keeps to itself: i1 is the input gate at step 1, and so on.
func show(g *graph.Graph, x graph.Value, w nn.RecurrentWeights) {
	h, c := g.Zeros(1, hidden), g.Zeros(1, hidden)
	for t := range x.Dim(0) {
		z := x.Narrow(0, t, 1).Squeeze(0).MatMulT(g.Read(w.Wih)).Add(h.MatMulT(g.Read(w.Whh)))
		z = z.Add(g.Read(w.Bih)).Add(g.Read(w.Bhh))
		gate := func(k int) graph.Value { return z.Narrow(1, k*hidden, hidden) }
		i, f, n, o := gate(0).Sigmoid(), gate(1).Sigmoid(), gate(2).Tanh(), gate(3).Sigmoid()
		c = f.Mul(c).Add(i.Mul(n))
		h = o.Mul(c.Tanh())
		for k, v := range []graph.Value{i, f, n, o, c, h} {
			g.Output(fmt.Sprintf("%c%d", "ifgoch"[k], t+1), v)
		}
	}
}

func run(w io.Writer, spec string) error {
	dev, err := engine.Open(spec)
	if err != nil {
		return err
	}
	defer dev.Close()
	for _, length := range []int{1, 2} {
		n, err := network(length)
		if err != nil {
			return err
		}
		passes, err := n.Run(dev, rate, steps)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "On %s, a sequence of %d. Forward and backward at the text's weights;\n", dev.Name, length)
		fmt.Fprintf(w, "gradients have the rows i i f f g g o o:\n\n")
		passes[0].Print(w)
		if err := n.PrintCheck(w, passes[0]); err != nil {
			return err
		}
		fmt.Fprintf(w, "\nTrained at rate %g:\n\n", rate)
		worked.PrintLosses(w, passes)
		fmt.Fprintf(w, "\nAt the end h =%s for y = 0, 1.\n\n", worked.Numbers(passes[steps].Values["h"].F32))
	}
	return nil
}

func main() {
	device := flag.String("device", "cpu", "cpu, auto, vulkan, vulkan:N or a device's name")
	flag.Parse()
	if err := run(os.Stdout, *device); err != nil {
		fmt.Fprintln(os.Stderr, "lstm:", err)
		os.Exit(1)
	}
}
