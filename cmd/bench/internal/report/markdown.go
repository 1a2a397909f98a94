package report

import (
	"fmt"
	"io"
	"strings"
)

// Markdown writes a report; its figures are links to files of their names.
func Markdown(w io.Writer, s *Section) error {
	var b strings.Builder
	markdown(&b, s, 1)
	_, err := io.WriteString(w, b.String())
	return err
}

func markdown(b *strings.Builder, s *Section, level int) {
	fmt.Fprintf(b, "%s %s\n\n", strings.Repeat("#", min(level, 6)), plain(s.Title))
	for _, t := range s.Text {
		fmt.Fprintf(b, "%s\n\n", plain(t))
	}
	if s.Code != "" {
		code := strings.TrimRight(clean(s.Code), "\n")
		fence := "```"
		for strings.Contains(code, fence) {
			fence += "`"
		}
		fmt.Fprintf(b, "%s\n%s\n%s\n\n", fence, code, fence)
	}
	if s.Table != nil {
		b.WriteString(s.Table.markdown() + "\n")
	}
	for _, f := range s.Figures {
		fmt.Fprintf(b, "![%s](%s)\n\n", plain(f.Alt), f.Name)
	}
	for i := range s.Sections {
		markdown(b, &s.Sections[i], level+1)
	}
}

// markdown names a column after its group too, where there are groups.
func (t *Table) markdown() string {
	var b strings.Builder
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	var head, rule []string
	for _, g := range t.Groups {
		for _, c := range g.Cols {
			if g.Title != "" {
				c = g.Title + ": " + c
			}
			head = append(head, plain(c))
			if g.Text {
				rule = append(rule, "---")
			} else {
				rule = append(rule, "---:")
			}
		}
	}
	line(head)
	line(rule)
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = plain(c)
		}
		line(cells)
	}
	return b.String()
}

var escape = strings.NewReplacer("\\", "\\\\", "|", "\\|", "*", "\\*", "_", "\\_", "`", "\\`",
	"<", "&lt;", ">", "&gt;", "&", "&amp;", "[", "\\[", "]", "\\]", "#", "\\#", "~", "\\~", "\n", " ")

// plain is text that Markdown shows as it is.
func plain(s string) string { return escape.Replace(clean(s)) }
