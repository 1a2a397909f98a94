// Package train is the loop: it compiles a training step and an evaluation over
// one State, feeds them batches, and reports.
//
//	fit := train.Fit{
//		Model: net, Loss: nn.CrossEntropy, Optimizer: optim.AdamW{LR: 1e-3},
//		Data: &data.DataLoader{Dataset: set, BatchSize: 64, Shuffle: true}, Epochs: 5, Seed: 1,
//	}
//	run, err := fit.Run(ctx, dev)
//
// Step instead of Model and Loss is the general form: any number of inputs,
// several losses, metrics, a state carried from batch to batch.
//
//	Step: func(b *train.Batch) graph.Value {
//		out := net.Forward(b.In[0])
//		b.Metric("accuracy", nn.Accuracy(out, b.In[1]))
//		return nn.CrossEntropy(out, b.In[1])
//	},
package train

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vulgo-ml/vulgo/data"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Fit says what to train and how. The general form is Step; Model with Loss is
// its shorthand for batches of (input, target).
type Fit struct {
	Model any // its layers are built by nn.Init with Seed
	Loss  func(out, target graph.Value) graph.Value
	// Step adds the loss of a batch to a graph, and its metrics by b.Metric.
	Step func(b *Batch) graph.Value

	Optimizer optim.Optimizer
	// Schedule gives the learning rate at each step, counted from 0, or with
	// PerEpoch at each epoch; nil: the optimizer's own. A plain function that
	// scales the rate is an optim.Lambda. One that observes a metric (Plateau)
	// is told each epoch's loss: Valid's, or without Valid the training's.
	Schedule optim.Schedule
	PerEpoch bool
	ClipNorm float64 // largest norm of all gradients together; 0: none
	// NormType is ClipNorm's: 2 (or 0), 1, any p, or infinity.
	NormType  float64
	ClipValue float64 // largest size of a gradient's element; 0: any
	// Average, if set, keeps averages of the weights: Run.Average.
	Average *optim.Averaging

	Data   data.Source
	Valid  data.Source // evaluated after each epoch; may be nil
	Epochs int         // passes over Data; 0 with Steps set: as many as it takes
	Steps  int         // stop after so many steps; 0: when the epochs are done
	Seed   uint64

	OnStep  func(Step)        // after each step, a step late
	OnEpoch func(Epoch) error // an error ends the training
	Options []engine.Option   // for the training step's Compile
}

// Batch is what a Step builds on. Step adds ops to a graph: it is called when the
// training step or the evaluation is compiled for a shape, not for each batch.
type Batch struct {
	G  *graph.Graph
	In []graph.Value // the batch's tensors

	metrics []graph.Named
	carry   *carries
}

// Metric reports a float32 scalar beside the loss, averaged over an evaluation;
// training leaves it out.
func (b *Batch) Metric(name string, v graph.Value) {
	b.metrics = append(b.metrics, graph.Named{Name: name, Ref: v.Ref()})
}

// Carry is a float32 value that each batch hands to the next, such as an LSTM's
// state: it reads what SetCarry gave in the run before; zeros at an epoch's
// start. Training and evaluation each have their own.
func (b *Batch) Carry(name string, shape ...int) graph.Value {
	v, err := b.carry.get(name, shape)
	if err != nil {
		b.G.Fail(err)
		return graph.Value{}
	}
	return b.G.Read(v)
}

// SetCarry gives a carried value for the next batch.
func (b *Batch) SetCarry(name string, v graph.Value) {
	if c, err := b.carry.get(name, v.Shape()); err != nil {
		b.G.Fail(err)
	} else {
		b.G.Assign(c, v)
	}
}

type carries struct {
	prefix string
	vars   map[string]*graph.Variable
}

func (c *carries) get(name string, shape tensor.Shape) (*graph.Variable, error) {
	v := c.vars[name]
	if v == nil {
		v = &graph.Variable{Name: c.prefix + name, Type: tensor.F32(shape...)}
		c.vars[name] = v
	}
	if !v.Type.Shape.Equal(shape) {
		return nil, fmt.Errorf("train: carried value %q is %v and %v", name, v.Type.Shape, shape)
	}
	return v, nil
}

func (c *carries) reset(st *engine.State) error {
	for _, v := range c.vars {
		if err := st.Set(v, tensor.New(v.Type)); err != nil {
			return err
		}
	}
	return nil
}

// Step is one training step's report.
type Step struct {
	Step, Epoch int // from 0
	Loss        float64
	Norm        float64 // of the gradients before clipping; 0 without ClipNorm
	Examples    int
	Seconds     float64 // since the run began
}

// Epoch is an epoch's report.
type Epoch struct {
	Epoch, Step int // epochs done, steps done
	TrainLoss   float64
	Valid       Result // zero without Fit.Valid
	Seconds     float64
}

// Run is a training run: its State, and what it has done. Close frees it; close
// the device after it.
type Run struct {
	Fit   Fit
	State *engine.State
	Vars  []*graph.Variable // the model's, in order
	Rule  *optim.Rule
	// Average is the averages of Rule's parameters; nil without Fit.Average. Swap
	// them in to evaluate or save the averaged model.
	Average *optim.Average
	Losses  []float64 // by step
	Epochs  []Epoch
	Done    int // steps

	step, eval  *engine.Func
	trainCarry  carries
	evalCarry   carries
	evalMetrics []string
	rates       []*tensor.Tensor // by Rule.Rates
	feeds       engine.Feeds
	began       time.Time
}

