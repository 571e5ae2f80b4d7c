package smp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"blesmp/bond"
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

// attempts remembers the failures of peers in the store, so that they outlive a
// link and a restart. The store bounds how many it keeps. Peers that change
// their address and are not resolved share one entry.
type attempts struct {
	store   bond.Store
	backoff Backoff
	now     func() time.Time

	mu sync.Mutex // of reading and writing one entry
}

// attempt is what is remembered of one peer.
type attempt struct {
	failures uint8
	until    time.Time // end of the waiting interval
}

func newAttempts(store bond.Store, b Backoff, now func() time.Time) *attempts {
	if b.First == 0 {
		b.First = defaultBackoffFirst
	}
	if b.Max == 0 {
		b.Max = defaultBackoffMax
	}
	return &attempts{store: store, backoff: b, now: now}
}

// wait tells how long a peer still has to wait.
func (a *attempts) wait(local, peer bt.TypedAddress) (time.Duration, error) {
	if a.backoff.Off {
		return 0, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	peer = claimant(peer)
	at, err := a.load(local, peer)
	now := a.now()
	left := max(0, at.until.Sub(now))
	if longest := a.interval(at.failures); left > longest {
		// The clock was set back: the interval begins now.
		left, at.until = longest, now.Add(longest)
		err = a.store.PutAttempts(local, peer, at.append(nil))
	}
	return left, err
}

// failed counts a failure.
func (a *attempts) failed(local, peer bt.TypedAddress) error {
	if a.backoff.Off {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	peer = claimant(peer)
	at, err := a.load(local, peer)
	if err != nil {
		return err
	}
	now := a.now()
	at = a.decayed(at, now)
	at.failures = min(at.failures, math.MaxUint8-1) + 1
	at.until = now.Add(a.interval(at.failures))
	return a.store.PutAttempts(local, peer, at.append(nil))
}

func (a *attempts) load(local, peer bt.TypedAddress) (attempt, error) {
	state, err := a.store.Attempts(local, peer)
	if err != nil && !errors.Is(err, bond.ErrNotFound) {
		return attempt{}, err
	}
	return parseAttempt(state), nil
}

// interval doubles with every failure, up to the longest.
func (a *attempts) interval(failures uint8) time.Duration {
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

// append gives the entry as it is stored: the failures, then the end of the
// interval in nanoseconds since 1970, most significant octet first.
func (at attempt) append(b []byte) []byte {
	b = append(b, at.failures)
	return binary.BigEndian.AppendUint64(b, uint64(at.until.UnixNano()))
}

// parseAttempt reads a stored entry. What is no entry counts as no failure.
func parseAttempt(b []byte) attempt {
	if len(b) != 9 {
		return attempt{}
	}
	return attempt{failures: b[0], until: time.Unix(0, int64(binary.BigEndian.Uint64(b[1:])))}
}

// claimant is under which address a peer's failures are counted: peers whose
// address says nothing share the zero one.
func claimant(peer bt.TypedAddress) bt.TypedAddress {
	if peer.IsIdentity() {
		return peer
	}
	return bt.TypedAddress{}
}
