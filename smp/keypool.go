package smp

import (
	"context"
	"sync"
)

// fewKeyPairs is how many key pairs wait while something pairs, and at most where
// Options do not say more.
const fewKeyPairs = 16

// keyPool makes P-256 key pairs ahead, so that a pairing waits for the DHKey
// alone. Each pair is given out once and forgotten with that. Nothing is made
// before the first pairing begins, and a goroutine runs only while pairs are
// made: all of them where nothing pairs, a few where time is short.
type keyPool struct {
	start func(func()) // has a goroutine run
	make  func() KeyPair
	most  int
	busy  func() bool // something pairs

	mu      sync.Mutex
	ready   []KeyPair //vet:secret
	used    bool      // something has paired
	filling bool
}

func newKeyPool(start func(func()), most int, busy func() bool) *keyPool {
	if most == 0 {
		most = fewKeyPairs
	}
	return &keyPool{start: start, make: freshKeyPair(fillRandom), most: most, busy: busy}
}

// take gives a key pair that nobody else gets: one that waits or, where there is
// none, one that is made now.
func (p *keyPool) take() KeyPair {
	p.mu.Lock()
	var pair KeyPair
	if last := len(p.ready) - 1; last >= 0 {
		pair, p.ready[last] = p.ready[last], nil
		p.ready = p.ready[:last]
	}
	p.mu.Unlock()
	p.warm()
	if pair == nil {
		return p.make()
	}
	return pair
}

// warm has pairs made where less than half of them are left.
func (p *keyPool) warm() {
	want := p.wanted()
	p.mu.Lock()
	p.used = true
	start := len(p.ready) < (want+1)/2 && !p.filling
	p.filling = p.filling || start
	p.mu.Unlock()
	if start {
		p.start(p.fill)
	}
}

// rest is warm for when nothing pairs any more.
func (p *keyPool) rest() {
	p.mu.Lock()
	used := p.used
	p.mu.Unlock()
	if used {
		p.warm()
	}
}

// wanted is how many pairs are worth the time now.
func (p *keyPool) wanted() int {
	if p.busy() {
		return min(p.most, fewKeyPairs)
	}
	return p.most
}

// fill makes pairs until there are enough.
func (p *keyPool) fill() {
	growStack()
	for more := true; more; {
		pair, want := p.make(), p.wanted()
		p.mu.Lock()
		p.add(pair)
		more = len(p.ready) < want
		p.filling = more
		p.mu.Unlock()
	}
}

// fillUp makes all pairs that are missing.
func (p *keyPool) fillUp(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.ready) < p.most {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		p.mu.Unlock()
		pair := p.make()
		p.mu.Lock()
		p.add(pair)
	}
	return nil
}

// add keeps a pair, unless others were faster; p.mu is held.
func (p *keyPool) add(pair KeyPair) {
	if len(p.ready) < p.most {
		p.ready = append(p.ready, pair)
	}
}
