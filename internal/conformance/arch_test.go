package conformance

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestAModelIsBuiltFromWhatACaseSaysOfIt(t *testing.T) {
	params := func(shapes map[string][]int) (given []Given) {
		for _, name := range slices.Sorted(maps.Keys(shapes)) {
			given = append(given, Given{Name: name, Kind: "param", Shape: shapes[name]})
		}
		return given
	}
	for _, c := range []struct {
		arch   string
		params map[string][]int
		x      tensor.Type
		want   []int
	}{
		{"fc1 Linear(10,16) -> ReLU -> Dropout(0) -> fc2 Linear(16,3)",
			map[string][]int{"fc1.weight": {16, 10}, "fc1.bias": {16}, "fc2.weight": {3, 16}}, tensor.F32(5, 10), []int{5, 3}},
		{"Sequential: Linear(4,6) -> LeakyReLU(0.2) -> Linear(6,2)",
			map[string][]int{"0.weight": {6, 4}, "0.bias": {6}, "2.weight": {2, 6}, "2.bias": {2}}, tensor.F32(5, 4), []int{5, 2}},
		{"Linear(4,6) -> Tanh -> Linear(6,2)",
			map[string][]int{"l1.weight": {6, 4}, "l1.bias": {6}, "l2.weight": {2, 6}, "l2.bias": {2}}, tensor.F32(5, 4), []int{5, 2}},
		{"c Conv2d(1,6,3,stride 2,pad 1,groups 1) -> bn BatchNorm2d(6) -> MaxPool2 -> AvgPool2d(2) -> global average pool",
			map[string][]int{"c.weight": {6, 1, 3, 3}, "bn.weight": {6}, "bn.bias": {6}}, tensor.F32(2, 1, 16, 16), []int{2, 6}},
		{"emb Embedding(V=9,4) -> rnn GRU(4,5,batch_first,bidirectional) from zero state -> last step -> out Linear(10,V) -> logits [B,V]",
			map[string][]int{"emb.weight": {9, 4}, "rnn.weight_ih_l0": {15, 4}, "rnn.weight_hh_l0": {15, 5}, "rnn.bias_ih_l0": {15}, "rnn.bias_hh_l0": {15},
				"rnn.weight_ih_l0_reverse": {15, 4}, "rnn.weight_hh_l0_reverse": {15, 5}, "rnn.bias_ih_l0_reverse": {15}, "rnn.bias_hh_l0_reverse": {15},
				"out.weight": {9, 10}, "out.bias": {9}}, tensor.I32(3, 7), []int{3, 9}},
	} {
		m, err := modelOf(&Case{Arch: c.arch, Given: params(c.params)})
		require.NoError(t, err, c.arch)
		vars, err := nn.Init(m, 1)
		require.NoError(t, err, c.arch)
		got := map[string][]int{}
		for _, v := range vars {
			if v.Trainable {
				got[v.Name] = v.Type.Shape
			}
		}
		require.Equal(t, len(c.params), len(got), c.arch)
		for name, shape := range c.params {
			require.EqualValues(t, shape, got[name], name)
		}
		g := graph.New()
		y := m.Forward(g.Input("x", c.x))
		require.NoError(t, g.Err(), c.arch)
		require.EqualValues(t, c.want, y.Shape(), c.arch)
	}
	for _, arch := range []string{"", "fc Linear(3,4)", "Capsule(3)", "Dropout(0.5)", "x + y"} {
		_, err := modelOf(&Case{Arch: arch})
		_, missing := IsMissing(err)
		require.True(t, missing, arch)
	}
}
