package terminal

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"
)

// Console is where a command talks with a person: it writes lines, asks one
// question at a time, and on a terminal keeps a last line that tells how things
// stand. Its methods may be called from any goroutine.
type Console struct {
	out    io.Writer
	in     *input
	screen *os.File // out, where its last line can be written over; else nil
	colour bool

	turn chan struct{} // held by who asks

	mu     sync.Mutex
	status string // the last line; "" is none
}

// NewConsole gives the Console of a command. With quiet, what is said goes to
// the errors' stream, since something else is on the other.
func NewConsole(in io.Reader, out, errs io.Writer, quiet bool) *Console {
	c := &Console{out: out, in: newInput(in), turn: make(chan struct{}, 1)}
	if quiet {
		c.out = errs
		if f, ok := out.(*os.File); ok && isTerminal(f) {
			return c // the other stream would write into the last line
		}
	}
	if f, ok := c.out.(*os.File); ok && isTerminal(f) {
		c.colour = os.Getenv("NO_COLOR") == ""
		if os.Getenv("TERM") != "dumb" && width(f) > 0 {
			c.screen = f
		}
	}
	return c
}

// Tint is a colour of a terminal.
type Tint string

// The tints, by what they say.
const (
	Good Tint = "\x1b[32m"
	Bad  Tint = "\x1b[31m"
	Loud Tint = "\x1b[1m"
	Dim  Tint = "\x1b[2m"
)

// HasLastLine reports whether there is a last line to set.
func (c *Console) HasLastLine() bool { return c.screen != nil }

// Paint gives a text in a tint where there is colour.
func (c *Console) Paint(t Tint, text string) string {
	if !c.colour {
		return text
	}
	return string(t) + text + "\x1b[0m"
}

// Say writes a line.
func (c *Console) Say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	if c.status == "" {
		_, _ = fmt.Fprintln(c.out, text)
		return
	}
	_, _ = fmt.Fprintf(c.out, "\r\x1b[K%s\n%s", text, c.status)
}

// SetStatus writes the last line over; "" takes it away. Without a screen there
// is none.
func (c *Console) SetStatus(format string, args ...any) {
	if c.screen == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	text := cut(fmt.Sprintf(format, args...), cmp.Or(width(c.screen), 80)-1)
	if text == c.status {
		return
	}
	c.status = text
	_, _ = fmt.Fprintf(c.out, "\r\x1b[K%s", text)
}

// cut leaves out what does not fit into so many columns.
func cut(text string, columns int) string {
	runes := []rune(text)
	if columns < 1 || len(runes) <= columns {
		return text
	}
	return string(runes[:columns])
}

// Progress keeps the last line up to date, every second, until stop is called.
func (c *Console) Progress(line func() string) (stop func()) {
	if c.screen == nil {
		return func() {}
	}
	c.SetStatus("%s", line())
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				c.SetStatus("%s", line())
			case <-end:
				c.SetStatus("")
				return
			}
		}
	}()
	return sync.OnceFunc(func() { close(end); <-ended })
}

// take waits for the turn to ask.
func (c *Console) take(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *Console) give() { <-c.turn }

// Close waits for the question that is open, whose context has to have ended,
// so that the terminal is left as it was found.
func (c *Console) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if c.take(ctx) == nil {
		c.SetStatus("")
	}
}

// Printable gives a text of the air without what could steer a terminal.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, text)
}

// SecondsLeft says how long it is until then, in whole seconds.
func SecondsLeft(until time.Time) string {
	return fmt.Sprintf("%d s left", max(0, int((time.Until(until)+time.Second-1)/time.Second)))
}
