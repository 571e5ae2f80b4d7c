package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Edit is what a key does to an answer.
type Edit int

// The edits.
const (
	Typed Edit = iota
	Erased
	Cleared
)

// Question is one thing that a person is asked for.
type Question struct {
	Text  string
	Limit int                      // characters of an answer
	Takes func(byte) bool          // which characters
	Until func() (time.Time, bool) // when it is too late to answer, if ever
	Told  func(Edit)               // hears of every key, on a terminal that gives them
}

// ErrNoAnswer says that the input ended before the answer.
var ErrNoAnswer = errors.New("there is nobody to answer: the input has ended")

// Ask asks, and waits for a line. On a terminal the line is edited here, so that
// the seconds left stand beside it and every key can be told to the peer.
func (c *Console) Ask(ctx context.Context, q Question) (answer string, err error) {
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
	c.Say("%s", c.Paint(Loud, q.Text))
	line, err := c.line(ctx)
	return line, noAnswer(err)
}

// line reads up to the end of a line, which the terminal has edited, if it is
// one.
func (c *Console) line(ctx context.Context) (string, error) {
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
		return ErrNoAnswer
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
func (c *Console) askKeys(ctx context.Context, k *keys, q Question) (string, error) {
	l := lineEditor{Question: q}
	if q.Told == nil {
		l.Told = func(Edit) {}
	}
	defer c.SetStatus("")
	for {
		if err := context.Cause(ctx); err != nil {
			return "", err
		}
		c.SetStatus("%s", l.prompt())
		b, ok, err := k.next()
		switch {
		case err != nil:
			return "", noAnswer(err)
		case !ok:
		case b == '\n' || b == '\r':
			answer := strings.TrimSpace(string(l.text))
			c.SetStatus("")
			c.Say("%s %s", q.Text, answer)
			return answer, nil
		case b == keyEnd && len(l.text) == 0:
			return "", ErrNoAnswer
		default:
			l.key(b)
		}
	}
}

// lineEditor is an answer that is being typed.
type lineEditor struct {
	Question
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
			l.Told(Erased)
		}
	case b == keyClear:
		if len(l.text) > 0 {
			l.text = nil
			l.Told(Cleared)
		}
	case l.Takes(b) && len(l.text) < l.Limit:
		l.text = append(l.text, b)
		l.Told(Typed)
	}
}

// prompt is the line as it is shown: the seconds left come first, so that the
// cursor stands where the next character goes.
func (l *lineEditor) prompt() string {
	left := ""
	if until, ok := l.deadline(); ok {
		left = "[" + SecondsLeft(until) + "] "
	}
	return fmt.Sprintf("%s%s %s", left, l.Text, l.text)
}

func (l *lineEditor) deadline() (time.Time, bool) {
	if l.Until == nil {
		return time.Time{}, false
	}
	return l.Until()
}

// Digits takes the characters of a number.
func Digits(b byte) bool  { return '0' <= b && b <= '9' }
func letters(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

// AskYes asks until it gets yes or no. An empty line is no.
func (c *Console) AskYes(ctx context.Context, text string, until func() (time.Time, bool)) (bool, error) {
	for {
		answer, err := c.Ask(ctx, Question{Text: text + " [y/N]", Limit: 3, Takes: letters, Until: until})
		if err != nil {
			return false, err
		}
		switch strings.ToLower(answer) {
		case "y", "yes":
			return true, nil
		case "n", "no", "":
			return false, nil
		}
		c.Say("y or n, please")
	}
}
