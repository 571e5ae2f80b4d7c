//go:build !linux && !darwin

package main

import (
	"errors"
	"os"
)

// isTerminal reports whether a file is a terminal.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// width gives the columns of a terminal, 0 where it does not say.
func width(*os.File) int { return 0 }

// readKeys would have a terminal give every key at once. Without it, questions
// are answered by lines, and the peer learns of the keys when the line is there.
func readKeys(*os.File) (restore func(), err error) { return nil, errors.ErrUnsupported }
