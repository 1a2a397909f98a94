package conformance

import (
	"context"
	"fmt"
	"iter"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
	"github.com/vulgo-ml/vulgo/train"
)

// charLSTM is the model of the character runs; its logits are [B, T, V].
type charLSTM struct {
	Emb  nn.Embedding
	LSTM nn.LSTM
	Out  nn.Linear
}

func (m *charLSTM) Forward(x graph.Value) graph.Value {
	y, _, _ := m.LSTM.Forward(m.Emb.Forward(x), graph.Value{}, graph.Value{})
	return m.Out.Forward(y)
}

// convNet is the model of the picture runs.
type convNet struct {
	Conv1 nn.Conv2d
	BN1   nn.BatchNorm2d
	Conv2 nn.Conv2d
	FC    nn.Linear
}

func (m *convNet) Forward(x graph.Value) graph.Value {
	x = m.BN1.Forward(m.Conv1.Forward(x)).Relu().MaxPool2d(2)
	x = m.Conv2.Forward(x).Relu().MaxPool2d(2)
	return m.FC.Forward(x.Flatten(1))
}

// modelOf makes the model whose variables a training case names.
func modelOf(c *Case) (nn.Module, error) {
	emb, hasEmb := c.given("emb.weight", "param")
	hh, hasLSTM := c.given("lstm.weight_hh_l0", "param")
	out, hasOut := c.given("out.weight", "param")
	if hasEmb && hasLSTM && hasOut && len(emb.Shape) == 2 && len(hh.Shape) == 2 && len(out.Shape) == 2 {
		return &charLSTM{
			Emb:  nn.Embedding{Num: emb.Shape[0], Dim: emb.Shape[1]},
			LSTM: nn.LSTM{In: emb.Shape[1], Hidden: hh.Shape[1], BatchFirst: true},
			Out:  nn.Linear{In: out.Shape[1], Out: out.Shape[0]},
		}, nil
	}
	conv1, hasConv1 := c.given("conv1.weight", "param")
	conv2, hasConv2 := c.given("conv2.weight", "param")
	fc, hasFC := c.given("fc.weight", "param")
	if _, ok := c.given("bn1.weight", "param"); ok && hasConv1 && hasConv2 && hasFC &&
		len(conv1.Shape) == 4 && len(conv2.Shape) == 4 && len(fc.Shape) == 2 {
		return &convNet{
			Conv1: nn.Conv2d{In: conv1.Shape[1], Out: conv1.Shape[0], Kernel: conv1.Shape[2], Padding: 1, NoBias: true},
			BN1:   nn.BatchNorm2d{Features: conv1.Shape[0]},
			Conv2: nn.Conv2d{In: conv2.Shape[1], Out: conv2.Shape[0], Kernel: conv2.Shape[2], Padding: 1},
			FC:    nn.Linear{In: fc.Shape[1], Out: fc.Shape[0]},
		}, nil
	}
	return nil, &MissingError{"the model of " + c.Name}
}

// ordered is X and Y by the batches of order, over and over.
type ordered struct {
	x, y, order *tensor.Tensor
}

func (o ordered) Len() int { return o.order.Shape[0] }

func (o ordered) Types() []tensor.Type {
	n := o.order.Shape[1]
	types := []tensor.Type{o.x.Type, o.y.Type}
	for i, t := range types {
		types[i].Shape = append(tensor.Shape{n}, t.Shape[1:]...)
	}
	return types
}

func (o ordered) From(_, k int) iter.Seq2[[]*tensor.Tensor, error] {
	return func(yield func([]*tensor.Tensor, error) bool) {
		n := o.order.Shape[1]
		for s := k; s < o.Len(); s++ {
			rows := o.order.I32[s*n : (s+1)*n]
			if !yield([]*tensor.Tensor{pick(o.x, rows), pick(o.y, rows)}, nil) {
				return
			}
		}
	}
}

// pick is the rows of t.
func pick(t *tensor.Tensor, rows []int32) *tensor.Tensor {
	out := tensor.New(tensor.Type{DType: t.DType, Shape: append(tensor.Shape{len(rows)}, t.Shape[1:]...)})
	n := t.Elems() / t.Shape[0]
	for i, r := range rows {
		if t.DType == tensor.Int32 {
			copy(out.I32[i*n:(i+1)*n], t.I32[int(r)*n:])
		} else {
			copy(out.F32[i*n:(i+1)*n], t.F32[int(r)*n:])
		}
	}
	return out
}

