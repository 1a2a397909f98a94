package opdoc

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/kernels"
)

var update = flag.Bool("update", false, "rewrite docs/ops.md")

const page = "../../docs/ops.md"

func TestThePageIsTheTable(t *testing.T) {
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(Markdown()), 0o644))
	}
	got, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, Markdown(), string(got), "docs/ops.md isn't what the op table says: run make docs")
}

// Every op runs on both kinds of device, and names no dtype that only one has
// but float64.
func TestEveryOpIsOnEveryDevice(t *testing.T) {
	for _, op := range kernels.All() {
		require.NotEmpty(t, dtypes(op), op.Name)
		require.NotEmpty(t, variants(op, kernels.Vulkan), op.Name)
		for _, d := range named {
			if d.short != "f64" {
				require.Equal(t, op.Accepts(d.dtype, kernels.CPU), op.Accepts(d.dtype, kernels.Vulkan), "%s %v", op.Name, d.dtype)
			}
		}
	}
}
