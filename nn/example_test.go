package nn_test

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

type Net struct {
	Conv1  nn.Conv2d
	Hidden []nn.Linear
	Out    nn.Linear
}

func (n *Net) Forward(x graph.Value) graph.Value {
	x = n.Conv1.Forward(x).Relu().MaxPool2d(2).Flatten(1)
	for i := range n.Hidden {
		x = n.Hidden[i].Forward(x).Relu()
	}
	return n.Out.Forward(x)
}

// Variables are named by the fields that lead to them, as in a state_dict.
func ExampleInit() {
	net := &Net{
		Conv1:  nn.Conv2d{In: 1, Out: 4, Kernel: 3, Padding: 1},
		Hidden: []nn.Linear{{In: 4 * 4 * 4, Out: 16}},
		Out:    nn.Linear{In: 16, Out: 10, NoBias: true},
	}
	vars, err := nn.Init(net, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range vars {
		fmt.Println(v.Name, v.Type)
	}
	g := graph.New()
	y := net.Forward(g.Input("x", tensor.F32(32, 1, 8, 8)))
	fmt.Println("32 pictures of 8x8 give", y.Shape(), g.Err())
	// Output:
	// conv1.weight float32[4 1 3 3]
	// conv1.bias float32[4]
	// hidden.0.weight float32[16 64]
	// hidden.0.bias float32[16]
	// out.weight float32[10 16]
	// 32 pictures of 8x8 give [32 10] <nil>
}

// Scale is a layer of one's own: y = s·x.
type Scale struct{ S *graph.Variable }

// Build is called by nn.Init; the seed and the field's name come with the scope.
func (l *Scale) Build(s *nn.Scope) error {
	l.S = s.Param("s", nn.ConstInit(2), 1)
	return nil
}

func (l *Scale) Forward(x graph.Value) graph.Value {
	return x.Mul(x.Graph().Read(l.S))
}

// A layer of one's own makes its variables in Build.
func ExampleLayer() {
	model := &struct{ Scale Scale }{}
	vars, err := nn.Init(model, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(vars[0].Name, vars[0].Type, vars[0].Init().F32)
	// Output: scale.s float32[1] [2]
}
