package report

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/roof"
	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
)

func result(name, device, peer string, samples ...float64) stats.Result {
	r := stats.Result{Name: name, Device: device, Peer: peer, DType: "float32", Host: "go1.24, linux", Driver: "Driver 1", Flops: 2e6, Bytes: 1e4, RelErr: 1e-7, Check: "float64"}
	r.Measured(samples, 1)
	return r
}

const evil = `evil/<b>&"|*_` + "`\x00\x1b[1m\xff"

func example() ([]stats.Result, []Facts) {
	step := result("train/mlp", "cpu", "", 5e5, 5.2e5, 5.1e5, 9.9e6, 5.05e5, 5.1e5, 5.1e5)
	step.Items = 64
	fast := result("matmul/512", "GPU 9 (X)", "", 1e3)
	fast.Variant, fast.Roof, fast.RoofBy = "tile", 0.5, "arithmetic"
	other := fast
	other.Variant, other.MedianNS = "plain", 7e3
	theirs := result("matmul/512", "cpu", "torch", 3e4, 6e4, 3e4)
	theirs.OursNS, theirs.Ratio, theirs.RatioLo, theirs.RatioHi, theirs.Threads = 1.1e4, 3, 2.9, 3.25, 2
	moved := result("limits/copy/32KB", "cpu", "", 1e3)
	moved.Flops = 0
	return []stats.Result{
			step, fast, other,
			result("matmul/512", "cpu", "", 1e4, 2e4, 1e4),
			theirs,
			result("limits/fma/all_threads", "cpu", "", 5e3), result("limits/round_trip", "cpu", "", 800), moved,
			result("train/mlp", "cpu", "", 77),
			result(evil, "cpu", "", 12),
		}, []Facts{{
			Command: "bench -run '<x>' -report out", Date: "2026-01-02 03:04 UTC",
			Machine: []Fact{{"CPU", "Example & Co"}, {"cores", "4 threads"}, {"vulgo", "0123456789abcdef"}},
			Devices: []Device{{Name: "GPU 9 (X)", Type: "discrete", Driver: "Driver 1, Vulkan 1.3", Memory: 8 << 30}},
			Failed:  []Failure{{Name: "relu/wrong", Device: "cpu", Why: "element 7 is <wrong>"}},
			Peers:   []Fact{{"torch", "PyTorch 1.13 on cpu"}},
			Missing: []Fact{{"spago", "not built"}},
			More:    []Section{{Title: "Scaling", Code: "a < b\n```", Figures: []Figure{{"roof line.svg", "the roof", []byte("<svg/>")}, {"roof line.svg", "again", []byte("<svg></svg>")}}, Sections: []Section{{Title: "By batch"}}}},
		}}
}

// words is an HTML page's text; the page must be well-formed.
func words(t *testing.T, page string) string {
	d := xml.NewDecoder(strings.NewReader(page))
	var text strings.Builder
	var open []string
	seen := map[string]bool{}
	var links []string
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		switch e := token.(type) {
		case xml.StartElement:
			open = append(open, e.Name.Local)
			for _, a := range e.Attr {
				switch a.Name.Local {
				case "id":
					require.False(t, seen[a.Value], "two anchors %s", a.Value)
					seen[a.Value] = true
				case "href":
					links = append(links, a.Value)
				case "src":
					require.Regexp(t, "^data:image/(svg|png)", a.Value)
				}
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			text.Write(e)
		}
	}
	require.Empty(t, open)
	for _, l := range links {
		require.True(t, seen[strings.TrimPrefix(l, "#")], "a link to nowhere: %s", l)
	}
	return text.String()
}

func TestTheReportHasItAll(t *testing.T) {
	results, facts := example()
	dir := filepath.Join(t.TempDir(), "new")
	require.NoError(t, Write(dir, results, facts))
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		return string(b)
	}
	page, md := read("index.html"), read("report.md")
	text := words(t, page)
	require.NotRegexp(t, regexp.MustCompile(`https?:|<script|@import|url\(`), page, "nothing from elsewhere")
	for _, r := range results {
		if strings.HasPrefix(r.Name, roof.Prefix) || r.MedianNS == 77 {
			continue
		}
		require.Contains(t, text, clean(r.Name))
		require.Contains(t, text, duration(r.MedianNS))
		require.Contains(t, md, duration(r.MedianNS))
		require.Contains(t, text, r.Variant)
	}
	for _, want := range []string{
		"Example & Co", "4 threads", "8.0 GiB", "Driver 1, Vulkan 1.3", "0123456789abcdef", "2026-01-02", "bench -run '<x>' -report out",
		"a < b", "By batch", "element 7 is <wrong>", "spago wasn't compared: not built.", "one row failed",
		"3.00×", "2.90–3.25", "11.0 µs", "torch: PyTorch 1.13 on cpu.", "50 % A", "125,000", "19.4×", "Training steps", "Matrix products", "torch beside cpu", "places, not shown: 1.",
		"multiply-adds, all threads", "400 GFLOP/s",
	} {
		require.Contains(t, text, want)
	}
	require.Contains(t, md, `evil/&lt;b&gt;&amp;"\|\*\_\`+"`\ufffd\ufffd\\[1m\ufffd |")
	require.Contains(t, md, "````\na < b\n```\n````")
	require.Contains(t, md, "](roof-line.svg)")
	require.Contains(t, read("roofline-cpu.svg"), "<svg")
	require.Contains(t, text, "memory, copying, 32KB")
	require.Equal(t, "<svg/>", read("roof-line.svg"))
	require.Equal(t, "<svg></svg>", read("2-roof-line.svg"))
	for _, line := range strings.Split(md, "\n") {
		if strings.HasPrefix(line, "| matmul/512 |") {
			return
		}
	}
	t.Error("matmul/512 has no line in Markdown")
}

func TestAReportFromSavedLines(t *testing.T) {
	results, facts := example()
	results = results[:9] // JSON has no invalid UTF-8
	dir := t.TempDir()
	require.NoError(t, Save(dir, results, &facts[0]))
	rs, fs, err := Load(filepath.Join(dir, "results.jsonl"))
	require.NoError(t, err)
	require.Equal(t, results, rs)
	require.Equal(t, facts, fs)

	for name, c := range map[string][2]string{
		"empty":       {"", "no result in it"},
		"damaged":     {`{"name":"a","median_ns":1}` + "\n" + `{"name`, "line 2"},
		"another":     {`{"version":1}`, "without a name"},
		"no median":   {`{"name":"a"}`, "row a has no median"},
		"only spaces": {"\n\n", "no result in it"},
	} {
		path := filepath.Join(dir, "bad.jsonl")
		require.NoError(t, os.WriteFile(path, []byte(c[0]), 0o644))
		_, _, err := Load(path)
		require.ErrorContains(t, err, c[1], name)
		require.ErrorContains(t, err, path, name)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "results.json"), []byte("{"), 0o644))
	_, _, err = Load(filepath.Join(dir, "results.jsonl"))
	require.ErrorContains(t, err, "results.json: ")
	_, _, err = Load(filepath.Join(dir, "none.jsonl"))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, Write(dir, nil, nil), "no results")
	require.NoError(t, Write(filepath.Join(dir, "bare"), results, nil), "results without facts make a report")
}

