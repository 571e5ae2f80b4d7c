package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// edit is what a key does to an answer.
type edit int

// The edits.
const (
	typed edit = iota
	erased
	cleared
)

// question is one thing that a person is asked for.
type question struct {
	text  string
	limit int             // characters of an answer
	takes func(byte) bool // which characters
	until func() (time.Time, bool)
	told  func(edit) // hears of every key, on a terminal that gives them
}

var errNoAnswer = errors.New("there is nobody to answer: the input has ended")

// ask asks, and waits for a line. On a terminal the line is edited here, so that
// the seconds left stand beside it and every key can be told to the peer.
func (c *console) ask(ctx context.Context, q question) (answer string, err error) {
	if err := c.take(ctx); err != nil {
		return "", err
	}
	defer c.give()
	c.in.forget()
	if c.in.terminal != nil && c.screen != nil {
		if k, err := readKeys(c.in.terminal); err == nil {
			defer k.restore()
			return c.askKeys(ctx, k, q)
		}
	}
	c.say("%s", c.paint(loud, q.text))
	line, err := c.line(ctx)
	return line, noAnswer(err)
}

// line reads up to the end of a line, which the terminal has edited, if it is
// one.
func (c *console) line(ctx context.Context) (string, error) {
	var line strings.Builder
	for {
		b, err := c.in.next(ctx)
		switch {
		case err != nil && line.Len() > 0 && errors.Is(err, io.EOF), b == '\n':
			return strings.TrimSpace(line.String()), nil
		case err != nil:
			return "", err
		case line.Len() < 256:
			line.WriteByte(b)
		}
	}
}

func noAnswer(err error) error {
	if errors.Is(err, io.EOF) {
		return errNoAnswer
	}
	return err
}

// The keys that edit.
const (
	keyEnd       = 0x04 // Ctrl-D
	keyBackspace = 0x08
	keyClear     = 0x15 // Ctrl-U
	keyEscape    = 0x1b
	keyDelete    = 0x7f
)

// askKeys edits the line key by key.
func (c *console) askKeys(ctx context.Context, k *keys, q question) (string, error) {
	l := lineEditor{question: q}
	if q.told == nil {
		l.told = func(edit) {}
	}
	defer c.setStatus("")
	for {
		if err := context.Cause(ctx); err != nil {
			return "", err
		}
		c.setStatus("%s", l.prompt())
		b, ok, err := k.next()
		switch {
		case err != nil:
			return "", noAnswer(err)
		case !ok:
		case b == '\n' || b == '\r':
			answer := strings.TrimSpace(string(l.text))
			c.setStatus("")
			c.say("%s %s", q.text, answer)
			return answer, nil
		case b == keyEnd && len(l.text) == 0:
			return "", errNoAnswer
		default:
			l.key(b)
		}
	}
}

// lineEditor is an answer that is being typed.
type lineEditor struct {
	question
	text   []byte
	escape int // 1 behind Escape, 2 inside of the sequence of one key
}

// key does what a key says. Arrows and the like are left out.
func (l *lineEditor) key(b byte) {
	switch {
	case l.escape == 1:
		l.escape = 0
		if b == '[' || b == 'O' {
			l.escape = 2
		}
	case l.escape == 2:
		if b >= 0x40 {
			l.escape = 0
		}
	case b == keyEscape:
		l.escape = 1
	case b == keyDelete || b == keyBackspace:
		if len(l.text) > 0 {
			l.text = l.text[:len(l.text)-1]
			l.told(erased)
		}
	case b == keyClear:
		if len(l.text) > 0 {
			l.text = nil
			l.told(cleared)
		}
	case l.takes(b) && len(l.text) < l.limit:
		l.text = append(l.text, b)
		l.told(typed)
	}
}

// prompt is the line as it is shown: the seconds left come first, so that the
// cursor stands where the next character goes.
func (l *lineEditor) prompt() string {
	left := ""
	if until, ok := l.deadline(); ok {
		left = "[" + secondsLeft(until) + "] "
	}
	return fmt.Sprintf("%s%s %s", left, l.question.text, l.text)
}

func (l *lineEditor) deadline() (time.Time, bool) {
	if l.until == nil {
		return time.Time{}, false
	}
	return l.until()
}

// digits and letters are what answers are made of.
func digits(b byte) bool  { return '0' <= b && b <= '9' }
func letters(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

// askYes asks until it gets yes or no. An empty line is no.
func (c *console) askYes(ctx context.Context, text string, until func() (time.Time, bool)) (bool, error) {
	for {
		answer, err := c.ask(ctx, question{text: text + " [y/N]", limit: 3, takes: letters, until: until})
		if err != nil {
			return false, err
		}
		switch strings.ToLower(answer) {
		case "y", "yes":
			return true, nil
		case "n", "no", "":
			return false, nil
		}
		c.say("y or n, please")
	}
}
