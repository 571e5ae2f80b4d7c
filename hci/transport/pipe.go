package transport

import (
	"io"
	"sync"
)

// Pipe gives two transports of which each receives what the other sends. It
// keeps packets until they are read, so that a write never waits. Closing one
// side closes both: what was written before can still be read, then comes
// io.EOF, and writing gives io.ErrClosedPipe.
func Pipe() (host, controller Transport) {
	down, up := newQueue(), newQueue()
	return &pipeEnd{in: up, out: down}, &pipeEnd{in: down, out: up}
}

type pipeEnd struct{ in, out *queue }

func (e *pipeEnd) WritePacket(p []byte) error {
	if err := Check(p); err != nil {
		return err
	}
	return e.out.push(p)
}

func (e *pipeEnd) ReadPacket(buf []byte) ([]byte, error) { return e.in.pop(buf) }

func (e *pipeEnd) Close() error {
	e.in.end()
	e.out.end()
	return nil
}

// queue holds packets in one direction.
type queue struct {
	mu      sync.Mutex
	changed sync.Cond
	packets [][]byte
	ended   bool
}

func newQueue() *queue {
	q := new(queue)
	q.changed.L = &q.mu
	return q
}

func (q *queue) push(p []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return io.ErrClosedPipe
	}
	q.packets = append(q.packets, append([]byte(nil), p...))
	q.changed.Signal()
	return nil
}

func (q *queue) pop(buf []byte) ([]byte, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.packets) == 0 {
		if q.ended {
			return nil, io.EOF
		}
		q.changed.Wait()
	}
	p := q.packets[0]
	q.packets[0] = nil
	q.packets = q.packets[1:]
	return append(buf[:0], p...), nil
}

func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	q.changed.Broadcast()
}
