package smp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"blesmp/bond"
	"blesmp/smp/toolbox"
)

// TestKeyPool takes more pairs than wait, from many goroutines at once: none comes
// twice, at most as many as were asked for wait, and nothing runs once they do.
func TestKeyPool(t *testing.T) {
	for _, most := range []int{0, 1, 5, fewKeyPairs, 3 * fewKeyPairs} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				started := 0
				pool := newKeyPool(func(f func()) {
					started++
					go f()
				}, most, func() bool { return false })
				most := cmp.Or(most, fewKeyPairs)
				pool.rest()
				if started != 0 || len(pool.ready) != 0 {
					t.Fatal("the pool works before anybody pairs")
				}
				var mu sync.Mutex
				seen := map[toolbox.PublicKey]bool{}
				var takers sync.WaitGroup
				for range 4 {
					takers.Go(func() {
						for range 2 * fewKeyPairs {
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
				if got := len(pool.ready); got < most/2 || got > most || pool.filling {
					t.Errorf("%d pairs wait, want %d to %d", got, most/2, most)
				}
				if len(seen) != 8*fewKeyPairs {
					t.Errorf("%d different pairs, want %d", len(seen), 8*fewKeyPairs)
				}
				if err := pool.fillUp(t.Context()); err != nil || len(pool.ready) != most {
					t.Errorf("%d pairs wait, and %v, want %d", len(pool.ready), err, most)
				}
				before := started
				pool.warm()
				if started != before {
					t.Error("a pool that has enough makes more")
				}
			})
		})
	}
}

// TestKeyPool_busy makes a few pairs while something pairs, and the others when
// nothing does any more.
func TestKeyPool_busy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := true
		pool := newKeyPool(func(f func()) { go f() }, 100, func() bool { return busy })
		for _, step := range []struct {
			busy        bool
			do          func()
			least, most int
		}{
			{true, pool.warm, fewKeyPairs, fewKeyPairs},
			{true, func() { pool.take() }, fewKeyPairs - 1, fewKeyPairs - 1},
			{false, pool.rest, 100, 100},
			{true, func() {
				for range 99 {
					pool.take()
				}
			}, fewKeyPairs / 2, fewKeyPairs},
			{false, pool.rest, 100, 100},
		} {
			busy = step.busy
			step.do()
			synctest.Wait()
			if got := len(pool.ready); got < step.least || got > step.most {
				t.Errorf("%d pairs wait, want %d to %d", got, step.least, step.most)
			}
		}
	})
}

// TestKeyPool_rest has a Manager make the rest of its pairs when the last procedure
// has ended.
func TestKeyPool_rest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewManager(bond.NewMemory(), Options{KeyPairs: 40})
		for range 2 {
			m.staff.began()
		}
		m.expectPairing(AuthReq(0).WithSC(true))
		for _, want := range []int{fewKeyPairs, fewKeyPairs, 40} {
			synctest.Wait()
			if got := len(m.pool.ready); got != want {
				t.Errorf("%d pairs wait, want %d", got, want)
			}
			if want == fewKeyPairs {
				m.staff.ended()
			}
		}
	})
}

// TestWarm has a Manager make its pairs before anybody pairs, and breaks off.
func TestWarm(t *testing.T) {
	m := NewManager(bond.NewMemory(), Options{KeyPairs: 20})
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Warm(over); !errors.Is(err, context.Canceled) || len(m.pool.ready) != 0 {
		t.Errorf("got %v and %d pairs, want context.Canceled and none", err, len(m.pool.ready))
	}
	if err := m.Warm(t.Context()); err != nil || len(m.pool.ready) != 20 {
		t.Errorf("got %v and %d pairs, want 20", err, len(m.pool.ready))
	}
	if err := NewManager(bond.NewMemory(), Options{Rand: fillRandom}).Warm(t.Context()); err != nil {
		t.Errorf("without a pool: %v", err)
	}
	err := NewManager(bond.NewMemory(), Options{KeyPairs: -1}).Serve(nil)
	if err == nil || !strings.Contains(err.Error(), "Options.KeyPairs is -1") {
		t.Errorf("KeyPairs -1: got %v", err)
	}
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
