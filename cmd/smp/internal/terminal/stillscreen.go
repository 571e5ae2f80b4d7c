package terminal

import (
	"bytes"
	"io"
	"sync"
)

// StillScreen is an output that keeps still while a question stands on it: what is
// written then appears when it is answered.
type StillScreen struct {
	w io.Writer

	mu    sync.Mutex
	asked bool
	held  bytes.Buffer
}

// NewStillScreen gives a StillScreen that writes to w.
func NewStillScreen(w io.Writer) *StillScreen { return &StillScreen{w: w} }

// Write writes, now or after the answer.
func (s *StillScreen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked {
		return s.held.Write(p)
	}
	return s.w.Write(p)
}

// Hold keeps the screen still.
func (s *StillScreen) Hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = true
}

// Release shows what has happened meanwhile.
func (s *StillScreen) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = false
	_, _ = s.held.WriteTo(s.w)
}
