package roof

import (
	"context"
	"fmt"
	"time"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// program compiles a graph over float32 variables of so many elements each, and
// makes the job of running it.
func program(dev *engine.Device, elems []int, build func(g *graph.Graph, in []graph.Value) graph.Value, opts ...engine.Option) (*Job, error) {
	st, err := engine.NewState(dev)
	if err != nil {
		return nil, err
	}
	p, err := engine.Compile(st, func(g *graph.Graph) {
		var in []graph.Value
		for i, n := range elems {
			in = append(in, g.Read(&graph.Variable{Name: fmt.Sprintf("x%d", i), Type: tensor.F32(n)}))
		}
		out := build(g, in)
		if out.Shape().Elems() > 1 {
			out = out.Narrow(0, 0, 1)
		}
		g.Output("out", out)
	}, append(opts, engine.NoFusion())...)
	if err != nil {
		st.Close()
		return nil, err
	}
	var last *engine.Ticket
	return &Job{
		Sample: func(ctx context.Context, n int) (time.Duration, error) {
			run := timed(func() (err error) {
				last, err = p.Run(nil)
				return err
			})
			began := time.Now()
			if _, err := run(ctx, n); err != nil {
				return 0, err
			}
			err := last.Wait()
			return time.Since(began), err
		},
		Close: func() {
			p.Close()
			st.Close()
		},
	}, nil
}

// fma is a dispatch of chains in registers, in a kernel asked for by name.
func fma(op *kernels.Op, variant string) func(*engine.Device) (*Job, error) {
	return func(dev *engine.Device) (*Job, error) {
		if dev.Kind != kernels.Vulkan {
			return nil, Absent("")
		}
		n, steps := 3<<22, 1024 // a million threads
		if dev.Target.Software {
			n, steps = 3<<14, 2048
		}
		j, err := program(dev, []int{n}, func(g *graph.Graph, in []graph.Value) graph.Value {
			return g.Apply(op, chainAttrs(steps), in[0])[0]
		}, engine.With(kernels.Choices{op.Name: variant}))
		if err != nil {
			return nil, err
		}
		j.Flops, j.How = 2*float64(n)*float64(steps), variant
		return j, nil
	}
}

func fmaHalf(dev *engine.Device) (*Job, error) {
	switch {
	case dev.Kind == kernels.CPU:
		return nil, Absent("the CPU's bodies compute in float32")
	case !dev.Target.Float16:
		return nil, Absent("the device doesn't compute in float16")
	}
	return fma(kernels.FMAChainHalf, "half")(dev)
}

// moving is a chain of ops, each of which reads what the one before wrote:
// y = -y, or y = y + x.
func moving(kind string, size int) func(*engine.Device) (*Job, error) {
	return func(dev *engine.Device) (*Job, error) {
		if dev.Kind == kernels.CPU {
			return cpuMoving(kind, size)
		}
		arrays := 2
		if kind == "triad" {
			arrays = 3
		}
		n := size / 4 / arrays / 4 * 4
		if t := dev.Target; 4*n > t.MaxStorageRange || t.Memory > 0 && size > t.Memory/2 {
			return nil, Absent(fmt.Sprintf("%s don't fit the device's memory or a binding", sizeName(size)))
		}
		links := max(4, min(256, 1<<30/size))
		if dev.Target.Software {
			links = max(2, min(64, 64<<20/size))
		}
		j, err := program(dev, []int{n}, func(_ *graph.Graph, in []graph.Value) graph.Value {
			y := in[0]
			for range links {
				if kind == "triad" {
					y = y.Add(in[0])
				} else {
					y = y.Neg()
				}
			}
			return y
		})
		if err != nil {
			return nil, err
		}
		j.Bytes, j.How = float64(4*arrays*n*links), "a chain of "+plural(links, "op")
		return j, nil
	}
}

// transfer is what State.Set and State.Get move.
func transfer(up bool, bytes int) func(*engine.Device) (*Job, error) {
	return func(dev *engine.Device) (*Job, error) {
		st, err := engine.NewState(dev)
		if err != nil {
			return nil, err
		}
		v := &graph.Variable{Name: "x", Type: tensor.F32(bytes / 4)}
		if err := st.Bind(v); err != nil {
			st.Close()
			return nil, err
		}
		x := tensor.New(v.Type)
		for i := range x.F32 {
			x.F32[i] = float32(i)
		}
		run, how := func() error { return st.Set(v, x) }, "State.Set"
		if !up {
			how = "State.Get, the tensor's memory with it"
			run = func() error {
				_, err := st.Get(v)
				return err
			}
		}
		return &Job{Sample: timed(run), Bytes: float64(bytes), How: how, Close: func() { st.Close() }}, nil
	}
}

const chained = 1024

// dispatches is a chain of ops on one element, with a barrier between each two.
func dispatches(dev *engine.Device) (*Job, error) {
	j, err := tiny(dev, chained)
	if err == nil {
		j.How = "a chain of " + plural(chained, "op")
	}
	return j, err
}

func tiny(dev *engine.Device, links int) (*Job, error) {
	return program(dev, []int{1}, func(_ *graph.Graph, in []graph.Value) graph.Value {
		y := in[0]
		for range links {
			y = y.Neg()
		}
		return y
	})
}

// submits is a run of one op on one element: two under way, or each waited for.
func submits(wait bool) func(*engine.Device) (*Job, error) {
	return func(dev *engine.Device) (*Job, error) {
		j, err := tiny(dev, 1)
		if err != nil {
			return nil, err
		}
		j.How = "runs of an op, two under way"
		if wait {
			one := j.Sample
			j.Sample = func(ctx context.Context, n int) (d time.Duration, err error) {
				for i := 0; i < n && err == nil; i++ {
					var took time.Duration
					took, err = one(ctx, 1)
					d += took
				}
				return d, err
			}
			j.How = "runs of an op, each waited for"
		}
		return j, nil
	}
}
