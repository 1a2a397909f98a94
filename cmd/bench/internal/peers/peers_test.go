package peers

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/tensor"
)

// TestMain is a peer itself when a test starts it as one.
func TestMain(m *testing.M) {
	if behaviour := os.Getenv("PEERS_TEST_BEHAVIOUR"); behaviour != "" {
		fakePeer(behaviour)
		return
	}
	os.Exit(m.Run())
}

// fakePeer copies the first operand to the result. A run takes a millisecond,
// divided by its threads, and it says so without waiting for it.
func fakePeer(behaviour string) {
	threads := 1
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var r request
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		var a answer
		switch {
		case r.Do == "close":
			return
		case r.Do == "hello" && behaviour != "nameless":
			a.Hello = Hello{Name: "Fake", Version: "1", Threads: 4, Devices: []string{"cpu", "abacus"}}
		case r.Do == "prepare" && behaviour == "dies":
			fmt.Fprintln(os.Stderr, "first words")
			fmt.Fprintln(os.Stderr, "out of beads")
			os.Exit(7)
		case r.Do == "prepare" && behaviour == "babbles":
			fmt.Println("{nonsense")
			continue
		case r.Do == "prepare" && r.Work.Op != "copy":
			a.Lacks = "no op " + r.Work.Op
		case r.Do == "prepare":
			fmt.Println("a library's own message")
			b, err := os.ReadFile(r.Work.In[0].File)
			if err == nil {
				err = os.WriteFile(r.Work.Out[0].File, b, 0o600)
			}
			if err != nil {
				a.Error = err.Error()
			}
		case r.Do == "threads":
			threads = r.N
		case r.Do == "run" && behaviour == "timeless":
		case r.Do == "run":
			a.Seconds = 1e-3 * float64(r.N) / float64(threads)
		}
		line, _ := json.Marshal(a)
		fmt.Println(string(line))
	}
}

func start(t *testing.T, behaviour string) *Peer {
	c := Command{Name: "fake", Args: []string{os.Args[0]}, Env: []string{"PEERS_TEST_BEHAVIOUR=" + behaviour}}
	p, err := Start(t.Context(), c, 4)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

func copying(t *testing.T, x *tensor.Tensor) *Workload {
	dir := t.TempDir()
	in, err := Write(dir, "in0", x)
	require.NoError(t, err)
	return &Workload{Name: "copy/x", Kind: Op, Op: "copy", Device: "cpu", In: []*Array{in, nil}, Out: []*Array{Place(dir, "out0", x.Type)}}
}

func TestAPeerComputesAndCounts(t *testing.T) {
	p := start(t, "works")
	require.Equal(t, Hello{Name: "Fake", Version: "1", Threads: 4, Devices: []string{"cpu", "abacus"}}, p.Hello)
	x := tensor.FromF32([]float32{1, -2, 3.5}, 3)
	w := copying(t, x)
	require.NoError(t, p.Prepare(w))
	got, err := Read(w.Out[0])
	require.NoError(t, err)
	require.Equal(t, x, got)

	require.NoError(t, p.Use(2))
	d, err := p.Run(10)
	require.NoError(t, err)
	require.Equal(t, 5*time.Millisecond, d)

	best, err := Best(t.Context(), p.Use, p.Run, 4, Timing{})
	require.NoError(t, err)
	require.Equal(t, 4, best)

	w.Op = "sum"
	err = p.Prepare(w)
	require.ErrorIs(t, err, ErrLacks)
	require.ErrorContains(t, err, "no op sum")
	require.False(t, p.Dead())

	w.Op, w.In[0].File = "copy", filepath.Join(t.TempDir(), "none")
	err = p.Prepare(w)
	require.ErrorContains(t, err, "fake: open")
	require.NotErrorIs(t, err, ErrLacks)
}

func TestEveryDTypeGoesThroughAFile(t *testing.T) {
	for _, x := range []*tensor.Tensor{
		tensor.FromF32([]float32{1, 2}, 2), tensor.FromF64([]float64{1, 2}, 1, 2), tensor.FromI32([]int32{-1, 2}, 2),
		tensor.FromI64([]int64{1 << 40}, 1), tensor.FromF16([]uint16{0x3c00}, 1), tensor.FromBF16([]uint16{0x3f80}, 1),
		{Type: tensor.Type{DType: tensor.Bool, Shape: tensor.Shape{2}}, I32: []int32{1, 0}}, tensor.FromF32([]float32{7}),
		tensor.FromF32(nil, 0, 3),
	} {
		a, err := Write(t.TempDir(), "x", x)
		require.NoError(t, err)
		got, err := Read(a)
		require.NoError(t, err)
		require.True(t, x.Type.Equal(got.Type), "%v for %v", got.Type, x.Type)
		for i := range x.Elems() {
			require.Equal(t, x.At(i), got.At(i))
		}
	}
	a, err := Write(t.TempDir(), "x", tensor.FromF32([]float32{1, 2}, 2))
	require.NoError(t, err)
	a.Shape = []int{3}
	_, err = Read(a)
	require.ErrorContains(t, err, "result x: 8 bytes, but float32[3] are 12")
	a.DType = "decimal"
	_, err = Read(a)
	require.ErrorContains(t, err, `no dtype "decimal"`)
}

func TestAPeerThatFailsIsNamed(t *testing.T) {
	w := copying(t, tensor.FromF32([]float32{1}, 1))
	p := start(t, "dies")
	err := p.Prepare(w)
	require.EqualError(t, err, `fake died at "prepare": exit status 7: out of beads`)
	require.True(t, p.Dead())
	require.Error(t, p.Use(1), "and stays dead")

	p = start(t, "babbles")
	require.ErrorContains(t, p.Prepare(w), `fake: answered "{nonsense"`)

	p = start(t, "timeless")
	_, err = p.Run(3)
	require.ErrorContains(t, err, "3 runs took 0 seconds")
	require.Equal(t, []string{"cpu"}, start(t, "nameless").Devices)

	_, err = Start(t.Context(), Command{Name: "fake", Args: []string{filepath.Join(t.TempDir(), "none")}}, 1)
	require.ErrorContains(t, err, "fake: fork/exec")
	_, err = Start(t.Context(), Command{Name: "fake", Args: []string{os.Args[0], "-test.run=^$"}, Env: []string{"PEERS_TEST_BEHAVIOUR="}}, 1)
	require.ErrorContains(t, err, `fake died at "hello"`)
}

func TestACancelledContextKillsAPeer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := Start(ctx, Command{Name: "fake", Args: []string{os.Args[0]}, Env: []string{"PEERS_TEST_BEHAVIOUR=works"}}, 1)
	require.NoError(t, err)
	cancel()
	<-p.done
	_, err = p.Run(1)
	require.ErrorContains(t, err, "fake died")
	p.Close()
}

