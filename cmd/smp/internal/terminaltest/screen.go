// Package terminaltest lets a test sit at the other end of a terminal: it sees what is shown, and types.
package terminaltest

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// Patience is how long a test waits for what has to come.
const Patience = 30 * time.Second

// Screen is what was written, as far as it was read.
type Screen struct {
	mu      sync.Mutex
	changed chan struct{}
	text    string
	read    int
	ended   bool
}

// NewScreen gives an empty Screen.
func NewScreen() *Screen { return &Screen{changed: make(chan struct{})} }

// Write shows p.
func (s *Screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text += string(p)
	close(s.changed)
	s.changed = make(chan struct{})
	return len(p), nil
}

// End says that nothing more will be written.
func (s *Screen) End() {
	_, _ = s.Write(nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	close(s.changed)
	s.changed = make(chan struct{})
}

// String gives all that was written.
func (s *Screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text
}

// Find waits for a text behind what was read, and gives its line.
func (s *Screen) Find(text string) (line string, ok bool) {
	late := time.After(Patience)
	for {
		s.mu.Lock()
		changed, ended := s.changed, s.ended
		if i := strings.Index(s.text[s.read:], text); i >= 0 {
			at := s.read + i
			end := at + strings.IndexByte(s.text[at:]+"\n", '\n')
			if strings.HasSuffix(s.text, "\n") || end < len(s.text) || ended {
				start := strings.LastIndexByte(s.text[:at], '\n') + 1
				s.read = min(end+1, len(s.text))
				line := s.text[start:end]
				s.mu.Unlock()
				return line, true
			}
		}
		s.mu.Unlock()
		if ended {
			return "", false
		}
		select {
		case <-changed:
		case <-late:
			return "", false
		}
	}
}

// See waits for a text on the screen, whether its line has ended or not.
func (s *Screen) See(t testing.TB, text string) {
	t.Helper()
	late := time.After(Patience)
	for {
		s.mu.Lock()
		changed, found := s.changed, strings.Contains(s.text[s.read:], text)
		if found {
			s.read += strings.Index(s.text[s.read:], text) + len(text)
		}
		s.mu.Unlock()
		if found {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("no %q on the screen:\n%q", text, s)
		}
	}
}
