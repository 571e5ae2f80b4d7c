package main

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

// console is where a command talks with a person: it writes lines, asks one
// question at a time, and on a terminal keeps a last line that tells how things
// stand. Its methods may be called from any goroutine.
type console struct {
	out    io.Writer
	in     *input
	screen *os.File // out, where its last line can be written over; else nil
	colour bool

	turn chan struct{} // held by who asks

	mu     sync.Mutex
	status string // the last line; "" is none
}

// newConsole gives the console of a command. With quiet, what is said goes to
// the errors' stream, since something else is on the other.
func newConsole(s streams, quiet bool) *console {
	c := &console{out: s.out, in: newInput(s.in), turn: make(chan struct{}, 1)}
	if quiet {
		c.out = s.err
		if f, ok := s.out.(*os.File); ok && isTerminal(f) {
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

// tint is a colour of a terminal.
type tint string

// The tints, by what they say.
const (
	good tint = "\x1b[32m"
	bad  tint = "\x1b[31m"
	loud tint = "\x1b[1m"
	dim  tint = "\x1b[2m"
)

// paint gives a text in a tint where there is colour.
func (c *console) paint(t tint, text string) string {
	if !c.colour {
		return text
	}
	return string(t) + text + "\x1b[0m"
}

// say writes a line.
func (c *console) say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	if c.status == "" {
		_, _ = fmt.Fprintln(c.out, text)
		return
	}
	_, _ = fmt.Fprintf(c.out, "\r\x1b[K%s\n%s", text, c.status)
}

// setStatus writes the last line over; "" takes it away. Without a screen there
// is none.
func (c *console) setStatus(format string, args ...any) {
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

// progress keeps the last line up to date, every second, until stop is called.
func (c *console) progress(line func() string) (stop func()) {
	if c.screen == nil {
		return func() {}
	}
	c.setStatus("%s", line())
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				c.setStatus("%s", line())
			case <-end:
				c.setStatus("")
				return
			}
		}
	}()
	return sync.OnceFunc(func() { close(end); <-ended })
}

// take waits for the turn to ask.
func (c *console) take(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *console) give() { <-c.turn }

// close waits for the question that is open, whose context has to have ended,
// so that the terminal is left as it was found.
func (c *console) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if c.take(ctx) == nil {
		c.setStatus("")
	}
}

// printable gives a text of the air without what could steer a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, text)
}

// secondsLeft says how long it is until then, in whole seconds.
func secondsLeft(until time.Time) string {
	return fmt.Sprintf("%d s left", max(0, int((time.Until(until)+time.Second-1)/time.Second)))
}