func source(c *Case) (ordered, error) {
	var o ordered
	for name, to := range map[string]**tensor.Tensor{"X": &o.x, "Y": &o.y, "order": &o.order} {
		g, ok := c.given(name, "input", "index")
		if !ok {
			return o, fmt.Errorf("%s is not given", name)
		}
		t, err := c.Tensor(g)
		if err != nil {
			return o, err
		}
		*to = t
	}
	if len(o.x.Shape) == 0 || len(o.y.Shape) == 0 || o.x.Shape[0] != o.y.Shape[0] || o.order.DType != tensor.Int32 || len(o.order.Shape) != 2 {
		return o, fmt.Errorf("order is %v, X %v, Y %v: wants order [steps, batch] and as many examples in X as in Y", o.order.Type, o.x.Type, o.y.Type)
	}
	for _, r := range o.order.I32 {
		if r < 0 || int(r) >= o.x.Shape[0] {
			return o, fmt.Errorf("order holds %d, X has %d examples", r, o.x.Shape[0])
		}
	}
	return o, nil
}

// runTraining trains from the given parameters by train.Fit.
func runTraining(dev *engine.Device, c *Case) (map[string]*tensor.Tensor, error) {
	model, err := modelOf(c)
	if err != nil {
		return nil, err
	}
	args, ok := c.Args["optimizer"].(map[string]any)
	if !ok || c.Args["loss"] != "cross_entropy mean" {
		return nil, &MissingError{fmt.Sprintf("training with loss %v", c.Args["loss"])}
	}
	o, err := optimizer(c.Torch, args)
	if err != nil {
		return nil, err
	}
	src, err := source(c)
	if err != nil {
		return nil, err
	}
	clip, ok := c.Args["clip_grad_norm"].(float64)
	if !ok {
		clip = 1e30 // no limit, but the norm is wanted
	}
	got := map[string]*tensor.Tensor{}
	run, err := train.Fit{
		Model: model, Loss: nn.CrossEntropy, Optimizer: o, ClipNorm: clip,
		NormType: normType(c.Args), ClipValue: options(c.Args).num("clip_grad_value", 0), Data: src, Steps: src.Len(),
		OnStep: func(s train.Step) {
			appendTo(got, "loss loss", float32(s.Loss))
			appendTo(got, "loss grad_norm", float32(s.Norm))
		},
	}.New(dev)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	for _, v := range run.Vars {
		g, ok := c.given(v.Name, "param", "buffer")
		if !ok && !v.Trainable {
			continue // running statistics start as the layer has them
		}
		if !ok {
			return nil, fmt.Errorf("the model has a variable %s that the case doesn't give", v.Name)
		}
		t, err := c.Tensor(g)
		if err == nil {
			err = run.State.Set(v, t)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := run.Train(context.Background()); err != nil {
		return nil, err
	}
	for _, v := range run.Vars {
		kind := "final_param "
		if !v.Trainable {
			kind = "final_buffer "
		}
		if got[kind+v.Name], err = run.State.Get(v); err != nil {
			return nil, err
		}
	}
	return got, evaluate(run.State, model, src, got)
}

// evaluate runs the trained model over all examples.
func evaluate(st *engine.State, model nn.Module, src ordered, got map[string]*tensor.Tensor) error {
	p, err := engine.Compile(st, func(g *graph.Graph) {
		logits := model.Forward(g.Input("x", src.x.Type))
		g.Output("output final_logits_eval", logits)
		g.Output("loss final_loss_eval", nn.CrossEntropy(logits, g.Input("y", src.y.Type)))
	})
	if err != nil {
		return err
	}
	defer p.Close()
	tk, err := p.Run(engine.Feeds{"x": src.x, "y": src.y})
	if err != nil {
		return err
	}
	for _, key := range []string{"output final_logits_eval", "loss final_loss_eval"} {
		if got[key], err = tk.Tensor(key); err != nil {
			return err
		}
	}
	return nil
}
