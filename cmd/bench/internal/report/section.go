// Package report writes what a benchmark found as Markdown and as one HTML file
// that needs no other, from results and facts that lie in files as well.
package report

import (
	"mime"
	"path"
	"strings"
	"unicode"
)

// Section is a part of a report, and a report is one. What is empty is left out;
// the parts come in the order of the fields.
type Section struct {
	Title    string    `json:"title"`
	Text     []string  `json:"text,omitempty"` // paragraphs
	Code     string    `json:"code,omitempty"` // shown as it is
	Table    *Table    `json:"table,omitempty"`
	Figures  []Figure  `json:"figures,omitempty"`
	Sections []Section `json:"sections,omitempty"`
}

// Table has columns in groups; every row has a cell for each column.
type Table struct {
	Groups []Group    `json:"groups"`
	Rows   [][]string `json:"rows"`
}

// Group is columns under a common title, which may be empty.
type Group struct {
	Title string   `json:"title,omitempty"`
	Cols  []string `json:"cols"`
	Text  bool     `json:"text,omitempty"` // to the left, not figures to the right
}

// Figure is a picture. Its name is that of a file: "roofline.svg", "loss.png".
type Figure struct {
	Name string `json:"name"`
	Alt  string `json:"alt"`
	Data []byte `json:"data"`
}

func (f Figure) mime() string { return mime.TypeByExtension(path.Ext(f.Name)) }

// clean leaves only what both formats can show on one line.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' || r == 0xfffe || r == 0xffff {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
}

// grouped tells whether any group has a title.
func (t *Table) grouped() bool {
	for _, g := range t.Groups {
		if g.Title != "" {
			return true
		}
	}
	return false
}
