package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/plan"
	"github.com/vulgo-ml/vulgo/tensor"
)

// What waits from the forward pass for the backward one takes half the memory in
// 16 bits: gradients cast it anew.
func TestActivationsIn16BitsTakeHalfTheMemory(t *testing.T) {
	arena := func(d tensor.DType) (bytes int) {
		layers := make([]nn.Linear, 20)
		for i := range layers {
			layers[i] = nn.Linear{In: 32, Out: 32}
		}
		m := &struct{ Layers []nn.Linear }{layers}
		vars, err := nn.Init(m, 1)
		require.NoError(t, err)
		g := graph.New()
		x := g.Input("x", tensor.F32(1000, 32)).Cast(d)
		for i := range m.Layers {
			x = m.Layers[i].Forward(x).Gelu()
		}
		var wrt []graph.Value
		for _, v := range vars {
			wrt = append(wrt, g.Read(v))
		}
		for i, v := range graph.Grad(x.Float().Mean(), wrt...) {
			g.Output(vars[i].Name, v)
		}
		p, err := plan.Build(g, kernels.CPUTarget(), plan.Options{})
		require.NoError(t, err)
		for _, n := range p.ArenaBytes {
			bytes += n
		}
		return bytes
	}
	full := arena(tensor.Float32)
	require.Less(t, float64(arena(tensor.Float16)), 0.6*float64(full))
}