func TestPairsAreTakenInTurn(t *testing.T) {
	var turns string
	fixed := func(name string, run time.Duration) Runner {
		return func(n int) (time.Duration, error) {
			turns += name
			return time.Duration(n) * run, nil
		}
	}
	p, err := Measure(t.Context(), fixed("a", 100*time.Microsecond), fixed("b", 300*time.Microsecond), Timing{Time: 10 * time.Millisecond, Count: 8})
	require.NoError(t, err)
	require.Regexp(t, "^a+b+(ab){8}$", turns)
	require.Equal(t, 20, p.OurReps, "a sample is no shorter than 2 ms")
	require.Equal(t, 6, p.TheirReps)
	require.Len(t, p.Ratios, 8)
	require.InDelta(t, 3, p.Ratio.Median, 1e-9)
	require.InDelta(t, 1e5, p.Ours[0], 1e-6)
	require.InDelta(t, 3e5, p.Theirs[7], 1e-6)

	broken := errors.New("broken")
	_, err = Measure(t.Context(), fixed("a", time.Second), func(int) (time.Duration, error) { return 0, broken }, Timing{Count: 1})
	require.ErrorIs(t, err, broken)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Measure(ctx, fixed("a", 1), fixed("b", 1), Timing{Count: 1})
	require.ErrorIs(t, err, context.Canceled)
}

func TestTheBestNumberOfThreadsIsFound(t *testing.T) {
	require.Equal(t, []int{1}, Counts(1))
	require.Equal(t, []int{1, 2}, Counts(2))
	require.Equal(t, []int{1, 2, 4, 6}, Counts(6))
	threads := 0
	use := func(n int) error { threads = n; return nil }
	run := func(n int) (time.Duration, error) { // two threads are best
		return time.Duration(n) * time.Duration(10+5*(threads-2)*(threads-2)) * time.Millisecond, nil
	}
	best, err := Best(t.Context(), use, run, 6, Timing{Time: time.Millisecond})
	require.NoError(t, err)
	require.Equal(t, 2, best)
	require.Equal(t, 2, threads, "it stays with it")
}

func TestPeersAreFoundOrNamed(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("VULGO_PEERS", dir)
	t.Setenv("VULGO_PYTHON", filepath.Join(dir, "python"))
	found, missing, err := Find(t.Context(), "all")
	require.NoError(t, err)
	require.Empty(t, found)
	require.Len(t, missing, len(Names()))
	require.Equal(t, "torch", missing[0].Name)
	require.Contains(t, missing[0].Why, "no PyTorch in "+dir)
	require.Contains(t, missing[1].Why, "make peers builds it")

	require.NoError(t, os.Mkdir(filepath.Join(dir, "work"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "work", "gonum"), nil, 0o700))
	found, missing, err = Find(t.Context(), "gonum, spago")
	require.NoError(t, err)
	require.Equal(t, []Command{{Name: "gonum", Args: []string{filepath.Join(dir, "work", "gonum")}, Rest: leastRest}}, found)
	require.Equal(t, "spago", missing[0].Name)

	_, _, err = Find(t.Context(), "torch,numpy")
	require.ErrorContains(t, err, `no peer "numpy"; there can be: torch, gonum`)

	t.Setenv("VULGO_PEERS", "")
	require.Equal(t, filepath.Join("tools", "peers"), filepath.Join(filepath.Base(filepath.Dir(folder())), filepath.Base(folder())))
}
