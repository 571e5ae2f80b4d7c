package terminal

import "golang.org/x/sys/unix"

// The requests that read and write the settings of a terminal; the second drops
// what was typed before.
const (
	getTermios      = unix.TIOCGETA
	setTermiosFlush = unix.TIOCSETAF
)
