package load

import (
	"context"
	"crypto/rand"
	"sync"

	"blesmp/smp"
	"blesmp/smp/toolbox"
)

// keyPairs are those that peers have made before they pair, as devices at rest do.
type keyPairs struct {
	mu    sync.Mutex
	ready []smp.KeyPair //vet:secret
}

// take gives a pair that no other peer gets.
func (k *keyPairs) take() smp.KeyPair {
	k.mu.Lock()
	defer k.mu.Unlock()
	last := len(k.ready) - 1
	if last < 0 {
		return newKeyPair()
	}
	pair := k.ready[last]
	k.ready[last], k.ready = nil, k.ready[:last]
	return pair
}

// fill has n pairs wait.
func (k *keyPairs) fill(ctx context.Context, n int) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.ready) < n {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		k.ready = append(k.ready, newKeyPair())
	}
	return nil
}

// newKeyPair makes a pair from rand.Reader, which does not fail.
func newKeyPair() smp.KeyPair {
	pair, _ := toolbox.NewKeyPair(rand.Reader)
	return pair
}
