package optim

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Averaging says how weights are averaged beside the training, as
// torch.optim.swa_utils.AveragedModel: with Decay above 0 an exponential moving
// average, avg = Decay·avg + (1-Decay)·p, otherwise the equal mean of the weights
// met (SWA). The first of them are copied. Weights count from step Start on
// (from 1, the first), every Every steps (0: 1).
type Averaging struct {
	Decay        float64
	Start, Every int
}

// Average is the averages of some variables. Update keeps them, Swap puts them
// into the model.
type Average struct {
	Params   []*graph.Variable
	Averages []*graph.Variable // "average.NAME", of the parameters' types and first values
	State    []*graph.Variable // n_averaged and the step count

	how Averaging
}

// For makes the averages' variables, for a model's parameters and, if you like,
// its float buffers.
func (o Averaging) For(params []*graph.Variable) *Average {
	a := &Average{Params: params, how: o}
	for _, p := range params {
		a.Averages = append(a.Averages, &graph.Variable{Name: "average." + p.Name, Type: p.Type, Init: p.Init})
	}
	for _, name := range []string{"average.n_averaged", "average.step"} {
		a.State = append(a.State, &graph.Variable{Name: name, Type: tensor.F32()})
	}
	return a
}

// Update adds the averages' update to a training step's graph, behind
// Rule.Apply: it takes what the graph assigns to the parameters.
func (a *Average) Update(g *graph.Graph) {
	now := map[*graph.Variable]graph.Value{}
	for _, s := range g.Assigns {
		now[s.Var] = g.ValueOf(s.Ref)
	}
	n, t := g.Read(a.State[0]), g.Read(a.State[1]).AddScalar(1)
	rest := 0.0
	if a.how.Decay > 0 {
		rest = 1 - a.how.Decay
	}
	// share is what the average takes of the new weights: 0 in steps that don't count.
	share := g.Apply(kernels.Lookup("formula"), kernels.FormulaAttrs{
		Formula: "t, n, start:attr, every:attr, rest:attr -> s = t - start; " +
			"where(s >= 0 && s - every*round(s/every) == 0, where(n == 0, 1, where(rest > 0, rest, 1/(n + 1))), 0)",
		Params: kernels.Params{float64(max(a.how.Start, 1)), float64(orInt(a.how.Every, 1)), rest},
	}, t, n)[0]
	for i, p := range a.Params {
		w, ok := now[p]
		if !ok {
			w = g.Read(p)
		}
		g.Assign(a.Averages[i], formula("a, p, share -> where(share == 0, a, where(share == 1, p, a + share*(p - a)))", g.Read(a.Averages[i]), w, share))
	}
	g.Assign(a.State[0], formula("n, share -> n + float(share > 0)", n, share))
	g.Assign(a.State[1], t)
}

// Store holds variables' values; *engine.State is one.
type Store interface {
	Get(v *graph.Variable) (*tensor.Tensor, error)
	Set(v *graph.Variable, t *tensor.Tensor) error
}

// Swap exchanges the weights and their averages: to evaluate or save the averaged
// model, and again to go on training.
func (a *Average) Swap(st Store) error {
	for i, p := range a.Params {
		w, err := st.Get(p)
		if err != nil {
			return fmt.Errorf("optim: average of %s: %w", p.Name, err)
		}
		avg, err := st.Get(a.Averages[i])
		if err != nil {
			return fmt.Errorf("optim: average of %s: %w", p.Name, err)
		}
		if err := st.Set(p, avg); err != nil {
			return err
		}
		if err := st.Set(a.Averages[i], w); err != nil {
			return err
		}
	}
	return nil
}
