package cpuref

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// One unit, one step, by hand: a = h·whh + bhh = (2, 4, 6) + (0, 0, -2), and gx
// makes r = σ(-2 + 2) = 1/2, z = σ(ln 3 - 4 + 4) = 3/4, n = tanh(-1 + 4/2), so
// y = tanh(1)/4 + 3/4·2. The reset gate takes bhh's part of n too: without that
// n would be tanh(-1 + 3 - 2) = 0.
func TestGRUOfOneUnitByHand(t *testing.T) {
	gx := Arg[float64]{Shape: []int{1, 1, 3}, F: []float64{-2, math.Log(3) - 4, -1}}
	whh, h0 := Arg[float64]{Shape: []int{3, 1}, F: []float64{1, 2, 3}}, Arg[float64]{Shape: []int{1, 1}, F: []float64{2}}
	bhh := Arg[float64]{Shape: []int{3}, F: []float64{0, 0, -2}}
	out := []Arg[float64]{zeros(1, 1, 1), zeros(1, 1), zeros(1, 1, 4)}
	GRU(&Args[float64]{Attrs: GRUAttrs{}, In: []Arg[float64]{gx, whh, h0, bhh}, Out: out})
	n := math.Tanh(1)
	require.InDelta(t, n/4+1.5, out[0].F[0], 1e-15)
	require.Equal(t, out[0].F, out[1].F)
	require.InDeltaSlice(t, []float64{.5, .75, n, 4}, out[2].F, 1e-15)

	// dh = 1: dn = 1/4·(1-n²), dz = (2-n)·3/16, dr = dn·4·1/4; the state before
	// gets 3/4 straight, and dr·1 + dz·2 + dn/2·3 through the product.
	up, none := Arg[float64]{Shape: []int{1, 1, 1}, F: []float64{1}}, Arg[float64]{}
	grads := []Arg[float64]{zeros(1, 1, 3), zeros(1, 1, 3), zeros(1, 1)}
	GRUGrad(&Args[float64]{Attrs: GRUAttrs{}, In: []Arg[float64]{whh, h0, out[0], out[2], up, none}, Out: grads})
	dn, dz := (1-n*n)/4, (2-n)*3/16
	require.InDeltaSlice(t, []float64{dn, dz, dn}, grads[0].F, 1e-15)
	require.InDeltaSlice(t, []float64{dn, dz, dn / 2}, grads[1].F, 1e-15)
	require.InDelta(t, 0.75+dn+2*dz+1.5*dn, grads[2].F[0], 1e-15)
}
