package bondfile

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNoKeys says that a file has nothing that bonds an LE device, such as the
// file of a device that was only seen or that speaks BR/EDR.
var ErrNoKeys = errors.New("bondfile: no LE keys")

// Error says what is wrong with a file, where, and what can be done. It never
// shows a key.
type Error struct {
	File    string
	Line    int    // from 1; 0 where the whole file is meant
	Problem string // what is wrong
	Remedy  string // what to do; may be empty
	Err     error  // what is behind it, if anything
}

// Error gives file, line, problem and remedy, as "info:12: EncSize is 20, want
// 7 to 16: ...".
func (e *Error) Error() string {
	var s strings.Builder
	s.WriteString("bondfile: " + e.File)
	if e.Line > 0 {
		fmt.Fprintf(&s, ":%d", e.Line)
	}
	s.WriteString(": " + e.Problem)
	if e.Remedy != "" {
		s.WriteString("; " + e.Remedy)
	}
	return s.String()
}

// Unwrap gives what is behind it.
func (e *Error) Unwrap() error { return e.Err }

// place is a line of a file.
type place struct {
	file string
	line int
}

// wrong makes an Error with a remedy, which may be empty.
func (p place) wrong(remedy, format string, args ...any) *Error {
	return &Error{File: p.file, Line: p.line, Problem: fmt.Sprintf(format, args...), Remedy: remedy}
}

// invalid turns what Validate says into an Error.
func (p place) invalid(err error) *Error {
	return &Error{
		File: p.file, Line: p.line, Err: err,
		Problem: strings.TrimPrefix(err.Error(), "bond: "),
		Remedy:  "leave this bond out and pair again",
	}
}
