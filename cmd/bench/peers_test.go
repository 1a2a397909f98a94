package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/peers"
	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/tensor"
)

// TestPeerProcess is a peer when it is started as one: of relu alone. A run of it
// takes a second, which it doesn't wait for.
func TestPeerProcess(t *testing.T) {
	behaviour := os.Getenv("BENCH_TEST_PEER")
	if behaviour == "" {
		require.NotContains(t, os.Args, "-test.run=^TestPeerProcess$", "it is run as a peer by other tests")
		return
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var r struct {
			Do   string
			N    int
			Work *peers.Workload
		}
		require.NoError(t, json.Unmarshal(in.Bytes(), &r))
		says := "{}"
		switch r.Do {
		case "close":
			return
		case "hello":
			says = `{"name":"Fake","version":"7","threads":2,"devices":["cpu"]}`
		case "run":
			says = fmt.Sprintf(`{"seconds":%d}`, r.N)
		case "prepare":
			if behaviour == "dies" {
				fmt.Fprintln(os.Stderr, "no beads left")
				os.Exit(5)
			}
			if r.Work.Op != "relu" {
				says = `{"lacks":"only relu"}`
				break
			}
			x, err := peers.Read(r.Work.In[0])
			require.NoError(t, err)
			for i, v := range x.F32 {
				if v < 0 && (behaviour != "wrong" || i != 3) {
					x.F32[i] = 0
				}
			}
			if behaviour == "wrong" {
				x.F32[3]++
			}
			_, err = peers.Write(filepath.Dir(r.Work.Out[0].File), filepath.Base(r.Work.Out[0].File), x)
			require.NoError(t, err)
		}
		fmt.Println(says)
	}
}

func fakePeer(behaviour string) peers.Command {
	return peers.Command{Name: behaviour, Args: []string{os.Args[0], "-test.run=^TestPeerProcess$"}, Env: []string{"BENCH_TEST_PEER=" + behaviour}}
}

// against runs rows next to peers.
func against(t *testing.T, format, pattern string, found ...peers.Command) (out, errs string, results []stats.Result, err error) {
	rows, err := choose(allRows(), pattern, false)
	require.NoError(t, err)
	dev, err := engine.Open("cpu")
	require.NoError(t, err)
	defer func() { require.NoError(t, dev.Close()) }()
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	var stdout, stderr bytes.Buffer
	o := options{json: path, format: format, dtype: tensor.Float32}
	p, err := newPrinter(&stdout, o, rows, false)
	require.NoError(t, err)
	v := newVersus(found, []*engine.Device{dev}, p, &stderr, peers.Timing{Time: time.Millisecond, Count: 2})
	err = v.all(t.Context(), rows)
	v.close()
	require.NoError(t, p.close())
	f, ferr := os.Open(path)
	require.NoError(t, ferr)
	defer f.Close()
	results, ferr = stats.Read(f)
	require.NoError(t, ferr)
	return stdout.String(), stderr.String(), results, err
}

func TestPeersAreTimedInTurn(t *testing.T) {
	out, errs, results, err := against(t, "table", "^(relu|abs)/", fakePeer("works"))
	require.NoError(t, err)
	require.Contains(t, out, "peer    works: Fake 7 on cpu")
	require.Contains(t, out, "\nrelu/1024x1024")
	require.NotContains(t, out, "abs/")
	require.Contains(t, errs, "works doesn't have 1 of the 2 rows")
	require.Len(t, results, 2)
	ours, theirs := results[0], results[1]
	require.Empty(t, ours.Peer)
	require.Equal(t, "works", theirs.Peer)
	require.Contains(t, []int{1, 2}, theirs.Threads)
	require.Equal(t, 1e9, theirs.MedianNS)
	require.Equal(t, ours.MedianNS, theirs.OursNS)
	require.InEpsilon(t, 1e9/ours.MedianNS, theirs.Ratio, 0.9)
	require.LessOrEqual(t, theirs.RatioLo, theirs.Ratio)
	require.GreaterOrEqual(t, theirs.RatioHi, theirs.Ratio)
	require.Zero(t, theirs.RelErr)

	out, _, _, err = against(t, "markdown", "^relu/", fakePeer("works"))
	require.NoError(t, err)
	require.Contains(t, out, "| relu/1024x1024 | works |")
	out, _, _, err = against(t, "go", "^relu/", fakePeer("works"))
	require.NoError(t, err)
	require.Contains(t, out, "Benchmark")
	require.Contains(t, out, "peer=works")
}

