package engine_test

import (
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

// onNets runs a subtest for each device and network.
func onNets(t *testing.T, nets []benchNet, f func(t *testing.T, d devtest.Dev, n benchNet)) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		for _, n := range nets {
			t.Run(n.name, func(t *testing.T) { f(t, d, n) })
		}
	})
}

func TestTrainingStepAllocatesNothingAndSubmitsOnce(t *testing.T) {
	onNets(t, smallNets(), func(t *testing.T, d devtest.Dev, n benchNet) {
		tr := mustTrainer(t, d.Device, n, optim.Adam{})
		f := n.feeds(0)
		f[optim.LRInput].F32[0] = 1e-3
		step := func() {
			tk, err := tr.p.Run(f)
			if err == nil {
				_, err = tk.Scalar("loss")
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		step()
		step()
		before := d.Submissions()
		const steps = 10
		require.Zero(t, testing.AllocsPerRun(steps, step))
		want := 0
		if d.Kind == kernels.Vulkan {
			want = steps + 1 // AllocsPerRun warms up once
		}
		require.Equal(t, want, d.Submissions()-before, "submissions of %d steps", steps+1)
	})
}

func TestSameSeedGivesSameWeights(t *testing.T) {
	onNets(t, append(smallNets(), dropoutNet()), func(t *testing.T, d devtest.Dev, n benchNet) {
		train := func() ([]float32, map[string][]float32) {
			tr := mustTrainer(t, d.Device, n, optim.Adam{})
			losses, err := tr.run(n, 1e-2, 8)
			require.NoError(t, err)
			w, err := tr.weights()
			require.NoError(t, err)
			return losses, w
		}
		losses, w := train()
		losses2, w2 := train()
		require.Equal(t, losses, losses2)
		require.Equal(t, w, w2)
		require.NotEqual(t, losses[0], losses[7])
	})
}

// agree trains every network under SGD on all devices and holds their losses
// to those of the first.
func agree(t *testing.T, nets []benchNet, steps int) {
	for _, n := range nets {
		var want []float32
		for _, d := range devtest.Devices() {
			tr := mustTrainer(t, d.Device, n, optim.SGD{})
			got, err := tr.run(n, 0.05, steps)
			require.NoError(t, err)
			if want == nil {
				want = got
				continue
			}
			worst := 0.0
			for s := range want {
				diff := math.Abs(float64(got[s]-want[s])) / max(float64(want[s]), 1)
				worst = max(worst, diff)
				require.LessOrEqual(t, diff, 1e-4, "%s on %s: step %d: loss %v, on the CPU %v", n.name, d.Name, s, got[s], want[s])
			}
			t.Logf("accept: %s on %s and the CPU: losses of %d steps differ by at most %.1e", n.name, d.Name, steps, worst)
		}
	}
}

func TestDevicesTrainAlike(t *testing.T) { agree(t, smallNets(), 50) }

// One Adam step, parameters, moments and step count, against the float64
// oracle. With an Eps of 1e-3 the update is as well conditioned as the gradient.
func TestTrainingStepAgreesWithTheOracle(t *testing.T) {
	onNets(t, smallNets(), func(t *testing.T, d devtest.Dev, n benchNet) {
		for _, opts := range [][]engine.Option{nil, {engine.NoFusion()}} {
			tr := mustTrainer(t, d.Device, n, optim.Adam{Eps: 1e-3}, opts...)
			losses, err := tr.run(n, 1e-2, 1)
			require.NoError(t, err)
			g := graph.New()
			g.SetTrain(true)
			n.build(g, tr.rule)
			f := n.feeds(0)
			f[optim.LRInput].F32[0] = 1e-2
			out, assigned, err := engine.Oracle(g, f, nil)
			require.NoError(t, err)
			require.InEpsilon(t, out["loss"].At(0), float64(losses[0]), 1e-5)
			require.Len(t, assigned, len(tr.rule.Params)+len(tr.rule.State))
			for v, want := range assigned {
				got, err := tr.st.Get(v)
				require.NoError(t, err)
				for i := range want.Elems() {
					require.InDelta(t, want.At(i), got.At(i), 2e-6*max(1, math.Abs(want.At(i))), "%s[%d]", v.Name, i)
				}
			}
		}
	})
}

// A run may be started before the one before it was read.
func TestSlots(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		st, err := engine.NewState(d.Device)
		require.NoError(t, err)
		defer st.Close()
		_, build := scaleNet(3)
		p, err := engine.Compile(st, build)
		require.NoError(t, err)
		defer p.Close()
		x := tensor.New(tensor.F32(3))
		feeds := engine.Feeds{"x": x}
		var last *engine.Ticket
		for k := range 9 {
			for i := range x.F32 {
				x.F32[i] = float32(10*k + i)
			}
			tk, err := p.Run(feeds)
			require.NoError(t, err)
			if last != nil {
				b := float32(20 * (k - 1))
				require.Equal(t, []float32{b + 1, b + 3, b + 5}, last.F32("y"))
			}
			last = tk
		}
		require.Equal(t, []float32{161, 163, 165}, last.F32("y"))
	})
}

// Steps started ahead of reading compute what steps in lockstep compute.
func TestTrainingAheadOfReading(t *testing.T) {
	onNets(t, smallNets()[:1], func(t *testing.T, d devtest.Dev, n benchNet) {
		want, err := mustTrainer(t, d.Device, n, optim.Adam{}).run(n, 1e-2, 6)
		require.NoError(t, err)
		tr := mustTrainer(t, d.Device, n, optim.Adam{})
		var got []float32
		var last *engine.Ticket
		for s := range 7 {
			var tk *engine.Ticket
			if s < 6 {
				f := n.feeds(s)
				f[optim.LRInput].F32[0] = 1e-2
				tk, err = tr.p.Run(f)
				require.NoError(t, err)
			}
			if last != nil {
				loss, err := last.Scalar("loss")
				require.NoError(t, err)
				got = append(got, loss)
			}
			last = tk
		}
		require.Equal(t, want, got)
	})
}

