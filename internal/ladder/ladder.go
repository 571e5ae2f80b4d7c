// Package ladder draws what two devices say to each other as a ladder diagram:
// two rails, an arrow for every PDU, and what happens at one side beside its
// rail.
package ladder

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// Side is one of the two rails.
type Side int

// The sides.
const (
	Left Side = iota
	Right
)

// Writer draws a ladder line by line, as things happen. Its methods may be
// called from any goroutine.
type Writer struct {
	w     io.Writer
	width int // between the rails

	mu   sync.Mutex
	head string // not yet written
	err  error
}

// Width is the number of columns of a whole line.
const Width = 100

const margin = 2

// New gives a Writer with a heading for each side, which is written before the
// first line.
func New(w io.Writer, left, right string) *Writer {
	head := left + strings.Repeat(" ", max(1, Width-size(left)-size(right))) + right
	return &Writer{w: w, width: Width - 2*margin - 2, head: head}
}

// Arrow draws a PDU from one side to the other, with details below it.
func (l *Writer) Arrow(from Side, name, details string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	shaft := strings.Repeat("-", max(1, l.width-size(name)-4))
	if from == Left {
		l.rails(" " + name + " " + shaft + "> ")
	} else {
		l.rails(" <" + shaft + " " + name + " ")
	}
	for _, part := range wrap(details, l.width-4) {
		if from == Left {
			l.rails("   " + part)
		} else {
			l.rails(strings.Repeat(" ", max(0, l.width-size(part)-3)) + part)
		}
	}
}

// Note writes what happens at one side.
func (l *Writer) Note(side Side, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	mark := "*"
	for _, part := range wrap(text, l.width-6) {
		if side == Left {
			l.rails(mark + " " + part)
		} else {
			l.rails(strings.Repeat(" ", max(0, l.width-size(part)-2)) + part + " " + mark)
		}
		mark = " "
	}
}

// Across writes a line over both rails, such as the end of the link.
func (l *Writer) Across(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rest := max(2, l.width-size(text)-2)
	l.rails(strings.Repeat("=", rest/2) + " " + text + " " + strings.Repeat("=", rest-rest/2))
}

// Err is the first error of the writer below.
func (l *Writer) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// rails writes what stands between the rails.
func (l *Writer) rails(inner string) {
	pad := strings.Repeat(" ", max(0, l.width-size(inner)))
	side := strings.Repeat(" ", margin)
	l.line(side + "|" + inner + pad + "|")
}

func (l *Writer) line(s string) {
	if head := l.head; head != "" {
		l.head = ""
		l.line(head)
	}
	if _, err := fmt.Fprintln(l.w, strings.TrimRight(s, " ")); err != nil && l.err == nil {
		l.err = err
	}
}

// wrap breaks a text into parts of at most width columns: behind a comma in the
// second half of a line, else at a space.
func wrap(s string, width int) []string {
	var parts []string
	for size(s) > width {
		at := strings.LastIndex(s[:width+1], ", ") + 1
		if at <= width/2 {
			at = strings.LastIndexByte(s[:width+1], ' ')
		}
		if at <= 0 {
			at = width
		}
		parts = append(parts, s[:at])
		s = strings.TrimLeft(s[at:], " ")
	}
	if s != "" {
		parts = append(parts, s)
	}
	return parts
}

func size(s string) int { return utf8.RuneCountInString(s) }
