package stats

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSummary(t *testing.T) {
	s := Summarise([]float64{40, 10, 30, 20, 50})
	require.Equal(t, Summary{Median: 30, Lo: 10, Hi: 50, Min: 10, Worst: 50, IQR: 20}, s)
	require.Equal(t, 3.0, Summarise([]float64{4, 2}).Median)
	require.Equal(t, Summary{Median: 7, Lo: 7, Hi: 7, Min: 7, Worst: 7}, Summarise([]float64{7}))
	require.Zero(t, Summarise(nil))

	in := []float64{10, 11, 12, 13, 14, 15, 16, 90, 17, 100}
	s = Summarise(in)
	require.Equal(t, 2, s.Outliers)
	require.Equal(t, 100.0, s.Worst)
	require.Equal(t, 90.0, in[7], "the samples stay as they are")
}

// The ranks are those of the usual tables for the sign test at 5 %.
func TestTheMediansConfidenceInterval(t *testing.T) {
	for n, lo := range map[int]int{1: 0, 5: 0, 6: 0, 8: 0, 9: 1, 11: 1, 12: 2, 15: 3, 20: 5, 25: 7, 50: 17, 100: 39} {
		l, h := medianRanks(n)
		require.Equal(t, lo, l, "%d samples", n)
		require.Equal(t, n-1-lo, h, "%d samples", n)
	}
}

func TestResultsAreLines(t *testing.T) {
	var buf bytes.Buffer
	want := []Result{{Name: "a", Device: "cpu", DType: "float32", RelErr: 1e-7}, {Name: "b", Peer: "torch", Items: 64}}
	for i := range want {
		want[i].Measured([]float64{3, 1, 2}, 10)
		require.NoError(t, want[i].Write(&buf))
	}
	require.Equal(t, 30, want[0].Reps)
	require.Equal(t, 2.0, want[0].MedianNS)
	got, err := Read(&buf)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, "b by torch", got[1].Key().String())

	_, err = Read(strings.NewReader("{\"name\":\"a\"}\n{\"name\":"))
	require.ErrorContains(t, err, "line 2")
	_, err = Read(strings.NewReader("{}"))
	require.ErrorContains(t, err, "without a name")
}
