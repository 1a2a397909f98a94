package plan

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

var update = flag.Bool("update", false, "rewrite testdata/*.txt with the present plans")

// software is a Vulkan device like Mesa's lavapipe.
func software() *kernels.Target {
	return &kernels.Target{
		Kind: kernels.Vulkan, Name: "software", Software: true,
		SubgroupSize: 8, SubgroupArithmetic: true, SubgroupShuffle: true,
		MaxInvocations: 1024, MaxWorkgroup: [3]int{1024, 1024, 1024}, MaxGroups: [3]int{65535, 65535, 65535},
		SharedMemory: 32 << 10, MaxStorageRange: 128 << 20, MaxTexels: 128 << 20, MaxPush: 256,
		MaxStorageBuffers: 16, MaxAlloc: 2 << 30, MaxLoop: 65535,
	}
}

func targets() map[string]*kernels.Target {
	return map[string]*kernels.Target{"cpu": kernels.CPUTarget(), "minimal": kernels.MinimalVulkan(), "software": software()}
}

func reads(g *graph.Graph, vars []*graph.Variable) []graph.Value {
	var vs []graph.Value
	for _, v := range vars {
		vs = append(vs, g.Read(v))
	}
	return vs
}

// mlpStep is a training step of a small network under Adam, with clipping.
func mlpStep(t *testing.T) *graph.Graph {
	var m struct{ Hidden, Out nn.Linear }
	m.Hidden, m.Out = nn.Linear{In: 12, Out: 8}, nn.Linear{In: 8, Out: 3}
	vars, err := nn.Init(&m, 1)
	require.NoError(t, err)
	g := graph.New()
	g.SetTrain(true)
	x, y := g.Input("x", tensor.F32(6, 12)), g.Input("y", tensor.I32(6))
	loss := nn.CrossEntropy(m.Out.Forward(m.Hidden.Forward(x).Relu()), y)
	g.Output("loss", loss)
	g.Output("norm", optim.Adam{}.For(vars).Apply(graph.Grad(loss, reads(g, vars)...), 1))
	require.NoError(t, g.Err())
	return g
}

// The plan of a training step, for three kinds of device, is the one that was
// reviewed; -update rewrites it.
func TestGoldenPlans(t *testing.T) {
	for name, target := range targets() {
		t.Run(name, func(t *testing.T) {
			p, err := Build(mlpStep(t), target, Options{})
			require.NoError(t, err)
			path := filepath.Join("testdata", "mlp_"+name+".txt")
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(p.String()), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), p.String(), "go test ./plan -update rewrites the files; look at what changed")
		})
	}
}

// Building is deterministic: no map's order shows.
func TestPlansAreDeterministic(t *testing.T) {
	for _, target := range targets() {
		p, err := Build(mlpStep(t), target, Options{})
		require.NoError(t, err)
		for range 5 {
			again, err := Build(mlpStep(t), target, Options{})
			require.NoError(t, err)
			require.Equal(t, p.String(), again.String())
		}
	}
}
