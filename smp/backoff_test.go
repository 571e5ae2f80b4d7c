package smp

import (
	"errors"
	"strings"
	"testing"
	"time"

	"blesmp/bond"
	"blesmp/bt"
)

// public and static are peers that keep their address; the private ones do not.
var (
	ourselves   = bt.TypedAddress{Address: bt.Address{9}}
	public      = bt.TypedAddress{Address: bt.Address{1}}
	static      = bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xc1}}
	resolvable  = bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0x41}}
	resolvable2 = bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0x42}}
)

func TestBackoff(t *testing.T) {
	now := time.Unix(1000, 0)
	a := newAttempts(bond.NewMemory(), Backoff{First: time.Second, Max: 10 * time.Second}, func() time.Time { return now })
	wait := func(peer bt.TypedAddress, want time.Duration) {
		t.Helper()
		got, err := a.wait(ourselves, peer)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%v waits %v, want %v", peer, got, want)
		}
	}
	fail := func(peer bt.TypedAddress) {
		t.Helper()
		if err := a.failed(ourselves, peer); err != nil {
			t.Fatal(err)
		}
	}
	wait(public, 0)
	for _, want := range []time.Duration{1, 2, 4, 8, 10, 10} {
		fail(public)
		wait(public, want*time.Second)
	}
	wait(static, 0) // others do not wait

	now = now.Add(4 * time.Second)
	wait(public, 6*time.Second)
	now = now.Add(6 * time.Second)
	wait(public, 0)

	now = now.Add(10 * time.Second) // in peace: one failure is taken back
	fail(public)
	wait(public, 10*time.Second)
	now = now.Add(time.Hour) // all are
	fail(public)
	wait(public, time.Second)

	fail(resolvable) // peers that change their address share a bucket
	wait(resolvable2, time.Second)
	fail(resolvable2)
	wait(resolvable, 2*time.Second)
	wait(static, 0)

	now = now.Add(-time.Hour) // a clock that was set back: no longer than the interval
	wait(public, time.Second)
}

func TestBackoffLimits(t *testing.T) {
	now := time.Unix(1000, 0)
	clock := func() time.Time { return now }
	defaults := newAttempts(bond.NewMemory(), Backoff{}, clock)
	for range 1000 {
		if err := defaults.failed(ourselves, public); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := defaults.wait(ourselves, public); got != 5*time.Minute {
		t.Errorf("waits %v after very many failures, want five minutes", got)
	}
	off := newAttempts(bond.NewMemory(), Backoff{Off: true}, clock)
	if err := off.failed(ourselves, public); err != nil {
		t.Fatal(err)
	}
	if got, _ := off.wait(ourselves, public); got != 0 {
		t.Errorf("waits %v though there is no backoff", got)
	}
}

func TestBackoffError(t *testing.T) {
	err := &BackoffError{RetryAfter: 1500 * time.Millisecond}
	if !errors.Is(err, ErrBackoff) || errors.Is(err, ErrBusy) {
		t.Error("a BackoffError is not ErrBackoff alone")
	}
	if !strings.HasSuffix(err.Error(), "try again in 1.5s") {
		t.Error(err)
	}
}
