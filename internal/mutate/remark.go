package mutate

import (
	"fmt"
	"slices"
	"strings"
)

// remark is one "equivalent mutant" of the specification.
type remark struct {
	at     int // its own line
	line   int // of the row that it is about
	change string
	reason string
	used   bool
}

type remarks []*remark

const remarkMark = "# equivalent mutant: "

// remarksOf reads the remarks. One on a line of its own is about the next line
// that is no comment.
func remarksOf(text []byte) remarks {
	var all remarks
	var waiting remarks
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		row, words, found := strings.Cut(strings.TrimSpace(line), remarkMark)
		alone := row == ""
		if found {
			change, reason, _ := strings.Cut(words, " -- ")
			r := &remark{at: number, line: number, change: strings.TrimSpace(change), reason: strings.TrimSpace(reason)}
			all = append(all, r)
			if alone {
				waiting = append(waiting, r)
			}
		}
		if alone || strings.HasPrefix(row, "#") {
			continue
		}
		for _, r := range waiting {
			r.line = number
		}
		waiting = nil
	}
	return all
}

// take gives the reason that stands beside a mutant, "" for none.
func (all remarks) take(m Mutant) string {
	i := slices.IndexFunc(all, func(r *remark) bool { return r.line == m.Line && r.change == m.Change })
	if i < 0 {
		return ""
	}
	all[i].used = true
	return all[i].reason
}

// left tells of a remark that is about no mutant, or that gives no reason.
func (all remarks) left() error {
	for _, r := range all {
		switch {
		case !r.used:
			return fmt.Errorf("line %d: there is no mutant %q on line %d", r.at, r.change, r.line)
		case r.reason == "":
			return fmt.Errorf("line %d: the remark gives no reason after the dashes", r.at)
		}
	}
	return nil
}
