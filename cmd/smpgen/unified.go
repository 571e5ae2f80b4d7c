package main

import (
	"bytes"
	"fmt"
	"strings"
)

// unified gives the difference between two texts as a unified diff, "" where
// there is none.
func unified(oldName, newName string, before, after []byte) string {
	if bytes.Equal(before, after) {
		return ""
	}
	a, b := splitLines(before), splitLines(after)
	var out strings.Builder
	fmt.Fprintf(&out, "--- %s\n+++ %s\n", oldName, newName)
	for _, h := range hunks(edits(a, b)) {
		h.write(&out, a, b)
	}
	return out.String()
}

// noNewline marks a last line without a line feed, as diff does.
const noNewline = "\n\\ No newline at end of file"

func splitLines(text []byte) []string {
	if len(text) == 0 {
		return nil
	}
	lines := strings.SplitAfter(string(text), "\n")
	last := len(lines) - 1
	if lines[last] == "" {
		lines = lines[:last]
	} else {
		lines[last] += noNewline
	}
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\n")
	}
	return lines
}

// edit replaces lines [aFrom, aTo) of the old text by lines [bFrom, bTo) of the
// new one.
type edit struct{ aFrom, aTo, bFrom, bTo int }

// maxDistance bounds the work: texts that differ in more lines are shown as
// replaced from the first difference to the last.
const maxDistance = 1000

// edits finds what turns a into b, with Myers' greedy algorithm.
func edits(a, b []string) []edit {
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	endA, endB := len(a), len(b)
	for endA > start && endB > start && a[endA-1] == b[endB-1] {
		endA--
		endB--
	}
	x, y := a[start:endA], b[start:endB]
	trace := search(x, y)
	if trace == nil {
		return []edit{{start, endA, start, endB}}
	}
	var found []edit
	atX, atY := len(x), len(y)
	for d := len(trace) - 1; d > 0; d-- {
		furthest := trace[d-1]
		k := atX - atY
		from := k - 1
		if k == -d || k != d && furthest[d-1+k-1] < furthest[d-1+k+1] {
			from = k + 1
		}
		fromX := furthest[d-1+from]
		fromY := fromX - from
		e := edit{fromX, fromX, fromY, fromY}
		if from == k+1 {
			e.bTo++
		} else {
			e.aTo++
		}
		found = append(found, e)
		atX, atY = fromX, fromY
	}
	return join(found, start)
}

// search gives, for every number of edits, how far each diagonal gets; nil
// where there would be too many.
func search(x, y []string) [][]int {
	var trace [][]int
	for d := 0; d <= min(len(x)+len(y), maxDistance); d++ {
		furthest := make([]int, 2*d+1)
		trace = append(trace, furthest)
		for k := -d; k <= d; k += 2 {
			at := 0
			if d > 0 {
				last := trace[d-1]
				if k == -d || k != d && last[d-1+k-1] < last[d-1+k+1] {
					at = last[d-1+k+1]
				} else {
					at = last[d-1+k-1] + 1
				}
			}
			for at < len(x) && at-k < len(y) && x[at] == y[at-k] {
				at++
			}
			furthest[d+k] = at
			if at >= len(x) && at-k >= len(y) {
				return trace
			}
		}
	}
	return nil
}

// join turns single edits, the last one first, into runs in order.
func join(single []edit, shift int) []edit {
	var all []edit
	for i := len(single) - 1; i >= 0; i-- {
		e := single[i]
		e = edit{e.aFrom + shift, e.aTo + shift, e.bFrom + shift, e.bTo + shift}
		if n := len(all); n > 0 && all[n-1].aTo == e.aFrom && all[n-1].bTo == e.bFrom {
			all[n-1].aTo, all[n-1].bTo = e.aTo, e.bTo
			continue
		}
		all = append(all, e)
	}
	return all
}

// around is the number of equal lines that a hunk shows before and after its
// edits.
const around = 3

// hunk is a group of edits that are close together.
type hunk []edit

func hunks(all []edit) []hunk {
	var out []hunk
	for _, e := range all {
		if n := len(out); n > 0 {
			last := out[n-1]
			if e.aFrom-last[len(last)-1].aTo <= 2*around {
				out[n-1] = append(last, e)
				continue
			}
		}
		out = append(out, hunk{e})
	}
	return out
}

func (h hunk) write(out *strings.Builder, a, b []string) {
	first, last := h[0], h[len(h)-1]
	before := min(around, first.aFrom)
	after := min(around, len(a)-last.aTo)
	fmt.Fprintf(out, "@@ -%s +%s @@\n",
		span(first.aFrom-before, last.aTo+after), span(first.bFrom-before, last.bTo+after))
	at := first.aFrom - before
	for _, e := range h {
		writeLines(out, ' ', a[at:e.aFrom])
		writeLines(out, '-', a[e.aFrom:e.aTo])
		writeLines(out, '+', b[e.bFrom:e.bTo])
		at = e.aTo
	}
	writeLines(out, ' ', a[at:last.aTo+after])
}

// span writes a range of lines as diff does: counted from 1, or the line before
// where it is empty.
func span(from, to int) string {
	switch to - from {
	case 0:
		return fmt.Sprintf("%d,0", from)
	case 1:
		return fmt.Sprint(from + 1)
	}
	return fmt.Sprintf("%d,%d", from+1, to-from)
}

func writeLines(out *strings.Builder, mark byte, lines []string) {
	for _, line := range lines {
		out.WriteByte(mark)
		out.WriteString(line)
		out.WriteByte('\n')
	}
}
