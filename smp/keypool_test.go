package smp

import (
	"sync"
	"testing"
	"testing/synctest"

	"blesmp/smp/toolbox"
)

// TestKeyPool takes more pairs than wait, from many goroutines at once: none comes
// twice, at most keyPoolSize wait, and nothing runs once they do.
func TestKeyPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := 0
		pool := newKeyPool(func(f func()) {
			started++
			go f()
		})
		if started != 0 || len(pool.ready) != 0 {
			t.Fatal("the pool works before anybody pairs")
		}
		var mu sync.Mutex
		seen := map[toolbox.PublicKey]bool{}
		var takers sync.WaitGroup
		for range 4 {
			takers.Go(func() {
				for range 2 * keyPoolSize {
					public := pool.take().Public()
					mu.Lock()
					if seen[public] {
						t.Error("a key pair is given out twice")
					}
					seen[public] = true
					mu.Unlock()
				}
			})
		}
		takers.Wait()
		synctest.Wait() // the bubble ends only when the goroutine has
		if got := len(pool.ready); got < keyPoolSize/2 || got > keyPoolSize || pool.filling {
			t.Errorf("%d pairs wait, want %d to %d", got, keyPoolSize/2, keyPoolSize)
		}
		if len(seen) != 8*keyPoolSize {
			t.Errorf("%d different pairs, want %d", len(seen), 8*keyPoolSize)
		}
		before := started
		pool.warm()
		if started != before {
			t.Error("a pool that has enough makes more")
		}
	})
}

// TestManager_pool has pairs made ahead only where nobody says where they come
// from.
func TestManager_pool(t *testing.T) {
	own := func() KeyPair { return nil }
	for _, test := range []struct {
		name    string
		options Options
		want    bool
	}{
		{"default", Options{}, true},
		{"Rand", Options{Rand: fillRandom}, false},
		{"NewKeyPair", Options{NewKeyPair: own}, false},
	} {
		m := NewManager(nil, test.options)
		if got := m.pool != nil; got != test.want {
			t.Errorf("%s: pool %t, want %t", test.name, got, test.want)
		}
		m.expectPairing(0) // legacy: nothing to make
		if m.pool != nil && (m.pool.filling || len(m.pool.ready) > 0) {
			t.Errorf("%s: pairs are made for legacy pairing", test.name)
		}
	}
}
