package smp

import "sync"

// keyPoolSize is how many key pairs wait at most. As soon as half of them are
// used, new ones are made.
const keyPoolSize = 16

// keyPool makes P-256 key pairs ahead, so that a pairing waits for the DHKey
// alone. Each pair is given out once and forgotten with that. Nothing is made
// before the first pairing begins, and a goroutine runs only while pairs are
// made.
type keyPool struct {
	start func(func()) // has a goroutine run
	make  func() KeyPair

	mu      sync.Mutex
	ready   []KeyPair //vet:secret
	filling bool
}

func newKeyPool(start func(func())) *keyPool {
	return &keyPool{start: start, make: freshKeyPair(fillRandom)}
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

// warm has pairs made where there are few.
func (p *keyPool) warm() {
	p.mu.Lock()
	few := len(p.ready) < keyPoolSize/2 && !p.filling
	if few {
		p.filling = true
	}
	p.mu.Unlock()
	if few {
		p.start(p.fill)
	}
}

// fill makes pairs until there are enough.
func (p *keyPool) fill() {
	growStack(keyPoolSize)
	for {
		pair := p.make()
		p.mu.Lock()
		p.ready = append(p.ready, pair)
		if len(p.ready) >= keyPoolSize {
			p.filling = false
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
	}
}
