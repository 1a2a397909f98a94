package engine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/internal/opcheck"
	"github.com/vulgo-ml/vulgo/kernels"
)

func TestTheTableIsComplete(t *testing.T) {
	require.NotEmpty(t, kernels.All())
	for _, op := range kernels.All() {
		require.NoError(t, op.Check())
	}
}

// Every op, over its listed cases, on every device in every variant that
// serves the case, against the float64 oracle at the op's tolerance; and the
// first case twice, which must give the same bits.
func TestOpsAgreeWithTheOracle(t *testing.T) {
	defer worst.print()
	for _, op := range kernels.All() {
		t.Run(op.Name, func(t *testing.T) {
			for i, c := range op.Cases {
				for _, all := range []bool{true, false} {
					if all || hasOptional(op) {
						testCase(t, opcheck.NewFixture(op, c, uint64(i), all), 2-min(i, 1))
					}
				}
			}
		})
	}
}

func hasOptional(op *kernels.Op) bool {
	for _, o := range op.Out {
		if o.Optional {
			return true
		}
	}
	return false
}

// failer is what a check needs of a test.
type failer interface {
	require.TestingT
	Helper()
}

// testCase runs a fixture so many times on every device in every variant.
func testCase(t failer, f *opcheck.Fixture, times int) {
	t.Helper()
	if f.Op.View {
		return
	}
	for _, d := range devtest.Devices() {
		variants, err := f.Variants(d.Target)
		require.NoError(t, err, "%v", f)
		if len(variants) == 0 {
			t.Errorf("no variant on %s serves %v", d.Name, f)
		}
		for _, v := range variants {
			testVariant(t, f, d, v, times)
		}
	}
}

func testVariant(t failer, f *opcheck.Fixture, d devtest.Dev, variant string, times int) {
	t.Helper()
	name := fmt.Sprintf("%s/%s %v", d.Name, variant, f)
	want, scale, err := f.Oracle()
	require.NoError(t, err, name)
	got, err := f.Run(d.Device, variant, times)
	require.NoError(t, err, name)
	for k := range want {
		used, err := f.Op.Tol.Compare(got[0][k], want[k], scale[k])
		if err != nil {
			t.Errorf("%s: output %s: %v (%.3g times it)", name, k, err, used)
		} else {
			worst.note(f.Op.Name, d.Name, used)
		}
		for _, again := range got[1:] {
			if why := opcheck.Differ(got[0][k], again[k]); why != "" {
				t.Errorf("%s: output %s: another run gives other bits: %s", name, k, why)
			}
		}
	}
}
