package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
)

// Build makes a report. There must be a result.
func Build(results []stats.Result, facts []Facts) (*Section, error) {
	if len(results) == 0 {
		return nil, errors.New("there are no results to report")
	}
	b := builder{facts: facts}
	once, again := unique(results)
	b.results, b.limits = split(once)
	s := &Section{Title: "vulgo: what was measured", Text: []string{b.summary()}}
	if again > 0 {
		s.Text = append(s.Text, fmt.Sprintf("Further results of the same rows at the same places, not shown: %d.", again))
	}
	for _, part := range []*Section{b.machines(), b.devices()} {
		s.add(part)
	}
	limits, err := b.atMost()
	if err != nil {
		return nil, err
	}
	s.add(limits)
	s.add(b.tables())
	s.add(b.peers())
	for _, f := range facts {
		s.Sections = append(s.Sections, f.More...)
	}
	for _, part := range []*Section{b.outliers(), b.failures(), b.repeat()} {
		s.add(part)
	}
	s.nameFigures(map[string]int{})
	return s, nil
}

// unique keeps the first result of each key. With peers there are several: a row
// is measured by itself, and beside each peer.
func unique(results []stats.Result) (once []stats.Result, again int) {
	seen := map[stats.Key]bool{}
	for i := range results {
		if r := &results[i]; !seen[r.Key()] {
			seen[r.Key()] = true
			once = append(once, *r)
		}
	}
	return once, len(results) - len(once)
}

func (s *Section) add(part *Section) {
	if part != nil {
		s.Sections = append(s.Sections, *part)
	}
}

// figures are all of a section's, its sections' included.
func (s *Section) figures() []Figure {
	all := s.Figures
	for i := range s.Sections {
		all = append(all, s.Sections[i].figures()...)
	}
	return all
}

// nameFigures gives each figure a file name of its own.
func (s *Section) nameFigures(used map[string]int) {
	s.Figures = slices.Clone(s.Figures)
	for i := range s.Figures {
		f := &s.Figures[i]
		f.Name = fileName(f.Name)
		if used[f.Name]++; used[f.Name] > 1 {
			f.Name = fmt.Sprintf("%d-%s", used[f.Name], f.Name)
		}
	}
	s.Sections = slices.Clone(s.Sections)
	for i := range s.Sections {
		s.Sections[i].nameFigures(used)
	}
}

// fileName keeps what a link and a file can have.
func fileName(s string) string {
	return strings.TrimLeft(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '-'
	}, s), ".")
}

type builder struct {
	results []stats.Result // of rows
	limits  []stats.Result
	facts   []Facts
}

func (b *builder) summary() string {
	rows, devices, peers := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range b.results {
		r := &b.results[i]
		rows[r.Name] = true
		if r.Peer != "" {
			peers[r.Peer] = true
		} else {
			devices[r.Device] = true
		}
	}
	failed := 0
	for _, f := range b.facts {
		failed += len(f.Failed)
	}
	s := fmt.Sprintf("%d results of %d rows", len(b.results), len(rows))
	if len(devices) > 0 {
		s += " on " + strings.Join(sorted(devices), ", ")
	}
	if len(peers) > 0 {
		s += ", beside " + strings.Join(sorted(peers), ", ")
	}
	switch failed {
	case 0:
	case 1:
		s += "; one row failed and is named below"
	default:
		s += fmt.Sprintf("; %d rows failed and are named below", failed)
	}
	return s + ". Every result was held to the oracle's before it was timed."
}

func sorted(set map[string]bool) []string {
	var names []string
	for n := range set {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func (b *builder) machines() *Section {
	if len(b.facts) == 0 {
		hosts := map[string]bool{}
		for _, r := range b.results {
			hosts[r.Host] = r.Host != ""
		}
		delete(hosts, "")
		if len(hosts) == 0 {
			return nil
		}
		return &Section{Title: "Machine", Text: sorted(hosts)}
	}
	s := &Section{Title: "Machine"}
	t := &Table{Groups: []Group{{Cols: []string{""}, Text: true}}}
	at := map[string]int{} // the row of a fact
	for i, f := range b.facts {
		title := "value"
		if len(b.facts) > 1 {
			title = fmt.Sprintf("run %d", i+1)
		}
		t.Groups = append(t.Groups, Group{Cols: []string{title}, Text: true})
		for _, m := range append(slices.Clone(f.Machine), Fact{"date", f.Date}) {
			if _, ok := at[m.Name]; !ok {
				at[m.Name] = len(t.Rows)
				t.Rows = append(t.Rows, append([]string{m.Name}, make([]string, len(b.facts))...))
			}
			t.Rows[at[m.Name]][i+1] = m.Value
		}
	}
	s.Table = t
	return s
}

func (b *builder) devices() *Section {
	t := &Table{Groups: []Group{{Cols: []string{"device", "type", "driver", "memory", "chosen as"}, Text: true}}}
	seen, named := map[Device]bool{}, map[string]bool{}
	add := func(d Device) {
		if !seen[d] {
			seen[d] = true
			t.Rows = append(t.Rows, []string{d.Name, d.Type, d.Driver, gib(d.Memory), d.Why})
		}
	}
	for _, f := range b.facts {
		for _, d := range f.Devices {
			add(d)
			named[d.Name] = true
		}
	}
	for _, r := range slices.Concat(b.results, b.limits) {
		if r.Peer == "" && !named[r.Device] {
			add(Device{Name: r.Device, Driver: r.Driver})
		}
	}
	return &Section{Title: "Devices", Table: t.narrow()}
}

func (b *builder) outliers() *Section {
	t := &Table{Groups: []Group{{Cols: []string{"row", "where"}, Text: true}, {Cols: []string{"outliers", "of", "worst", "median", "worst / median"}}}}
	var with []*stats.Result
	for i := range b.results {
		if b.results[i].Outliers > 0 {
			with = append(with, &b.results[i])
		}
	}
	if len(with) == 0 {
		return nil
	}
	slices.SortStableFunc(with, func(x, y *stats.Result) int { return cmp.Compare(y.WorstNS/y.MedianNS, x.WorstNS/x.MedianNS) })
	for _, r := range with {
		t.Rows = append(t.Rows, []string{r.Name, where(r), fmt.Sprint(r.Outliers), fmt.Sprint(len(r.Samples)), duration(r.WorstNS), duration(r.MedianNS), ratio(r.WorstNS / r.MedianNS)})
	}
	return &Section{Title: "Outliers", Table: t, Text: []string{"Samples more than three interquartile ranges above the upper quartile. They count in the median and its interval like all others."}}
}

func where(r *stats.Result) string {
	s := r.Device
	if r.Peer != "" {
		s = r.Peer + " on " + s
	}
	if r.Variant != "" {
		s += ", " + r.Variant
	}
	return s
}

func (b *builder) failures() *Section {
	t := &Table{Groups: []Group{{Cols: []string{"row", "device", "why"}, Text: true}}}
	for _, f := range b.facts {
		for _, x := range f.Failed {
			t.Rows = append(t.Rows, []string{x.Name, x.Device, x.Why})
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return &Section{Title: "Rows that failed", Table: t}
}

func (b *builder) repeat() *Section {
	s := &Section{Title: "How to repeat it", Text: []string{"In a checkout of the commit above; the results lie beside this report as JSON lines and can be compared with the new ones (bench compare OLD NEW)."}}
	for _, f := range b.facts {
		if f.Command != "" {
			s.Code += f.Command + "\n"
		}
	}
	if s.Code == "" {
		return nil
	}
	return s
}