// Goroutines with a program each, on one device, and programs that share a
// State, get what they would alone.
func TestProgramsSideBySide(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		nets := append(smallNets(), smallNets()[0])
		const steps = 6
		var want [][]float32
		for _, n := range nets {
			l, err := mustTrainer(t, d.Device, n, optim.Adam{}).run(n, 1e-2, steps)
			require.NoError(t, err)
			want = append(want, l)
		}
		got, errs := make([][]float32, len(nets)), make([]error, len(nets))
		var wg sync.WaitGroup
		for i, n := range nets {
			wg.Add(1)
			go func() {
				defer wg.Done()
				tr, err := newTrainer(d.Device, n, optim.Adam{})
				if err != nil {
					errs[i] = err
					return
				}
				if got[i], errs[i] = tr.run(n, 1e-2, steps); errs[i] == nil {
					errs[i] = tr.close()
				}
			}()
		}
		wg.Wait()
		for i, n := range nets {
			require.NoError(t, errs[i], n.name)
			require.Equal(t, want[i], got[i], n.name)
		}
	})
}

// A training step and an evaluation over one State: the evaluation sees each
// step's parameters.
func TestProgramsShareAState(t *testing.T) {
	onNets(t, smallNets(), func(t *testing.T, d devtest.Dev, n benchNet) {
		tr := mustTrainer(t, d.Device, n, optim.Adam{})
		eval, err := engine.Compile(tr.st, func(g *graph.Graph) { g.Output("loss", n.loss(g)) })
		require.NoError(t, err)
		defer func() { require.NoError(t, eval.Close()) }()
		f := n.feeds(0)
		f[optim.LRInput].F32[0] = 1e-2
		for range 4 {
			tk, err := eval.Run(f)
			require.NoError(t, err)
			step, err := tr.p.Run(f) // starts before the evaluation is read
			require.NoError(t, err)
			before, err := tk.Scalar("loss")
			require.NoError(t, err)
			loss, err := step.Scalar("loss")
			require.NoError(t, err)
			require.InEpsilon(t, loss, before, 1e-5)
		}
	})
}

// rounds compiles, runs and closes a training step; after each, the device has
// as many objects as after the first, whose pipelines it keeps.
func rounds(t *testing.T, d *engine.Device, count int, each func(round int)) {
	n := mlpNet(20, 16, 4)
	live := 0
	for r := range count {
		tr, err := newTrainer(d, n, optim.Adam{})
		require.NoError(t, err)
		_, err = tr.run(n, 1e-3, 2)
		require.NoError(t, err)
		_, err = tr.weights()
		require.NoError(t, err)
		require.NoError(t, tr.close())
		if r == 0 {
			live = d.LiveObjects()
		}
		require.Equal(t, live, d.LiveObjects(), "round %d", r)
		if each != nil {
			each(r)
		}
	}
}

func TestCompileRunCloseLeavesNothing(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) { rounds(t, d.Device, 30, nil) })
}

// The padding of what is packed is zero wherever the parts were computed, so
// that norms taken over the flat value are those of the parts.
func TestPackedPaddingIsZero(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		st, err := engine.NewState(d.Device)
		require.NoError(t, err)
		defer st.Close()
		p, err := engine.Compile(st, func(g *graph.Graph) {
			x, y := g.Input("x", tensor.F32(5)), g.Input("y", tensor.F32(3, 23))
			flat := graph.Pack(x.Exp(), y, x.Op("cos"))
			g.Output("flat", flat)
			g.Output("again", graph.Pack(y.Exp(), x))
			g.Output("sum", flat.Sum())
		})
		require.NoError(t, err)
		defer p.Close()
		for range 3 {
			tk, err := p.Run(engine.Feeds{"x": tensor.New(tensor.F32(5)), "y": tensor.New(tensor.F32(3, 23))})
			require.NoError(t, err)
			want := make([]float32, 64+128+64)
			for i := range 5 {
				want[i], want[192+i] = 1, 1
			}
			require.Equal(t, want, tk.F32("flat"))
			require.Equal(t, []float32{10}, tk.F32("sum"))
			again := make([]float32, 128+64)
			for i := range 69 {
				again[i] = 1
			}
			require.Equal(t, again, tk.F32("again"))
		}
	})
}

func TestDropoutDependsOnSeedAndStep(t *testing.T) {
	n := dropoutNet()
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		vars, err := nn.Init(n.model, 1)
		require.NoError(t, err)
		require.Len(t, vars, 4)
		st, err := engine.NewState(d.Device)
		require.NoError(t, err)
		defer st.Close()
		p, err := engine.Compile(st, func(g *graph.Graph) { g.Output("loss", n.loss(g)) }, engine.Train())
		require.NoError(t, err)
		defer p.Close()
		draw := func(seed uint32, step int) string {
			p.Seed = seed
			p.SetStep(step)
			tk, err := p.Run(n.feeds(0))
			require.NoError(t, err)
			loss, err := tk.Scalar("loss")
			require.NoError(t, err)
			return fmt.Sprint(loss)
		}
		first := draw(1, 0)
		require.Equal(t, first, draw(1, 0))
		require.NotEqual(t, first, draw(1, 1))
		require.NotEqual(t, first, draw(2, 0))
	})
}
