package report

import (
	"fmt"
	"strings"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
)

// The part of a README between these lines is written by Readme.
const (
	readmeBegin = "<!-- bench: make bench-readme writes this part from docs/bench/results.jsonl -->\n"
	readmeEnd   = "<!-- /bench -->\n"
)

// language is what differs between READMEs.
type language struct {
	row, ratio                   string
	examples, characters, tokens string // a second
	intro                        string // the CPU, the date, the commit
	says                         map[string]string
}

var english = language{
	row: "row", examples: "%s examples/s", characters: "%s characters/s", tokens: "%s tokens/s", ratio: "%s by %s",
	intro: "On %s; medians; %s, commit %s. Repeat it with `%s`.",
	says: map[string]string{
		"train/mlp": "784-256-10, batch 64, Adam", "train/cnn": "two convolutions, batch 64, Adam",
		"train/charlstm": "hidden 256, 64 characters x 32, Adam", "train/charlstm2": "two layers of it",
		"train/seq2seq":     "LSTM encoder and decoder, hidden 256, attention, batch 32, Adam",
		"train/transformer": "two blocks of 128, 4 heads, 16 x 64 tokens, Adam", "train/resnet18-32": "32x32 pictures, batch 8, Adam",
		"lstm/64x32x256": "forward",
	},
}

var chinese = language{
	row: "项目", examples: "每秒 %s 例", characters: "每秒 %s 字符", tokens: "每秒 %s 词元", ratio: "%s 用时比 %s",
	intro: "机器：%s。数字是中位数，测于 %s，提交 %s。重测：`%s`。",
	says: map[string]string{
		"train/mlp": "784-256-10，批量 64，Adam", "train/cnn": "两层卷积，批量 64，Adam",
		"train/charlstm": "隐藏层 256，64 字符 x 32，Adam", "train/charlstm2": "同上，两层",
		"train/seq2seq":     "LSTM 编码器与解码器，隐藏层 256，注意力，批量 32，Adam",
		"train/transformer": "两层，宽 128，4 个头，16 x 64 词元，Adam", "train/resnet18-32": "32x32 图片，批量 8，Adam",
		"lstm/64x32x256": "前向",
	},
}

// Readme is a README's table: a line for each row, the devices and peers side by
// side. A README in Chinese says so by its name.
func Readme(name string, results []stats.Result, facts []Facts) string {
	l := english
	if strings.Contains(name, ".zh.") {
		l = chinese
	}
	var b strings.Builder
	if len(facts) > 0 {
		f := facts[0]
		cpu := fmt.Sprintf("%s, %s", fact(f.Machine, "CPU"), fact(f.Machine, "cores"))
		date, _, _ := strings.Cut(f.Date, " ")
		fmt.Fprintf(&b, l.intro+"\n\n", cpu, date, cut(fact(f.Machine, "vulgo"), 10), f.Command)
	}
	results, _ = split(results)
	var ps []place // ours, and the peers beside the first of them
	for _, p := range places(results) {
		if p.peer == "" || len(ps) > 0 && p.device == ps[0].device {
			ps = append(ps, p)
		}
	}
	t := &Table{Groups: []Group{{Cols: []string{l.row}, Text: true}}}
	for _, p := range ps {
		t.Groups = append(t.Groups, Group{Cols: []string{p.title(facts), fmt.Sprintf(l.ratio, p.title(facts), ps[0].title(facts))}})
	}
	var names []string
	at := map[string]map[place]*stats.Result{}
	for i := range results {
		r, p := &results[i], place{results[i].Device, results[i].Peer}
		if at[r.Name] == nil {
			names, at[r.Name] = append(names, r.Name), map[place]*stats.Result{}
		}
		if at[r.Name][p] == nil {
			at[r.Name][p] = r
		}
	}
	for _, n := range names {
		row := []string{strings.TrimSpace(n + " " + l.says[n])}
		for _, p := range ps {
			cells := []string{"", ""}
			if r := at[n][p]; r != nil {
				cells = []string{strings.TrimSuffix(duration(r.MedianNS)+", "+l.rate(r), ", "), ratio(r.Ratio)}
			}
			row = append(row, cells...)
		}
		t.Rows = append(t.Rows, row)
	}
	b.WriteString(t.narrow().markdown())
	return b.String()
}

func (l *language) rate(r *stats.Result) string {
	perSec := figure(float64(r.Items) / r.MedianNS * 1e9)
	switch {
	case r.Items > 0 && strings.Contains(r.Name, "lstm"):
		return fmt.Sprintf(l.characters, perSec)
	case r.Items > 0 && (strings.Contains(r.Name, "seq2seq") || strings.Contains(r.Name, "transformer")):
		return fmt.Sprintf(l.tokens, perSec)
	case r.Items > 0:
		return fmt.Sprintf(l.examples, perSec)
	case r.Flops > 0:
		return figure(r.Flops/r.MedianNS) + " GFLOP/s"
	}
	return ""
}

// title is a place as a person would say it: a peer with its version, or a device.
func (p place) title(facts []Facts) string {
	name := short(p.device)
	switch {
	case p.peer != "":
		name = p.peer
		if len(facts) > 0 && fact(facts[0].Peers, name) != "?" {
			name, _, _ = strings.Cut(fact(facts[0].Peers, name), " on ")
		}
	case name == "llvmpipe":
		name = "lavapipe"
	}
	return strings.ReplaceAll(name, "cpu", "CPU")
}

func fact(facts []Fact, name string) string {
	for _, f := range facts {
		if f.Name == name {
			return f.Value
		}
	}
	return "?"
}

func cut(s string, n int) string { return s[:min(n, len(s))] }

// Rewrite puts a table between a README's markers.
func Rewrite(readme, table string) (string, error) {
	before, rest, ok := strings.Cut(readme, readmeBegin)
	_, after, ok2 := strings.Cut(rest, readmeEnd)
	if !ok || !ok2 {
		return "", fmt.Errorf("there is no part between the lines %q and %q", strings.TrimSpace(readmeBegin), strings.TrimSpace(readmeEnd))
	}
	return before + readmeBegin + table + readmeEnd + after, nil
}
