package engine_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

var randomSizes = []int{1, 1, 2, 3, 5, 7, 8, 9, 13, 16, 17, 31, 33, 64, 65}

// `make accept` has more of it.
func TestOpsAgreeWithTheOracleAtRandomShapes(t *testing.T) { randomShapes(t, 3, 11) }

// randomShapes gives every op random shapes: those of a listed case with each
// size replaced by another, equal sizes alike, where the shape rule takes them.
func randomShapes(t *testing.T, rounds int, seed uint64) {
	tried := 0
	for _, op := range kernels.All() {
		if op.View || len(op.Cases) == 0 {
			continue
		}
		t.Run(op.Name, func(t *testing.T) {
			rng := &tensor.Philox{Seed: seed, Stream: uint64(len(op.Name))}
			for round := range rounds {
				for range 20 { // draws until a shape fits
					c := op.Cases[rng.Intn(len(op.Cases))]
					c.In = resized(rng, c.In)
					_, out, err := op.Infer(c.Attrs, c.In)
					// A tolerance relative to the largest element needs enough of
					// them for it to show the op's scale: mish's gradient passes
					// through zero, and three values can all lie near it.
					if err != nil || op.Tol.Kind == "max" && out[0].Elems() < 32 {
						continue
					}
					testCase(t, op, 1000+round, c, true)
					tried++
					break
				}
			}
		})
	}
	require.Greater(t, tried, 3*rounds*len(kernels.All())/5, "most ops take most draws")
}

func resized(rng *tensor.Philox, in []tensor.Type) []tensor.Type {
	to := map[int]int{}
	out := slices.Clone(in)
	for i, ty := range in {
		out[i].Shape = slices.Clone(ty.Shape)
		for d, n := range ty.Shape {
			if _, ok := to[n]; !ok {
				to[n] = randomSizes[rng.Intn(len(randomSizes))]
				if n == 1 && rng.Intn(2) == 0 {
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
