package roof

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/kernels"
)

func TestMain(m *testing.M) { devtest.Main(m) }

func limit(name string, flops, bytes, ns float64, items int) stats.Result {
	return stats.Result{Name: Prefix + name, Device: "d", DType: "float32", Flops: flops, Bytes: bytes, MinNS: ns, MedianNS: 2 * ns, Items: items}
}

// fake has a peak of 100 GFLOP/s and moves 40, 20 and 10 GB/s.
func fake() *Limits {
	return From("d", []stats.Result{
		limit("fma/vec4", 1e9, 0, 1e7, 0), limit("fma/scalar", 1e9, 0, 2e7, 0), limit("fma/half", 1e9, 0, 1e6, 0),
		limit("copy/16MB", 0, 1e9, 1e8, 0), limit("copy/64KB", 0, 4e9, 1e8, 0), limit("triad/1MB", 0, 2e9, 1e8, 0), limit("copy/1MB", 0, 2e9, 1e8, 0),
		limit("upload/64MB", 0, 5e8, 1e8, 0), limit("download/64MB", 0, 2e8, 1e8, 0),
		limit("dispatch", 0, 0, 1e6, 1000), limit("submit", 0, 0, 2e4, 0), limit("round_trip", 0, 0, 5e4, 0),
		{Name: "relu/7", Device: "d", MinNS: 1}, {Name: Prefix + "fma/vec4", Device: "other", Flops: 1e12, MinNS: 1},
		{Name: Prefix + "fma/vec4", Device: "d", Peer: "torch", Flops: 1e12, MinNS: 1},
	})
}

func TestLimitsAreMadeOfResults(t *testing.T) {
	l := fake()
	require.Len(t, l.Peaks, 3)
	require.Equal(t, "vec4", l.Peak().Name, "half isn't what float32 is held to")
	require.InDelta(t, 1e11, l.Peak().Rate, 1)
	require.Equal(t, []Bandwidth{{"copy", 64 << 10, 4e10}, {"copy", 1 << 20, 2e10}, {"copy", 16 << 20, 1e10}, {"triad", 1 << 20, 2e10}}, l.Memory)
	require.InDelta(t, 5e9, l.Upload, 1)
	require.InDelta(t, 2e9, l.Download, 1)
	require.InDelta(t, 1e-6, l.Dispatch, 1e-12)
	require.InDelta(t, 2e-5, l.Submit, 1e-12)
	require.InDelta(t, 5e-5, l.RoundTrip, 1e-12)
	var out strings.Builder
	require.NoError(t, l.Write(&out))
	for _, want := range []string{"vec4           100 ", "64KB         40         absent", "host to device            5 GB/s", "empty dispatch            1µs"} {
		require.Contains(t, out.String(), want)
	}
}

func TestBandwidthBetweenSizes(t *testing.T) {
	l := fake()
	require.InDelta(t, 4e10, l.Bandwidth(1), 1)
	require.InDelta(t, 2e10, l.Bandwidth(1<<20), 1)
	require.InDelta(t, 1.4142135e10, l.Bandwidth(4<<20), 1e5, "the geometric mean half-way, on logarithmic axes")
	require.InDelta(t, 1e10, l.Bandwidth(1<<30), 1)
	require.Zero(t, (&Limits{}).Bandwidth(5))
}

func TestTheNearerRoof(t *testing.T) {
	l := fake()
	s, by := l.Least(1e9, 1e6, 1<<20)
	require.Equal(t, ByArithmetic, by)
	require.InDelta(t, 0.01, s, 1e-9)
	s, by = l.Least(1e6, 1e9, 1<<20)
	require.Equal(t, ByMemory, by)
	require.InDelta(t, 0.05, s, 1e-9)
	rate, by := l.Roof(1e6, 1e9, 1<<20)
	require.Equal(t, ByMemory, by)
	require.InDelta(t, 1e6/0.05, rate, 1)
	rate, by = l.Roof(0, 0, 0)
	require.Zero(t, rate)
	require.Empty(t, by)

	r := stats.Result{Name: "x", DType: "float32", Flops: 1e9, Bytes: 1e6, MedianNS: 2e7}
	l.Judge(&r)
	require.InDelta(t, 0.5, r.Roof, 1e-9)
	require.Equal(t, ByArithmetic, r.RoofBy)
	r = stats.Result{Name: "x", DType: "float32", Bytes: 1e9, Set: 64 << 10, MedianNS: 5e7}
	l.Judge(&r)
	require.InDelta(t, 0.5, r.Roof, 1e-9, "what is gone over again and again is in the cache")
	for _, no := range []stats.Result{{Name: "x", DType: "float64", Flops: 1, MedianNS: 1}, limit("copy/1MB", 0, 1, 1, 0), {Name: "x", DType: "float32", MedianNS: 1}} {
		l.Judge(&no)
		require.Zero(t, no.Roof)
	}
}

