package conformance

import (
	"context"
	"slices"
	"sync"
)

// gate lets the answers of a slow user through, one for each call of open, in
// whatever order the two come. Who is let through counts as running again for the
// clock before open returns, so that nobody takes the device to be at rest in between.
type gate struct {
	clock clock

	mu      sync.Mutex
	ahead   int // answers that nobody has waited for yet
	waiting []chan struct{}
}

// pass waits for open or for the end of the context.
func (g *gate) pass(ctx context.Context) error {
	g.mu.Lock()
	if g.ahead > 0 {
		g.ahead--
		g.mu.Unlock()
		return nil
	}
	opened := make(chan struct{})
	g.waiting = append(g.waiting, opened)
	g.mu.Unlock()
	g.clock.leave()
	select {
	case <-opened:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, opened)
	if i < 0 {
		return nil // opened after all
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	g.clock.enter()
	return context.Cause(ctx)
}

// open lets one through, now or when it comes.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		g.ahead++
		return
	}
	g.clock.enter()
	close(g.waiting[0])
	g.waiting = g.waiting[1:]
}