func TestFigures(t *testing.T) {
	for v, want := range map[float64]string{0: "", 0.01234: "0.0123", 3.4: "3.40", 99.96: "100", 128000: "128,000", 1234567: "1,230,000", -1234: "-1,230", 1e-7: "1.0e-07"} {
		require.Equal(t, want, figure(v), "%v", v)
	}
	require.Equal(t, "6.85 ms", duration(6.85e6))
	require.Equal(t, "1.00 ms", duration(999_900))
	require.Equal(t, "12.0 ns", duration(12))
	require.Equal(t, "0.998–1.20 ms", interval(998e3, 1e6, 1.2e6))
	require.Equal(t, "4.2 %", share(0.042))
	require.Equal(t, "100 %", share(0.997))
}

func TestFamilies(t *testing.T) {
	for name, want := range map[string]string{
		"train/cnn": "Training steps", "infer/resnet18": "Inference", "matmul/1x1": "Matrix products", "conv2d_weight/x": "Convolution",
		"lstm_grad/x": "Recurrent networks", "layer_norm/x": "Normalisation and softmax", "log_softmax_grad/x": "Normalisation and softmax",
		"max_pool2d/x": "Pooling and resampling", "cross_entropy_grad/x": "Losses", "adam/1M": "Optimizers", "sum/x": "Reductions, scans and sorting",
		"embedding_grad/x": "Moving and indexing", "normal/x": "Random numbers", "relu/x": "Elementwise", "sgd": "Optimizers", "summit/x": "Elementwise",
	} {
		require.Equal(t, want, family(name), name)
	}
}

func TestTheMachine(t *testing.T) {
	got := machine(fstest.MapFS{
		"proc/cpuinfo":    {Data: []byte("processor\t: 0\nmodel name\t: Chip 3\ncpu cores\t: 2\n")},
		"proc/meminfo":    {Data: []byte("MemTotal:        8388608 kB\n")},
		"etc/os-release":  {Data: []byte("PRETTY_NAME=\"Debian 12\"\n")},
		"proc/loadavg":    {Data: []byte("0.50 1.25 2.00 3/400 5\n")},
		"proc/sys/kernel": {Mode: os.ModeDir},
	})
	require.Equal(t, "Chip 3", fact(got, "CPU"))
	require.Contains(t, fact(got, "cores"), "2 cores a socket")
	require.Equal(t, "8.0 GiB", fact(got, "memory"))
	require.Equal(t, "0.50 1.25 2.00", fact(got, "load average"))
	require.Contains(t, fact(got, "system"), "Debian 12, ")
	require.Equal(t, "not readable", fact(got, "frequency governor"))
	require.Equal(t, len(got), len(Machine()))
}

func TestRewrite(t *testing.T) {
	results, facts := example()
	text := "before\n" + readmeBegin + "old\n" + readmeEnd + "after\n"
	got, err := Rewrite(text, Readme("README.md", results[3:5], facts))
	require.NoError(t, err)
	require.Equal(t, "before\n"+readmeBegin+`On Example & Co, 4 threads; medians; 2026-01-02, commit 0123456789. Repeat it with `+"`bench -run '<x>' -report out`"+`.

| row | CPU | PyTorch 1.13 | PyTorch 1.13 by CPU |
| --- | ---: | ---: | ---: |
| matmul/512 | 10.0 µs, 200 GFLOP/s | 30.0 µs, 66.7 GFLOP/s | 3.00× |
`+readmeEnd+"after\n", got)
	again, err := Rewrite(got, Readme("README.md", results[3:5], facts))
	require.NoError(t, err)
	require.Equal(t, got, again)
	require.Contains(t, Readme("README.zh.md", results, facts), "项目")
	_, err = Rewrite("no markers", "")
	require.ErrorContains(t, err, "there is no part")
}