func TestSizes(t *testing.T) {
	for n, name := range map[int]string{5: "5B", 32 << 10: "32KB", 1536: "1536B", 256 << 20: "256MB"} {
		require.Equal(t, name, sizeName(n))
		got, err := parseSize(name)
		require.NoError(t, err)
		require.Equal(t, n, got)
	}
	_, err := parseSize("many")
	require.ErrorContains(t, err, "no size")
	require.InDelta(t, 0.02, together([]float64{0.02, 0.02}), 1e-12)
	require.InDelta(t, 2/(100.0+50), together([]float64{0.01, 0.02}), 1e-12, "rates add up")
}

// What is measured is a rate of something; how large is the machine's affair.
func TestEveryLimitCanBeMeasured(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		l, results, err := Measure(t.Context(), d.Device, 128<<10, time.Millisecond)
		require.NoError(t, err)
		require.Equal(t, len(Probes(128<<10)), len(results)+len(l.Absent)+map[kernels.Kind]int{kernels.CPU: 2, kernels.Vulkan: 2}[d.Kind])
		rates := map[string]float64{}
		for _, p := range l.Peaks {
			require.Greater(t, p.Rate, 0.0, p.Name)
			require.NotEmpty(t, p.How)
			rates[p.Name] = p.Rate
		}
		if d.Kind == kernels.CPU {
			require.Contains(t, rates, "all_threads")
			require.Contains(t, rates, "one_thread")
		} else {
			require.Contains(t, rates, "vec4")
			require.Contains(t, rates, "scalar")
			require.Equal(t, d.Device.Target.Float16, rates["half"] > 0)
		}
		require.Len(t, l.Memory, 4)
		for _, m := range l.Memory {
			require.Greater(t, m.Rate, 0.0)
		}
		for _, v := range []float64{l.Upload, l.Download, l.Dispatch, l.Submit, l.RoundTrip} {
			require.Greater(t, v, 0.0)
		}
		require.NotEmpty(t, l.Absent)
	})
}

func TestTheRooflineIsAPicture(t *testing.T) {
	l, dir := fake(), t.TempDir()
	results := []stats.Result{
		{Name: "matmul/64x64x64", Device: "d", Flops: 5e5, Bytes: 5e4, MedianNS: 2e4, Roof: 0.3}, {Name: "train/mlp", Device: "d", Flops: 5e7, Bytes: 5e6, MedianNS: 2e6},
		{Name: "relu/1024", Device: "d", Flops: 1024, Bytes: 8192, MedianNS: 2e3}, {Name: "copy/1", Device: "d", Bytes: 8, MedianNS: 5},
		{Name: "relu/1024", Device: "d", Peer: "torch", Flops: 1024, Bytes: 8192, MedianNS: 2e3}, {Name: "relu/9", Device: "e", Flops: 9, Bytes: 9, MedianNS: 2},
	}
	on, off := points(l, results)
	require.Len(t, on, 3)
	require.Equal(t, 1, off)
	require.Equal(t, "matmul", families[on[0].family].name)
	require.Equal(t, "whole steps", families[on[1].family].name)
	require.Equal(t, "elementwise and others", families[on[2].family].name)
	require.Len(t, interesting(on), 3)

	png, svg := filepath.Join(dir, "a.png"), filepath.Join(dir, "a.svg")
	require.NoError(t, Plot(png, l, results))
	require.NoError(t, Plot(svg, l, results))
	b, err := os.ReadFile(png)
	require.NoError(t, err)
	require.Equal(t, "\x89PNG", string(b[:4]))
	b, err = os.ReadFile(svg)
	require.NoError(t, err)
	for _, want := range []string{"matmul/64x64x64", "vec4: 100 GFLOP/s", "64KB: 40 GB/s", "Roofline of d", "1 rows without"} {
		require.Contains(t, string(b), want)
	}
	require.ErrorContains(t, Plot(filepath.Join(dir, "a.gif"), l, results), ".png or .svg")
	require.ErrorContains(t, Plot(png, l, nil), "nothing to draw")
}
