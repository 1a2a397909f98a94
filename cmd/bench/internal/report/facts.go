package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
)

// Facts are what a run knows besides its results. They lie next to them:
// results.jsonl has its facts in results.json.
type Facts struct {
	Command string    `json:"command"`
	Date    string    `json:"date"`
	Machine []Fact    `json:"machine"`
	Devices []Device  `json:"devices"`
	Failed  []Failure `json:"failed,omitempty"`
	Peers   []Fact    `json:"peers,omitempty"`   // and their versions
	Missing []Fact    `json:"missing,omitempty"` // peers, and why each isn't there
	Limits  []Section `json:"limits,omitempty"`  // rooflines
	More    []Section `json:"more,omitempty"`    // profiles, scaling
}

// Device is one that was measured.
type Device struct {
	Name   string `json:"name"`
	Type   string `json:"type"` // "discrete", "cpu"
	Driver string `json:"driver"`
	Memory int    `json:"memory,omitempty"` // bytes
	Why    string `json:"why,omitempty"`    // it was chosen
}

// Failure is a row without a result.
type Failure struct {
	Name   string `json:"name"`
	Device string `json:"device,omitempty"`
	Why    string `json:"why"`
}

// Load reads files of results, each with its facts where there are some.
func Load(paths ...string) (results []stats.Result, facts []Facts, err error) {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, nil, err
		}
		rs, err := stats.Read(f)
		f.Close()
		if err == nil && len(rs) == 0 {
			err = fmt.Errorf("there is no result in it")
		}
		for i := range rs {
			if err == nil && !(rs[i].MedianNS > 0) {
				err = fmt.Errorf("row %s has no median", rs[i].Name)
			}
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		results = append(results, rs...)

		beside := factsPath(path)
		b, err := os.ReadFile(beside)
		if os.IsNotExist(err) {
			continue
		}
		var one Facts
		if err == nil {
			err = json.Unmarshal(b, &one)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", beside, err)
		}
		facts = append(facts, one)
	}
	return results, facts, nil
}

func factsPath(results string) string {
	return strings.TrimSuffix(results, filepath.Ext(results)) + ".json"
}

// Save writes results.jsonl and results.json into the folder.
func Save(dir string, results []stats.Result, facts *Facts) error {
	path := filepath.Join(dir, "results.jsonl")
	var lines strings.Builder
	for i := range results {
		if err := results[i].Write(&lines); err != nil {
			return err
		}
	}
	b, err := json.MarshalIndent(facts, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(lines.String()), 0o644); err != nil {
		return err
	}
	return os.WriteFile(factsPath(path), append(b, '\n'), 0o644)
}

// Write puts report.md, its pictures and index.html into the folder.
func Write(dir string, results []stats.Result, facts []Facts) error {
	s, err := Build(results, facts)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var md, page strings.Builder
	if err := Markdown(&md, s); err != nil {
		return err
	}
	if err := HTML(&page, s); err != nil {
		return err
	}
	files := []Figure{{Name: "report.md", Data: []byte(md.String())}, {Name: "index.html", Data: []byte(page.String())}}
	for _, f := range append(files, s.figures()...) {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
