//go:build !linux && !darwin

package terminal

import (
	"errors"
	"io"
	"os"
)

// isTerminal reports whether a file is a terminal.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// width gives the columns of a terminal, 0 where it does not say.
func width(*os.File) int { return 0 }

// keys would read a terminal key by key.
type keys struct{}

// readKeys would have a terminal give every key at once. Without it, questions
// are answered by lines, and the peer learns of no single key.
func readKeys(*os.File) (*keys, error) { return nil, errors.ErrUnsupported }

func (*keys) restore() {}

func (*keys) next() (key byte, ok bool, err error) { return 0, false, io.EOF }
