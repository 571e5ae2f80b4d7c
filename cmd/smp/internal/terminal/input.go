package terminal

import (
	"context"
	"io"
	"os"
)

// input gives what a person types, one octet at a time. It reads only when
// somebody waits, so that nothing is taken from who reads next.
type input struct {
	reader   io.Reader
	terminal *os.File // where the reader is one
	got      chan keystroke
	waiting  bool // a read is under way, whose octet will be in got
	ended    error
}

// keystroke is one octet, or why there is none.
type keystroke struct {
	octet byte
	err   error
}

func newInput(r io.Reader) *input {
	in := &input{reader: r, got: make(chan keystroke, 1)}
	if f, ok := r.(*os.File); ok && isTerminal(f) {
		in.terminal = f
	}
	return in
}

// next waits for an octet.
func (in *input) next(ctx context.Context) (byte, error) {
	if in.ended != nil {
		return 0, in.ended
	}
	if !in.waiting {
		in.waiting = true
		go in.read()
	}
	select {
	case k := <-in.got:
		in.waiting = false
		in.ended = k.err
		return k.octet, k.err
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// read brings one octet.
func (in *input) read() {
	var b [1]byte
	_, err := io.ReadFull(in.reader, b[:])
	in.got <- keystroke{b[0], err}
}

// forget drops what was typed too early to be an answer. A script may write all
// of its answers at once.
func (in *input) forget() {
	if in.terminal == nil || !in.waiting {
		return
	}
	select {
	case k := <-in.got:
		in.waiting = false
		in.ended = k.err
	default:
	}
}
