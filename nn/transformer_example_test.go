package nn_test

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Speller reads a sequence of letters and gives, at each place, scores for the next.
type Speller struct {
	Letters   nn.Embedding
	Positions nn.SinusoidalPositions
	Body      nn.TransformerEncoder
	Out       nn.Linear
}

func (s *Speller) Forward(x graph.Value) graph.Value {
	h := s.Positions.Forward(s.Letters.Forward(x))
	h = s.Body.Forward(h, nn.MultiheadOptions{Causal: true}) // no looking ahead
	return s.Out.Forward(h)
}

// A language model of two layers: an encoder whose attention is causal.
func ExampleTransformerEncoder() {
	m := &Speller{
		Letters: nn.Embedding{Num: 27, Dim: 16}, Positions: nn.SinusoidalPositions{BatchFirst: true},
		Body: nn.TransformerEncoder{Num: 2, Norm: true, TransformerOptions: nn.TransformerOptions{
			Embed: 16, Heads: 4, Hidden: 64, NormFirst: true, BatchFirst: true, Activation: graph.Value.Gelu}},
		Out: nn.Linear{In: 16, Out: 27},
	}
	vars, err := nn.Init(m, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(vars[1].Name, vars[1].Type)
	g := graph.New()
	y := m.Forward(g.Input("x", tensor.I32(8, 10)))
	fmt.Println("8 texts of 10 letters give", y.Shape(), g.Err())
	// Output:
	// body.layers.0.self_attn.in_proj_weight float32[48 16]
	// 8 texts of 10 letters give [8 10 27] <nil>
}
