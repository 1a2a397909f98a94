package conformance

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"strings"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
	"github.com/vulgo-ml/vulgo/train"
)

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

// lossOf is the loss that a training case names, "cross_entropy mean": of logits
// whose classes stand last.
func lossOf(c *Case) (func(x, y graph.Value) graph.Value, error) {
	text, _ := c.Args["loss"].(string)
	name, how, _ := strings.Cut(strings.NewReplacer("F.", "", "torch.nn.", "").Replace(text), " ")
	f := calls[plain(name)]
	if f == nil {
		return nil, &MissingError{fmt.Sprintf("training with loss %v", c.Args["loss"])}
	}
	own := maps.Clone(c.Args)
	if how = strings.Trim(how, "() "); how != "" {
		own["reduction"] = how
	}
	return func(x, y graph.Value) graph.Value {
		if k := len(x.Shape()) - 1; !y.Type().DType.IsFloat() && k > 0 {
			x, y = x.Reshape(-1, x.Dim(k)), y.Reshape(-1)
		} else if y.Type().Elems() == x.Type().Elems() {
			x = x.Reshape(y.Shape()...)
		}
		cs := *c
		cs.Torch, cs.Args, cs.Given = name, own, nil
		b := &builder{Graph: x.Graph(), c: &cs, in: map[string]graph.Value{"x": x, "target": y}, out: map[string]graph.Value{}}
		return f(&call{builder: b, f: f, pos: []string{"x", "target"}, kw: map[string]string{}})
	}, nil
}

// rateOf is the schedule of a training case, by its name or with its arguments;
// nil where there is none.
func rateOf(c *Case) (optim.Schedule, error) {
	for _, key := range []string{"scheduler", "schedule", "lr_scheduler"} {
		switch own := c.Args[key].(type) {
		case string:
			args, _ := c.Args[key+"_args"].(map[string]any)
			return schedule(own, args)
		case map[string]any:
			of, err := members("", options{"schedulers": []any{own}})
			if err != nil {
				return nil, err
			}
			return of[0], nil
		}
	}
	return nil, nil
}

// runTraining trains from the given parameters by train.Fit.
func runTraining(dev *engine.Device, c *Case) (map[string]*tensor.Tensor, error) {
	model, err := modelOf(c)
	if err != nil {
		return nil, err
	}
	args, ok := c.Args["optimizer"].(map[string]any)
	if !ok {
		return nil, &MissingError{"training without the optimizer's arguments"}
	}
	loss, err := lossOf(c)
	if err != nil {
		return nil, err
	}
	rates, err := rateOf(c)
	if err != nil {
		return nil, err
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
		Model: model, Loss: loss, Optimizer: o, Schedule: rates, ClipNorm: clip,
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
	return got, evaluate(run.State, model, loss, src, got)
}

// evaluate runs the trained model over all examples.
func evaluate(st *engine.State, model nn.Module, loss func(x, y graph.Value) graph.Value, src ordered, got map[string]*tensor.Tensor) error {
	p, err := engine.Compile(st, func(g *graph.Graph) {
		logits := model.Forward(g.Input("x", src.x.Type))
		g.Output("output final_logits_eval", logits)
		g.Output("loss final_loss_eval", loss(logits, g.Input("y", src.y.Type)))
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
