package diag

import (
	"strings"
	"unicode"
)

const (
	margin = "    " // before a source line
	widest = 100    // columns of a source line that are shown
	before = 60     // of them, how many at most stand before the caret
	cut    = "..."  // stands for what is not shown
)

// splitLines cuts at line feeds; a carriage return before one is dropped.
func splitLines(text string) []string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	return lines
}

// excerpt gives a source line without its indentation and, in a line of its
// own, a caret under the column. Of a very long line it gives the part around
// the caret.
func excerpt(line string, col int) string {
	var cells []rune
	at := -1 // the cell of the caret
	for i, r := range []rune(line) {
		if i == col-1 {
			at = len(cells)
		}
		switch {
		case r == '\t':
			r = ' '
		case !unicode.IsPrint(r):
			r = '?'
		}
		if len(cells) == 0 && r == ' ' && at < 0 {
			continue
		}
		cells = append(cells, r)
	}
	if len(cells) == 0 {
		return ""
	}
	if at < 0 {
		at = len(cells) // after the end
	}
	head, tail := "", ""
	if len(cells) > widest {
		first := max(0, min(at-before, len(cells)-widest))
		if first > 0 {
			head = cut
		}
		if first+widest < len(cells) {
			tail = cut
		}
		cells = cells[first:min(first+widest, len(cells))]
		at -= first
	}
	var b strings.Builder
	b.WriteString(margin + head + strings.TrimRight(string(cells), " ") + tail + "\n")
	b.WriteString(margin + strings.Repeat(" ", len(head)))
	for i := range at {
		b.WriteByte(' ')
		if i < len(cells) && wide(cells[i]) {
			b.WriteByte(' ')
		}
	}
	b.WriteString("^\n")
	return b.String()
}

// wide reports whether a terminal gives two columns to r.
func wide(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) ||
		r >= 0xff01 && r <= 0xff60 || r >= 0x3000 && r <= 0x303f || r >= 0x1f300 && r <= 0x1faff
}
