package optim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestAGradientTooFewIsAnError(t *testing.T) {
	var params []*graph.Variable
	for _, name := range []string{"a", "b"} {
		params = append(params, &graph.Variable{Name: name, Type: tensor.F32(2), Trainable: true})
	}
	g := graph.New()
	loss := g.Read(params[0]).Mul(g.Read(params[1])).Sum()
	optim.Adam{}.For(params).Apply(graph.Grad(loss, g.Read(params[0])), 0)
	require.ErrorContains(t, g.Err(), "1 gradients for 2 parameters")
	require.Empty(t, g.Assigns)
}
