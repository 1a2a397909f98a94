// Command gorgonia is Gorgonia as a peer of cmd/bench: matmul and the training of
// the MLP and the CNN.
package main

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/vulgo-ml/vulgo/tools/peers/wire"
)

func main() {
	wire.Serve(wire.Peer{Name: "Gorgonia", Module: "gorgonia.org/gorgonia", Prepare: prepare})
}

func prepare(w *wire.Work) (wire.Runner, [][]float32, error) {
	switch w.Name {
	case "train/mlp":
		return training(w, (*model).mlp)
	case "train/cnn":
		return training(w, (*model).cnn)
	}
	m, err := w.Matmul()
	if err != nil {
		return nil, nil, err
	}
	a, b := dense(m.A, w.In[0].Shape...), dense(m.B, w.In[1].Shape...)
	if m.TransA {
		if err := a.T(); err != nil {
			return nil, nil, err
		}
	}
	if m.TransB {
		if err := b.T(); err != nil {
			return nil, nil, err
		}
	}
	c := dense(m.C, m.M, m.N)
	run := func() error {
		_, err := tensor.MatMul(a, b, tensor.WithReuse(c))
		return err
	}
	return run, [][]float32{m.C}, run()
}

func dense(x []float32, shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x))
}

type model struct {
	g     *G.ExprGraph
	w     *wire.Work
	learn G.Nodes
}

// param is a parameter in another shape, or with a matrix's axes swapped.
func (m *model) param(name string, shape ...int) *G.Node {
	x, was, err := m.w.Param(name)
	if err != nil {
		panic(err)
	}
	if shape == nil {
		shape = []int{was[1], was[0]}
		y := make([]float32, len(x))
		for i := range was[0] {
			for j := range was[1] {
				y[j*was[0]+i] = x[i*was[1]+j]
			}
		}
		x = y
	}
	n := G.NewTensor(m.g, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(name), G.WithValue(dense(x, shape...)))
	m.learn = append(m.learn, n)
	return n
}

func (m *model) linear(name string, x *G.Node) *G.Node {
	z := G.Must(G.Mul(x, m.param(name+".weight")))
	return G.Must(G.BroadcastAdd(z, m.param(name+".bias", 1, z.Shape()[1]), nil, []byte{0}))
}

func (m *model) mlp(x *G.Node) *G.Node {
	return m.linear("out", G.Must(G.Rectify(m.linear("hidden", x))))
}

func (m *model) cnn(x *G.Node) *G.Node {
	in := 1
	for i, out := range []int{32, 64} {
		name := fmt.Sprintf("conv%d", i+1)
		x = G.Must(G.Conv2d(x, m.param(name+".weight", out, in, 3, 3), tensor.Shape{3, 3}, []int{1, 1}, []int{1, 1}, []int{1, 1}))
		x = G.Must(G.BroadcastAdd(x, m.param(name+".bias", 1, out, 1, 1), nil, []byte{0, 2, 3}))
		x = G.Must(G.MaxPool2D(G.Must(G.Rectify(x)), tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
		in = out
	}
	return m.mlp(G.Must(G.Reshape(x, tensor.Shape{x.Shape()[0], 3136})))
}

func training(w *wire.Work, forward func(m *model, x *G.Node) *G.Node) (wire.Runner, [][]float32, error) {
	batches, err := w.Batches()
	if err != nil {
		return nil, nil, err
	}
	m := &model{g: G.NewGraph(), w: w}
	shape := batches[0].Shape
	x := G.NewTensor(m.g, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName("x"))
	logits := forward(m, x)
	n, classes := logits.Shape()[0], logits.Shape()[1]
	y := G.NewMatrix(m.g, tensor.Float32, G.WithShape(n, classes), G.WithName("y"))
	each := G.Must(G.HadamardProd(G.Must(G.Log(G.Must(G.SoftMax(logits)))), y))
	cost := G.Must(G.Neg(G.Must(G.Div(G.Must(G.Sum(each)), G.NewConstant(float32(n))))))
	var loss G.Value
	G.Read(cost, &loss)
	if _, err := G.Grad(cost, m.learn...); err != nil {
		return nil, nil, err
	}
	vm := G.NewTapeMachine(m.g, G.BindDualValues(m.learn...))
	solver := G.NewAdamSolver(G.WithLearnRate(w.LR), G.WithEps(1e-8))
	var xs, ys []*tensor.Dense
	for _, b := range batches {
		hot := make([]float32, n*classes)
		for i, c := range b.Labels {
			hot[i*classes+int(c)] = 1
		}
		xs, ys = append(xs, dense(b.X, b.Shape...)), append(ys, dense(hot, n, classes))
	}
	turn := 0
	return w.Trained(func() (float32, error) {
		i := turn % len(batches)
		turn++
		if err := G.Let(x, xs[i]); err != nil {
			return 0, err
		}
		if err := G.Let(y, ys[i]); err != nil {
			return 0, err
		}
		if err := vm.RunAll(); err != nil {
			return 0, err
		}
		if err := solver.Step(G.NodesToValueGrads(m.learn)); err != nil {
			return 0, err
		}
		vm.Reset()
		got, ok := loss.Data().(float32)
		if !ok {
			return 0, fmt.Errorf("the loss is %T", loss.Data())
		}
		return got, nil
	})
}
