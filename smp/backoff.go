package smp

import (
	"fmt"
	"sync"
	"time"

	"blesmp/bt"
)

// Backoff is the waiting interval after failed attempts of a peer: it doubles
// with every failure and shrinks as fast while none happens. Nobody can then
// try keys out, and a Pairing Failed that is still on its way does not end the
// next attempt (Core Vol 3, Part H, 2.3.6).
type Backoff struct {
	// First is the interval after one failure, a second by default. Max is the
	// longest one, five minutes by default.
	First, Max time.Duration

	// Off lets a peer try again at once, as often as it likes.
	Off bool
}

// The defaults of a Backoff.
const (
	defaultBackoffFirst = time.Second
	defaultBackoffMax   = 5 * time.Minute
)

// BackoffError says that a peer has to wait. errors.Is(err, ErrBackoff) holds.
type BackoffError struct {
	RetryAfter time.Duration
}

// Error tells how long to wait.
func (e *BackoffError) Error() string {
	return fmt.Sprintf("%v: try again in %v", ErrBackoff, e.RetryAfter.Round(time.Millisecond))
}

// Is reports that the error is ErrBackoff.
func (e *BackoffError) Is(target error) bool { return target == ErrBackoff }

// maxAttempts bounds the peers whose failures are remembered.
const maxAttempts = 256

// attempts remembers the failures of peers. Peers that change their address
// and are not resolved share one entry.
type attempts struct {
	backoff Backoff

	mu    sync.Mutex
	peers map[bt.TypedAddress]attempt
}

type attempt struct {
	failures int
	until    time.Time // end of the waiting interval
}

func newAttempts(b Backoff) *attempts {
	if b.First == 0 {
		b.First = defaultBackoffFirst
	}
	if b.Max == 0 {
		b.Max = defaultBackoffMax
	}
	return &attempts{backoff: b, peers: map[bt.TypedAddress]attempt{}}
}

// wait tells how long a peer still has to wait.
func (a *attempts) wait(peer bt.TypedAddress, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return max(0, a.peers[claimant(peer)].until.Sub(now))
}

// failed counts a failure.
func (a *attempts) failed(peer bt.TypedAddress, now time.Time) {
	if a.backoff.Off {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	peer = claimant(peer)
	at := a.decayed(a.peers[peer], now)
	at.failures++
	at.until = now.Add(a.interval(at.failures))
	if _, known := a.peers[peer]; !known && len(a.peers) >= maxAttempts {
		a.evict()
	}
	a.peers[peer] = at
}

// interval doubles with every failure, up to the longest.
func (a *attempts) interval(failures int) time.Duration {
	d := a.backoff.First
	for ; failures > 1 && d < a.backoff.Max; failures-- {
		d *= 2
	}
	return min(d, a.backoff.Max)
}

// decayed takes a failure back for every interval that has passed in peace.
func (a *attempts) decayed(at attempt, now time.Time) attempt {
	for at.failures > 0 {
		next := at.until.Add(a.interval(at.failures))
		if next.After(now) {
			break
		}
		at.failures--
		at.until = next
	}
	return at
}

// evict forgets the peer whose interval ends first.
func (a *attempts) evict() {
	var first bt.TypedAddress
	var until time.Time
	for peer, at := range a.peers {
		if until.IsZero() || at.until.Before(until) {
			first, until = peer, at.until
		}
	}
	delete(a.peers, first)
}

// claimant is under which address a peer's failures are counted.
func claimant(peer bt.TypedAddress) bt.TypedAddress {
	if peer.IsIdentity() {
		return peer
	}
	return bt.TypedAddress{Type: bt.RandomAddress}
}
