package load

import (
	"runtime"
	"sync"

	"blesmp/smp"
)

// crew are the goroutines that work for all peers, one for each processor, so
// that peers cost little but their cryptography.
type crew struct {
	mu      sync.Mutex
	changed sync.Cond
	peers   []*peer // that have something to do, in the order in which it came
	closed  bool
}

// tools are what one of the crew has for the peer at which it works.
type tools struct {
	input   peerInput
	next    []smp.Input // that one, and what its steps have brought about
	effects []smp.Effect
	scratch smp.Scratch
}

func newCrew() *crew {
	c := &crew{}
	c.changed.L = &c.mu
	for range runtime.GOMAXPROCS(0) {
		go c.run()
	}
	return c
}

// take puts a peer in the queue. It is not in it already.
func (c *crew) take(p *peer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.peers = append(c.peers, p)
	c.changed.Signal()
}

func (c *crew) run() {
	var t tools
	for {
		c.mu.Lock()
		for len(c.peers) == 0 && !c.closed {
			c.changed.Wait()
		}
		if c.closed {
			c.mu.Unlock()
			return
		}
		p := c.peers[0]
		c.peers = c.peers[1:]
		c.mu.Unlock()
		p.work(&t)
	}
}

// dismiss ends the crew; what is left to do is left.
func (c *crew) dismiss() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.changed.Broadcast()
}
