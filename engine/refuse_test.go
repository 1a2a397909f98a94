package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestUnknownDevices(t *testing.T) {
	for _, spec := range []string{"nonesuch", "vulkan:99", "vulkan:-1", "vulkan:x"} {
		_, err := engine.Open(spec)
		require.ErrorContains(t, err, `engine: no device "`+spec+`"; there are: cpu`)
	}
	t.Setenv("VULGO_DEVICE", "nonesuch")
	_, err := engine.Open("")
	require.ErrorContains(t, err, `no device "nonesuch"`)
}

func TestWrongFeeds(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		st, err := engine.NewState(d.Device)
		require.NoError(t, err)
		defer st.Close()
		a, build := scaleNet(3)
		p, err := engine.Compile(st, build)
		require.NoError(t, err)
		defer p.Close()

		_, err = p.Run(nil)
		require.EqualError(t, err, `engine: input "x" is missing; the program wants x float32[3]`)
		_, err = p.Run(engine.Feeds{"x": tensor.New(tensor.F32(4))})
		require.EqualError(t, err, `engine: input "x" is float32[4], the program wants float32[3]`)
		_, err = p.Run(engine.Feeds{"x": tensor.New(tensor.I32(3))})
		require.EqualError(t, err, `engine: input "x" is int32[3], the program wants float32[3]`)
		require.ErrorContains(t, st.Set(a, tensor.New(tensor.F32(2))), `variable "a" is float32[]`)
		_, err = st.Get(&graph.Variable{Name: "b"})
		require.ErrorContains(t, err, `variable "b" is not in this state`)

		tk, err := p.Run(engine.Feeds{"x": tensor.New(tensor.F32(3))}) // nothing was broken
		require.NoError(t, err)
		require.Equal(t, []float32{1, 1, 1}, tk.F32("y"))
		_, err = tk.Scalar("z")
		require.EqualError(t, err, `engine: the program has no float output "z"`)
		_, err = tk.Tensor("z")
		require.EqualError(t, err, `engine: the program has no output "z"`)
		require.Nil(t, tk.F32("z"))
		require.Nil(t, tk.I32("y"))
	})
}

func TestWrongGraphs(t *testing.T) {
	st, err := engine.NewState(devtest.Devices()[0].Device)
	require.NoError(t, err)
	defer st.Close()
	_, err = engine.Compile(st, func(g *graph.Graph) {
		g.Output("y", g.Input("a", tensor.F32(2, 3)).MatMul(g.Input("b", tensor.F32(2, 3))))
	})
	require.ErrorContains(t, err, "refuse_test.go:")
	require.ErrorContains(t, err, "matmul: [2 3] · [2 3]: inner sizes differ: 3 and 2")
}

func TestUseAfterClose(t *testing.T) {
	infos, _ := engine.Devices()
	for _, in := range infos {
		if in.Unfit != "" {
			continue
		}
		t.Run(devtest.Short(in.Name), func(t *testing.T) {
			d, err := engine.Open(in.Name)
			require.NoError(t, err)
			st, err := engine.NewState(d)
			require.NoError(t, err)
			a, build := scaleNet(3)
			p, err := engine.Compile(st, build)
			require.NoError(t, err)
			feeds := engine.Feeds{"x": tensor.New(tensor.F32(3))}
			tk, err := p.Run(feeds)
			require.NoError(t, err)

			require.ErrorContains(t, st.Close(), "1 programs still open")
			require.ErrorContains(t, d.Close(), "2 states or programs still open")
			_, err = st.Get(a)
			require.NoError(t, err) // a refused Close closes nothing

			require.NoError(t, p.Close())
			require.NoError(t, p.Close())
			_, err = p.Run(feeds)
			require.ErrorIs(t, err, engine.ErrClosed)
			require.ErrorIs(t, tk.Wait(), engine.ErrClosed)
			require.Nil(t, tk.F32("y"))
			_, err = tk.Scalar("y")
			require.ErrorIs(t, err, engine.ErrClosed)

			require.NoError(t, st.Close())
			require.NoError(t, st.Close())
			_, err = engine.Compile(st, build)
			require.ErrorIs(t, err, engine.ErrClosed)
			_, err = st.Get(a)
			require.ErrorIs(t, err, engine.ErrClosed)
			require.ErrorIs(t, st.Set(a, tensor.New(tensor.F32())), engine.ErrClosed)

			require.NoError(t, d.Close())
			require.NoError(t, d.Close())
			_, err = engine.NewState(d)
			require.ErrorIs(t, err, engine.ErrClosed)
		})
	}
}

// A Func compiles a program for each shape it meets and keeps the last few.
func TestFuncCompilesOnceAShape(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		st, err := engine.NewState(d.Device)
		require.NoError(t, err)
		f := engine.NewFunc(st, func(g *graph.Graph, in map[string]tensor.Type) {
			g.Output("y", g.Input("x", in["x"]).MulScalar(2))
		})
		for round := range 3 {
			for n := 1; n <= 4; n++ {
				x := tensor.New(tensor.F32(n))
				x.F32[n-1] = float32(round + 1)
				tk, err := f.Run(engine.Feeds{"x": x})
				require.NoError(t, err)
				require.Len(t, tk.F32("y"), n)
				require.Equal(t, float32(2*round+2), tk.F32("y")[n-1])
			}
		}
		require.Equal(t, 4, f.Compiled)
		require.Equal(t, 12, f.Step())
		for n := 10; n < 20; n++ { // more than it keeps
			_, err := f.Run(engine.Feeds{"x": tensor.New(tensor.F32(n))})
			require.NoError(t, err)
		}
		_, err = f.Run(engine.Feeds{"z": tensor.New(tensor.F32(3))})
		require.Error(t, err)
		require.NoError(t, f.Close())
		require.NoError(t, st.Close())
	})
}