// New builds the model's variables and a State on the device; nothing runs yet.
// Load a checkpoint into the Run's Dict, then Train or Evaluate. Close the Run.
func (f Fit) New(dev *engine.Device) (*Run, error) {
	switch {
	case f.Optimizer == nil:
		return nil, errors.New("train: Fit.Optimizer is missing")
	case f.Step == nil && f.Loss == nil:
		return nil, errors.New("train: Fit needs Step, or Model and Loss")
	case f.Epochs == 0 && f.Steps == 0:
		return nil, errors.New("train: Fit needs Epochs or Steps")
	}
	if f.Step == nil {
		m, ok := f.Model.(nn.Module)
		if !ok {
			return nil, fmt.Errorf("train: Fit.Model is a %T, which has no Forward(graph.Value) graph.Value; use Fit.Step", f.Model)
		}
		f.Step = supervised(m, f.Loss)
	}
	vars, err := nn.Init(f.Model, f.Seed)
	if err != nil {
		return nil, err
	}
	st, err := engine.NewState(dev)
	if err != nil {
		return nil, err
	}
	r := &Run{
		Fit: f, State: st, Vars: vars, Rule: f.Optimizer.For(nn.Trainable(vars)),
		trainCarry: carries{"train.", map[string]*graph.Variable{}},
		evalCarry:  carries{"eval.", map[string]*graph.Variable{}},
		feeds:      engine.Feeds{},
	}
	r.Rule.NormType, r.Rule.ClipValue = f.NormType, f.ClipValue
	for _, rate := range r.Rule.Rates {
		t := tensor.Scalar(0)
		r.rates, r.feeds[rate.Input] = append(r.rates, t), t
	}
	// Parameters of one group lie side by side, to be updated as one array.
	order := append(append([]*graph.Variable{}, r.Rule.Params...), vars...)
	if f.Average != nil {
		r.Average = f.Average.For(r.Rule.Params)
		order = append(append(order, r.Average.Averages...), r.Average.State...)
	}
	if err := st.Bind(order...); err != nil {
		st.Close()
		return nil, err
	}
	r.step = engine.NewFunc(st, r.buildStep, append([]engine.Option{engine.Train()}, f.Options...)...)
	r.step.Seed = uint32(f.Seed)
	r.eval = engine.NewFunc(st, r.buildEval)
	return r, nil
}

func supervised(m nn.Module, loss func(out, target graph.Value) graph.Value) func(b *Batch) graph.Value {
	return func(b *Batch) graph.Value {
		if len(b.In) != 2 {
			b.G.Fail(fmt.Errorf("train: a batch has %d tensors; Model with Loss takes (input, target), otherwise use Fit.Step", len(b.In)))
			return graph.Value{}
		}
		out := m.Forward(b.In[0])
		if b.In[1].Type().DType == tensor.Int32 && len(out.Shape()) == len(b.In[1].Shape())+1 {
			b.Metric("accuracy", nn.Accuracy(out, b.In[1]))
		}
		return loss(out, b.In[1])
	}
}

// inputs are the batch's tensors as graph inputs in0, in1, ...
func inputs(g *graph.Graph, types map[string]tensor.Type) []graph.Value {
	var in []graph.Value
	for i := 0; ; i++ {
		name := fmt.Sprintf("in%d", i)
		t, ok := types[name]
		if !ok {
			return in
		}
		in = append(in, g.Input(name, t))
	}
}

func (r *Run) buildStep(g *graph.Graph, types map[string]tensor.Type) {
	b := &Batch{G: g, In: inputs(g, types), carry: &r.trainCarry}
	loss := r.Fit.Step(b)
	var params []graph.Value
	for _, p := range r.Rule.Params {
		params = append(params, g.Read(p))
	}
	norm := r.Rule.Apply(graph.Grad(loss, params...), r.Fit.ClipNorm)
	if r.Average != nil && g.Err() == nil {
		r.Average.Update(g)
	}
	g.Output("loss", loss)
	if norm.Valid() {
		g.Output("norm", norm)
	}
}

func (r *Run) buildEval(g *graph.Graph, types map[string]tensor.Type) {
	b := &Batch{G: g, In: inputs(g, types), carry: &r.evalCarry}
	g.Output("loss", r.Fit.Step(b))
	r.evalMetrics = nil
	for _, m := range b.metrics {
		g.Output(m.Name, g.ValueOf(m.Ref))
		r.evalMetrics = append(r.evalMetrics, m.Name)
	}
}

// Run is New and Train. A cancelled context ends it after the present step: the Run is
// returned with the context's error, its weights as they are then.
func (f Fit) Run(ctx context.Context, dev *engine.Device) (*Run, error) {
	r, err := f.New(dev)
	if err != nil {
		return nil, err
	}
	return r, r.Train(ctx)
}

// Close frees the State and the programs.
func (r *Run) Close() error {
	return errors.Join(r.step.Close(), r.eval.Close(), r.State.Close())
}

// Dict is the model's state_dict: what checkpoint.Save and Load take. The
// optimizer's state is not in it.
func (r *Run) Dict() *engine.Dict { return r.State.Dict(r.Vars) }

// Program is the compiled training step for a batch of those tensors, for its
// plan.
func (r *Run) Program(batch []*tensor.Tensor) (*engine.Program, error) {
	return r.step.Program(r.feed(batch))
}
