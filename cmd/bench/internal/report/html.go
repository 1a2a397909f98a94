package report

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"strings"
)

//go:embed report.css
var css string

// HTML writes a report as one page that loads nothing: figures lie in it. The
// page is well-formed XML too.
func HTML(w io.Writer, s *Section) error {
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"+
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>%s</title>\n<style>\n%s</style>\n</head>\n<body>\n", esc(s.Title), css)
	p := page{&b, 0}
	p.section(s, 1)
	b.WriteString("</body>\n</html>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

type page struct {
	*strings.Builder
	sections int // that were written, for their anchors
}

func (p *page) section(s *Section, level int) {
	fmt.Fprintf(p, "<h%d id=\"s%d\">%s</h%d>\n", min(level, 6), p.sections, esc(s.Title), min(level, 6))
	p.sections++
	for _, t := range s.Text {
		fmt.Fprintf(p, "<p>%s</p>\n", esc(t))
	}
	if s.Code != "" {
		fmt.Fprintf(p, "<pre>%s</pre>\n", esc(strings.TrimRight(s.Code, "\n")))
	}
	if s.Table != nil {
		p.table(s.Table)
	}
	for _, f := range s.Figures {
		fmt.Fprintf(p, "<figure><img alt=\"%s\" src=\"data:%s;base64,%s\"/></figure>\n", esc(f.Alt), f.mime(), base64.StdEncoding.EncodeToString(f.Data))
	}
	if level == 1 && len(s.Sections) > 1 {
		p.contents(s)
	}
	for i := range s.Sections {
		p.section(&s.Sections[i], level+1)
	}
}

// contents links to the sections and theirs; anchors count in order of writing.
func (p *page) contents(s *Section) {
	at := p.sections
	p.WriteString("<nav><ul>\n")
	for i := range s.Sections {
		c := &s.Sections[i]
		fmt.Fprintf(p, "<li><a href=\"#s%d\">%s</a>", at, esc(c.Title))
		under := at + 1
		for j := range c.Sections {
			sep := " · "
			if j == 0 {
				sep = ": "
			}
			fmt.Fprintf(p, "%s<a href=\"#s%d\">%s</a>", sep, under, esc(c.Sections[j].Title))
			under += c.Sections[j].count()
		}
		p.WriteString("</li>\n")
		at += c.count()
	}
	p.WriteString("</ul></nav>\n")
}

// count is how many sections it is, itself included.
func (s *Section) count() int {
	n := 1
	for i := range s.Sections {
		n += s.Sections[i].count()
	}
	return n
}

func (p *page) table(t *Table) {
	p.WriteString("<div class=\"scroll\"><table>\n<thead>\n")
	if t.grouped() {
		p.WriteString("<tr>")
		for _, g := range t.Groups {
			fmt.Fprintf(p, "<th class=\"group\" colspan=\"%d\">%s</th>", len(g.Cols), esc(g.Title))
		}
		p.WriteString("</tr>\n")
	}
	p.WriteString("<tr>")
	for _, g := range t.Groups {
		for i, c := range g.Cols {
			fmt.Fprintf(p, "<th%s>%s</th>", class(g.Text, i == 0), esc(c))
		}
	}
	p.WriteString("</tr>\n</thead>\n<tbody>\n")
	for _, row := range t.Rows {
		p.WriteString("<tr>")
		i := 0
		for _, g := range t.Groups {
			for j := range g.Cols {
				fmt.Fprintf(p, "<td%s>%s</td>", class(g.Text, j == 0), esc(row[i]))
				i++
			}
		}
		p.WriteString("</tr>\n")
	}
	p.WriteString("</tbody>\n</table></div>\n")
}

// class is of a cell: text, and the first of its group.
func class(text, first bool) string {
	switch {
	case text && first:
		return ` class="text first"`
	case text:
		return ` class="text"`
	case first:
		return ` class="first"`
	}
	return ""
}

func esc(s string) string { return html.EscapeString(clean(s)) }
