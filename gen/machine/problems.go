package machine

import (
	"fmt"

	"blesmp/gen/diag"
	"blesmp/gen/spec"
)

// problems collects what is said about one file.
type problems struct {
	path string
	note bool
	list diag.List
	said map[saying]bool
}

// saying is one kind of message about one place.
type saying struct {
	pos    spec.Pos
	format string
}

func newProblems(f *spec.File, note bool) *problems {
	p := &problems{path: f.Path, note: note, said: map[saying]bool{}}
	p.list.Source(f.Path, f.Source)
	return p
}

// add says something about a place.
func (p *problems) add(pos spec.Pos, format string, args ...any) {
	p.hint(pos, "", format, args...)
}

// once says something about a place of which the same would be true in every
// state that shares the place. The first state stands for all.
func (p *problems) once(pos spec.Pos, format string, args ...any) {
	if one := (saying{pos, format}); !p.said[one] {
		p.said[one] = true
		p.add(pos, format, args...)
	}
}

// hint says something about a place, with a hint behind it.
func (p *problems) hint(pos spec.Pos, hint, format string, args ...any) {
	p.list.Add(diag.Diagnostic{
		Path: p.path, Line: pos.Line, Col: pos.Col,
		Message: fmt.Sprintf(format, args...), Hint: hint, Note: p.note,
	})
}
