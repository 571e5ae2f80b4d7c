package main

import (
	"bytes"
	"io"
	"sync"
)

// stillScreen is an output that keeps still while a question stands on it: what is
// written then appears when it is answered.
type stillScreen struct {
	w io.Writer

	mu    sync.Mutex
	asked bool
	held  bytes.Buffer
}

// Write writes, now or after the answer.
func (s *stillScreen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked {
		return s.held.Write(p)
	}
	return s.w.Write(p)
}

// hold keeps the screen still.
func (s *stillScreen) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = true
}

// release shows what has happened meanwhile.
func (s *stillScreen) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = false
	_, _ = s.held.WriteTo(s.w)
}
