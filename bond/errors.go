package bond

import (
	"errors"
	"fmt"
	"strings"

	"blesmp/bt"
)

// The errors that callers tell apart with errors.Is.
var (
	// ErrNotFound says that the store holds nothing under this name. It never
	// stands for something that is there and cannot be read: that is a
	// CorruptError.
	ErrNotFound = errors.New("bond: not found")

	// ErrInvalid says that a value was refused before anything was changed.
	ErrInvalid = errors.New("bond: invalid")

	// ErrSignCounter says that a received counter is not new, or that a counter
	// has come to its end.
	ErrSignCounter = errors.New("bond: sign counter refused")
)

// NotFound makes the error for a peer's address of which a Store knows nothing.
// It is ErrNotFound; its text is only written when somebody reads it, since a
// host asks for every stranger that it hears.
func NotFound(local, peer bt.TypedAddress) error { return &notFound{local, peer} }

type notFound struct{ local, peer bt.TypedAddress }

func (e *notFound) Error() string {
	return fmt.Sprintf("local %v, peer %v: %v", e.local, e.peer, ErrNotFound)
}

func (e *notFound) Unwrap() error { return ErrNotFound }

// CorruptError says that stored data is damaged, is not what its place asks
// for, or comes from a version that this one does not know. The data is left
// as it was found.
type CorruptError struct {
	// File is the path of the damaged file.
	File string

	// Bucket is the part of the file, and Record the entry in it, as far as the
	// damage can be narrowed down; each may be empty.
	Bucket string
	Record string

	// Advice is what the owner of the file can do.
	Advice string

	// Err is what was found. It shows no key.
	Err error
}

// Error names file, bucket and record, what was found and what to do.
func (e *CorruptError) Error() string {
	var s strings.Builder
	s.WriteString("bond: " + e.File)
	if e.Bucket != "" {
		s.WriteString(": bucket " + e.Bucket)
	}
	if e.Record != "" {
		s.WriteString(": record " + e.Record)
	}
	if e.Err != nil {
		s.WriteString(": " + e.Err.Error())
	}
	if e.Advice != "" {
		s.WriteString(": " + e.Advice)
	}
	return s.String()
}

// Unwrap gives what was found.
func (e *CorruptError) Unwrap() error { return e.Err }