func TestAPeerThatFailsLeavesTheOthers(t *testing.T) {
	gone := peers.Command{Name: "gone", Args: []string{filepath.Join(t.TempDir(), "none")}}
	_, errs, results, err := against(t, "table", "^relu/", fakePeer("dies"), fakePeer("wrong"), gone, fakePeer("works"))
	require.EqualError(t, err, "2 comparisons failed")
	require.Contains(t, errs, `relu/1024x1024: dies died at "prepare": exit status 5: no beads left`)
	require.Contains(t, errs, "relu/1024x1024: wrong computes something else: result 0 is")
	require.Contains(t, errs, "peer gone is left out: ")
	require.Len(t, results, 2)
	require.Equal(t, "works", results[1].Peer)

	_, _, _, err = against(t, "table", "^abs/", fakePeer("works"))
	require.EqualError(t, err, "-peers: none has any of the rows")
	_, _, _, err = against(t, "table", "^abs/", gone)
	require.EqualError(t, err, "-peers: none starts")
}

func TestPeersThatArentThereAreNamed(t *testing.T) {
	t.Setenv("VULGO_PEERS", t.TempDir())
	t.Setenv("VULGO_PYTHON", "no such python")
	code, _, errs := run(t.Context(), allRows(), "-device", "cpu", "-run", "^relu/", "-peers", "all")
	require.Equal(t, exitFailed, code)
	for _, name := range peers.Names() {
		require.Contains(t, errs, "peer "+name+" is left out: ")
	}
	require.Contains(t, errs, "-peers: none is there")
	code, _, errs = run(t.Context(), allRows(), "-device", "cpu", "-run", "^relu/", "-peers", "numpy")
	require.NotZero(t, code)
	require.Contains(t, errs, `no peer "numpy"`)
}

// What the peers that are installed here compute is what we do.
func TestInstalledPeersAgree(t *testing.T) {
	found, missing, err := peers.Find(t.Context(), "all")
	require.NoError(t, err)
	for _, m := range missing {
		t.Logf("%s isn't tried: %s", m.Name, m.Why)
	}
	if len(found) == 0 || testing.Short() {
		t.Skip("no peer is installed (make peers), or -short: a test of the protocol runs with a stand-in")
	}
	rows, err := choose(allRows(), "^(matmul/64x10x128-nt|train/mlp|softmax_grad/64x10_axis_1|embedding_grad/65.*|max_pool2d_grad/64.*|lstm/1x1x256|adam/1048576|to_int/.*)$", false)
	require.NoError(t, err)
	dev, err := engine.Open("cpu")
	require.NoError(t, err)
	defer func() { require.NoError(t, dev.Close()) }()
	v := newVersus(found, []*engine.Device{dev}, nil, os.Stderr, peers.Timing{})
	require.NoError(t, v.start(t.Context()))
	defer v.close()
	had := map[string]int{}
	for _, one := range rows {
		work, ours, err := v.workload(one, dev, t.TempDir())
		require.NoError(t, err, one.name)
		work.Device = "cpu"
		for name, p := range v.running {
			err := p.Prepare(work)
			if errors.Is(err, peers.ErrLacks) {
				continue
			}
			require.NoError(t, err, one.name)
			_, err = agree(name, one, "cpu", work, ours)
			require.NoError(t, err, one.name)
			had[name]++
		}
	}
	for name := range v.running {
		require.NotZero(t, had[name], name)
	}
	if v.running["torch"] != nil {
		require.Equal(t, len(rows), had["torch"])
	}
}
