package engine_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vulgo-ml/vulgo/internal/opcheck"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

var randomSizes = []int{1, 2, 3, 5, 7, 8, 9, 13, 16, 17, 31, 33, 64, 65}

// Three shapes an op, always the same ones; `make accept` draws others.
func TestOpsAgreeWithTheOracleAtRandomShapes(t *testing.T) { randomShapes(t, 3, 11) }

// randomShapes gives every op random shapes, those of a listed case with each
// size replaced by another, equal sizes alike, where the shape rule takes them;
// rapid makes what fails small. A seed of 0 is the clock's.
func randomShapes(t *testing.T, checks int, seed uint64) {
	flagged := checks
	if testing.Short() { // rapid makes a fifth of them then
		flagged *= 5
	}
	for name, v := range map[string]any{"rapid.checks": flagged, "rapid.seed": seed, "rapid.nofailfile": true} {
		f := flag.Lookup(name)
		before := f.Value.String()
		require.NoError(t, flag.Set(name, fmt.Sprint(v)))
		defer func() { require.NoError(t, flag.Set(name, before)) }()
	}
	tried, ops := 0, 0
	for _, op := range kernels.All() {
		if op.View {
			continue
		}
		t.Run(op.Name, func(t *testing.T) {
			ops++
			rapid.Check(t, func(t *rapid.T) {
				for try := range 20 { // draws until a shape fits
					c := op.Cases[rapid.IntRange(0, len(op.Cases)-1).Draw(t, fmt.Sprintf("case %d", try))]
					c.In = resized(t, c.In)
					_, out, err := op.Infer(c.Attrs, c.In)
					// A tolerance relative to the largest element needs enough of
					// them for it to show the op's scale: mish's gradient passes
					// through zero, and three values can all lie near it.
					if err != nil || op.Tol.Kind == "max" && out[0].Elems() < 32 {
						continue
					}
					testCase(t, opcheck.NewFixture(op, c, rapid.Uint64().Draw(t, "seed"), true), 1)
					tried++
					return
				}
			})
		})
	}
	require.GreaterOrEqual(t, tried, checks*ops/2, "most ops take most draws")
}

func resized(t *rapid.T, in []tensor.Type) []tensor.Type {
	to := map[int]int{}
	out := slices.Clone(in)
	for i, ty := range in {
		out[i].Shape = slices.Clone(ty.Shape)
		for d, n := range ty.Shape {
			if _, ok := to[n]; !ok {
				to[n] = rapid.SampledFrom(randomSizes).Draw(t, fmt.Sprintf("%d becomes", n))
				if n == 1 && rapid.Bool().Draw(t, "1 stays") {
					to[n] = 1 // a broadcast dimension as often as not
				}
			}
			out[i].Shape[d] = to[n]
		}
	}
	for _, ty := range out {
		if ty.Elems() > 1<<16 { // ranks up to 6 of sizes up to 65
			return in
		}
	}
	return out
}
