//go:build linux || darwin

package terminal

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// isTerminal reports whether a file is a terminal.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), getTermios)
	return err == nil
}

// width gives the columns of a terminal, 0 where it does not say.
func width(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}

// keys reads a terminal key by key.
type keys struct {
	fd     int
	before *unix.Termios
	empty  int // reads in a row that gave nothing at once
}

// readKeys has a terminal give every key at once, and show none: Ctrl-C still
// interrupts. What was typed before is dropped, so that it answers no question
// that was not there yet.
func readKeys(f *os.File) (*keys, error) {
	fd := int(f.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil, err
	}
	single := *before
	single.Lflag &^= unix.ICANON | unix.ECHO
	single.Cc[unix.VMIN], single.Cc[unix.VTIME] = 0, keyWait
	if err := unix.IoctlSetTermios(fd, setTermiosFlush, &single); err != nil {
		return nil, err
	}
	return &keys{fd: fd, before: before}, nil
}

// restore puts back what was before, and drops what nobody has read.
func (k *keys) restore() { _ = unix.IoctlSetTermios(k.fd, setTermiosFlush, k.before) }

// keyWait is how long a read waits for a key, in tenths of a second. A read is
// never left behind: it could take the answer to another question.
const keyWait = 1

// hungUp is how many reads in a row give nothing, and at once, when the terminal
// is gone.
const hungUp = 50

// next gives a key, and false where none came in a while. The error is io.EOF
// where the terminal is gone.
func (k *keys) next() (key byte, ok bool, err error) {
	var b [1]byte
	began := time.Now()
	n, err := unix.Read(k.fd, b[:])
	switch {
	case errors.Is(err, unix.EINTR), errors.Is(err, unix.EAGAIN):
		return 0, false, nil
	case err != nil:
		return 0, false, io.EOF
	case n == 1:
		k.empty = 0
		return b[0], true, nil
	}
	if time.Since(began) > keyWait*100*time.Millisecond/2 {
		k.empty = 0
	} else if k.empty++; k.empty >= hungUp {
		return 0, false, io.EOF
	}
	return 0, false, nil
}
