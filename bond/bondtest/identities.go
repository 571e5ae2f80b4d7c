package bondtest

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bond"
)

func testIdentities(t *testing.T, suite *suite) {
	s := suite.open(t)
	one := bond.LocalIdentity{Address: local1, IRK: ptr(key(1))}
	two := bond.LocalIdentity{Address: local2}
	for _, l := range []bond.LocalIdentity{two, {Address: local1, IRK: ptr(key(9))}, one} {
		if err := s.PutIdentity(l); err != nil {
			t.Fatalf("PutIdentity(%v): %v", l.Address, err)
		}
	}
	b := small(local1, static(1), 1)
	put(t, s, b)
	s = suite.reopen(t, s)
	got, err := s.Identities()
	if err != nil {
		t.Fatalf("Identities: %v", err)
	}
	if diff := cmp.Diff([]bond.LocalIdentity{one, two}, got); diff != "" {
		t.Fatalf("Identities (-want +got):\n%s", diff)
	}

	if err := s.DeleteIdentity(local1); err != nil {
		t.Fatalf("DeleteIdentity: %v", err)
	}
	if err := s.DeleteIdentity(local1); !errors.Is(err, bond.ErrNotFound) {
		t.Errorf("second DeleteIdentity: %v, want ErrNotFound", err)
	}
	s = suite.reopen(t, s)
	if got, err = s.Identities(); err != nil {
		t.Fatalf("Identities: %v", err)
	}
	if diff := cmp.Diff([]bond.LocalIdentity{two}, got); diff != "" {
		t.Fatalf("Identities after DeleteIdentity (-want +got):\n%s", diff)
	}
	wantAll(t, s, b)
}

func wantAttempts(t *testing.T, s bond.Store, n uint32, want []byte) {
	t.Helper()
	got, err := s.Attempts(local1, static(n))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("Attempts of peer %d: %x, %v; want %x", n, got, err, want)
	}
}

func testAttempts(t *testing.T, suite *suite) {
	s := suite.open(t)
	largest := bytes.Repeat([]byte{0xEE}, bond.MaxAttemptsSize)
	shared := static(0)
	shared.Address[0], shared.Type = 0, 0
	for _, put := range []func() error{
		func() error { return s.PutAttempts(local1, static(1), []byte{1}) },
		func() error { return s.PutAttempts(local1, static(1), []byte{2}) },
		func() error { return s.PutAttempts(local1, static(2), largest) },
		func() error { return s.PutAttempts(local2, static(1), []byte{3}) },
		func() error { return s.PutAttempts(local1, shared, []byte{4}) },
		func() error { return s.PutAttempts(local1, static(3), []byte{5}) },
		func() error { return s.PutAttempts(local1, static(3), nil) },
		func() error { return s.PutAttempts(local1, static(4), nil) },
	} {
		if err := put(); err != nil {
			t.Fatalf("PutAttempts: %v", err)
		}
	}
	s = suite.reopen(t, s)
	wantAttempts(t, s, 1, []byte{2})
	wantAttempts(t, s, 2, largest)
	wantAttempts(t, s, 3, nil)
	wantAttempts(t, s, 4, nil)
	if got, err := s.Attempts(local2, static(1)); err != nil || !bytes.Equal(got, []byte{3}) {
		t.Errorf("Attempts at the other identity: %x, %v", got, err)
	}
	if got, err := s.Attempts(local1, shared); err != nil || !bytes.Equal(got, []byte{4}) {
		t.Errorf("Attempts of nobody in particular: %x, %v", got, err)
	}
	wantAll(t, s)
}

func testAttemptsBounded(t *testing.T, suite *suite) {
	s := suite.open(t)
	write := func(n uint32) {
		t.Helper()
		if err := s.PutAttempts(local1, static(n), []byte{byte(n), byte(n >> 8)}); err != nil {
			t.Fatalf("PutAttempts: %v", err)
		}
	}
	if err := s.PutAttempts(local2, static(0), []byte{1}); err != nil {
		t.Fatalf("PutAttempts: %v", err)
	}
	for n := range uint32(bond.MaxAttempts) {
		write(n)
	}
	write(0) // peer 1 is now the one written longest ago
	s = suite.reopen(t, s)
	write(bond.MaxAttempts)
	write(bond.MaxAttempts + 1)
	s = suite.reopen(t, s)
	for n := range uint32(bond.MaxAttempts + 2) {
		want := []byte{byte(n), byte(n >> 8)}
		if n == 1 || n == 2 {
			want = nil
		}
		wantAttempts(t, s, n, want)
	}
	if got, err := s.Attempts(local2, static(0)); err != nil || len(got) != 1 {
		t.Errorf("Attempts at the other identity: %x, %v; the bound is for each identity", got, err)
	}
}
