package smp_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
)

// refusesWhile makes a peripheral whose user refuses everything while on is set.
func refusesWhile(on *bool, policy smp.Backoff) func(*setup) {
	return func(s *setup) {
		s.options[1].Policy.Backoff = policy
		s.options[1].Prompter.ConfirmFeatures = func(context.Context, *smp.Question) error {
			if *on {
				return smp.AuthenticationRequirements
			}
			return nil
		}
	}
}

// attempt pairs and gives the reason of the failure, 0 for success.
func (w *world) attempt() smp.Reason {
	w.t.Helper()
	_, err := w.central().session.Pair(w.t.Context(), smp.DefaultFeatures())
	if err == nil {
		return 0
	}
	var pairing *smp.PairingError
	if !errors.As(err, &pairing) {
		w.t.Fatal(err)
	}
	synctest.Wait()
	return pairing.Reason
}

// waits measures how long the peripheral answers Repeated Attempts.
func (w *world) waits(step time.Duration) time.Duration {
	w.t.Helper()
	start := time.Now()
	for {
		switch reason := w.attempt(); reason {
		case smp.RepeatedAttempts:
			time.Sleep(step)
		case smp.AuthenticationRequirements:
			return time.Since(start)
		default:
			w.t.Fatalf("reason %v", reason)
		}
	}
}

// TestBackoff has the responder make a peer wait: longer after each failure, up
// to the longest, over a new link and a restart; less after a time of peace; and
// a success does not wipe it out.
func TestBackoff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		on := true
		stores := [2]bond.Store{bond.NewMemory(), bond.NewMemory()}
		backoff := smp.Backoff{First: time.Second, Max: 8 * time.Second}
		restore := func(s *setup) { s.stores = stores }
		w := newWorld(t, restore, refusesWhile(&on, backoff))
		w.connect()
		if reason := w.attempt(); reason != smp.AuthenticationRequirements {
			t.Fatalf("reason %v", reason)
		}
		const step = 100 * time.Millisecond
		for _, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 8 * time.Second} {
			if got := w.waits(step); got != want {
				t.Errorf("waited %v, want %v", got, want)
			}
			switch want {
			case time.Second:
				w.reconnect()
			case 2 * time.Second:
				w.disconnect()
				w.close()
				w = newWorld(t, restore, refusesWhile(&on, backoff))
				w.connect()
			}
		}
		time.Sleep(8 * time.Second)
		on = false
		if reason := w.attempt(); reason != 0 {
			t.Errorf("a pairing after the interval: %v", reason)
		}
		on = true
		w.reconnect()
		if _, err := w.central().session.Encrypt(t.Context()); err != nil { // so that Just Works may replace Just Works
			t.Fatal(err)
		}
		if reason := w.attempt(); reason != smp.AuthenticationRequirements {
			t.Errorf("reason %v", reason)
		}
		if got := w.waits(step); got != 8*time.Second {
			t.Errorf("after a success: waited %v, want %v", got, 8*time.Second)
		}
		time.Sleep(time.Hour)
		if reason := w.attempt(); reason != smp.AuthenticationRequirements {
			t.Errorf("reason %v", reason)
		}
		if got := w.waits(step); got != time.Second {
			t.Errorf("after an hour of peace: waited %v, want %v", got, time.Second)
		}
		w.close()
	})
}

// TestBackoff_central has the initiator wait before its own next request, and
// answer Security Requests in the meantime.
func TestBackoff_central(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, func(s *setup) {
			s.puppets[1] = true
			s.options[0].Policy.Backoff = smp.Backoff{}
		})
		defer w.close()
		w.connect()
		fail := func() {
			t.Helper()
			done := make(chan smp.Reason, 1)
			go func() { done <- w.attempt() }()
			synctest.Wait()
			w.peripheral().send(0x05, 0x05)
			if reason := <-done; reason != smp.PairingNotSupported {
				t.Fatalf("reason %v", reason)
			}
		}
		fail()
		w.central().tap.pdus()
		time.Sleep(300 * time.Millisecond)
		_, err := w.central().session.Pair(t.Context(), smp.DefaultFeatures())
		var backoff *smp.BackoffError
		if !errors.Is(err, smp.ErrBackoff) || !errors.As(err, &backoff) || backoff.RetryAfter != 700*time.Millisecond {
			t.Errorf("Pair: %v", err)
		}
		w.peripheral().send(0x0b, 0x01)
		synctest.Wait()
		if sent := w.central().tap.pdus(); sent != "05:09" {
			t.Errorf("the answer to a Security Request: %s, want 05:09", sent)
		}
		time.Sleep(backoff.RetryAfter)
		fail()
		if _, err := w.central().session.Pair(t.Context(), smp.DefaultFeatures()); !errors.As(err, &backoff) || backoff.RetryAfter != 2*time.Second {
			t.Errorf("Pair: %v", err)
		}
	})
}

// TestBackoff_counts ends pairings in many ways, and asks which of them make the
// peer wait.
func TestBackoff_counts(t *testing.T) {
	numeric := withMITM(smp.DisplayYesNo)
	passkey := withMITM(smp.KeyboardOnly)
	tests := []struct {
		name     string
		features smp.Features
		end      func(w *world, n int) // at the n-th PDU of the central
		want     bool
	}{
		{"peer gives up", numeric, func(w *world, n int) {
			if n == 3 {
				go func() { _ = w.central().session.Cancel(0) }()
			}
		}, true},
		{"we give up", numeric, func(w *world, n int) {
			if n == 3 {
				go func() { _ = w.peripheral().session.Cancel(0) }()
			}
		}, true},
		{"link lost, numeric", numeric, func(w *world, n int) {
			if n == 3 {
				go w.air.Links()[0].Drop()
			}
		}, false},
		{"link lost before a passkey is proved", passkey, func(w *world, n int) {
			if n == 2 {
				go w.air.Links()[0].Drop()
			}
		}, false},
		{"link lost while a passkey is proved", passkey, func(w *world, n int) {
			if n == 10 {
				go w.air.Links()[0].Drop()
			}
		}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, people, func(s *setup) {
					s.air.Delay = time.Millisecond
					s.options[1].Features = withMITM(smp.DisplayYesNo)
					s.options[1].Policy.Backoff.Off = false
				})
				defer w.close()
				w.connect()
				w.central().tap.pdus()
				w.central().tap.intercept(func(n int, _ []byte) error {
					test.end(w, n)
					return nil
				})
				if _, err := w.central().session.Pair(t.Context(), test.features); err == nil {
					t.Fatal("the pairing was not ended")
				}
				w.central().tap.intercept(nil)
				time.Sleep(100 * time.Millisecond)
				w.reconnect()
				if reason := w.attempt(); (reason == smp.RepeatedAttempts) != test.want {
					t.Errorf("reason %v, has to wait: want %t", reason, test.want)
				}
			})
		})
	}
}

// TestBackoff_securityRequest has a central turn a Security Request down, and
// then think better of it: it need not wait.
func TestBackoff_securityRequest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, func(s *setup) {
			s.options[1].Policy.Backoff.Off = false
			s.options[0].Prompter.SecurityRequested = func(context.Context, *smp.Question) error { return errBroken }
		})
		defer w.close()
		w.connect()
		if _, err := w.peripheral().session.Secure(t.Context(), smp.Level{}); !errors.Is(err, smp.PairingNotSupported) {
			t.Errorf("Secure: %v", err)
		}
		if reason := w.attempt(); reason != 0 {
			t.Errorf("reason %v", reason)
		}
	})
}

// TestBackoff_keyMissing has the central lose its patience with a peripheral that
// has forgotten the bond: it may pair at once.
func TestBackoff_keyMissing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := paired(t, smp.DefaultFeatures(), func(s *setup) {
			s.options[0].Policy.Repairing = smp.RepairAlways
			s.options[1].Policy.Backoff.Off = false
		})
		defer w.close()
		if err := w.peripheral().store.Delete(peripheralAddress, centralAddress); err != nil {
			t.Fatal(err)
		}
		w.reconnect()
		if _, err := w.peripheral().session.Secure(t.Context(), smp.Level{}); err == nil {
			t.Error("secure without a key")
		}
		w.central().wants("encryption failed: "+bt.PINOrKeyMissing.String(), "bond lost: "+peripheralAddress.String())
		w.peripheral().wants("encryption failed: "+bt.PINOrKeyMissing.String(), "failed: no stored key fits the peer's request")
		if reason := w.attempt(); reason != 0 {
			t.Errorf("reason %v", reason)
		}
	})
}

// TestBackoff_off lets a peer try as often as it likes.
func TestBackoff_off(t *testing.T) {
	bubble(t, func(t *testing.T) {
		on := true
		w := newWorld(t, refusesWhile(&on, smp.Backoff{Off: true}))
		defer w.close()
		w.connect()
		for range 20 {
			if reason := w.attempt(); reason != smp.AuthenticationRequirements {
				t.Fatalf("reason %v", reason)
			}
		}
	})
}

// TestBackoff_clock injects a clock, and sets it back by years: nobody waits
// longer than the interval says.
func TestBackoff_clock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		on := true
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		w := newWorld(t, refusesWhile(&on, smp.Backoff{}), func(s *setup) {
			s.options[1].Now = func() time.Time { return now }
		})
		defer w.close()
		w.connect()
		expect := func(want smp.Reason) {
			t.Helper()
			if reason := w.attempt(); reason != want {
				t.Errorf("reason %v, want %v", reason, want)
			}
		}
		expect(smp.AuthenticationRequirements)
		time.Sleep(time.Hour) // of another clock
		expect(smp.RepeatedAttempts)
		now = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
		expect(smp.RepeatedAttempts)
		now = now.Add(999 * time.Millisecond)
		expect(smp.RepeatedAttempts)
		now = now.Add(time.Millisecond)
		expect(smp.AuthenticationRequirements)
	})
}

// TestBackoff_sharedBucket fails under one private address that nobody resolves,
// and comes back under another; a peer with an address of its own is not held up.
func TestBackoff_sharedBucket(t *testing.T) {
	bubble(t, func(t *testing.T) {
		private := func(n byte) bt.TypedAddress {
			return bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0x40, 0, 0, 0, 0, n}}
		}
		static := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xc0, 0, 0, 0, 0, 1}}
		nonResolvable := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0x00, 0, 0, 0, 0, 1}}
		manager := smp.NewManager(bond.NewMemory(), smp.Options{})
		// answer gives the answer to a request with this key size.
		answer := func(peer bt.TypedAddress, size byte) []byte {
			t.Helper()
			link := &answeringLink{peer: peer}
			session, err := manager.Attach(link)
			if err != nil {
				t.Fatal(err)
			}
			h := session.Handler()
			h.HandleSMP([]byte{0x01, 3, 0, 9, size, 0, 0})
			synctest.Wait()
			h.HandleDisconnected(bt.RemoteUserTerminated)
			<-session.Done()
			return link.sent
		}
		if got := answer(private(1), 6); got[1] != byte(smp.InvalidParameters) {
			t.Fatalf("answer %x", got)
		}
		for _, test := range []struct {
			peer bt.TypedAddress
			want smp.PDUCode
		}{
			{private(1), smp.CodePairingFailed},
			{private(2), smp.CodePairingFailed},
			{nonResolvable, smp.CodePairingFailed},
			{static, smp.CodePairingResponse},
		} {
			if got := answer(test.peer, 16); got[0] != byte(test.want) {
				t.Errorf("%v is answered %x, want %v", test.peer, got, test.want)
			}
		}
	})
}

// answeringLink is a link that keeps the last PDU; the role is peripheral, as
// long as central is not set.
type answeringLink struct {
	central bool
	peer    bt.TypedAddress
	sent    []byte
	n       uint64
}

func (l *answeringLink) LocalAddress() bt.TypedAddress  { return peripheralAddress }
func (l *answeringLink) PeerAddress() bt.TypedAddress   { return l.peer }
func (l *answeringLink) PeerIdentity() bt.TypedAddress  { return l.peer }
func (l *answeringLink) LocalIdentity() bt.TypedAddress { return peripheralAddress }
func (l *answeringLink) ReplyLTK(bt.Key) error          { return nil }
func (l *answeringLink) RejectLTK() error               { return nil }
func (l *answeringLink) Disconnect(bt.Status) error     { return nil }

func (l *answeringLink) Role() bt.Role {
	if l.central {
		return bt.Central
	}
	return bt.Peripheral
}

func (l *answeringLink) StartEncryption(bt.Key, uint64, uint16) error { return bt.CommandDisallowed }

func (l *answeringLink) SendSMP(pdu []byte) (uint64, error) {
	l.n++
	l.sent = append([]byte{}, pdu...)
	return l.n, nil
}

// TestBackoff_bounded fails under more addresses than are remembered.
func TestBackoff_bounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store := &countingStore{Store: bond.NewMemory(), peers: map[bt.TypedAddress]bool{}}
		manager := smp.NewManager(store, smp.Options{})
		for n := range bond.MaxAttempts + 50 {
			link := &answeringLink{peer: bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xc0, 0, 0, 0, byte(n >> 8), byte(n)}}}
			session, err := manager.Attach(link)
			if err != nil {
				t.Fatal(err)
			}
			session.Handler().HandleSMP([]byte{0x01, 3, 0, 9, 6, 0, 0})
			session.Handler().HandleDisconnected(bt.RemoteUserTerminated)
			<-session.Done()
		}
		kept := 0
		for peer := range store.peers {
			if state, err := store.Attempts(peripheralAddress, peer); err == nil && len(state) > 0 {
				kept++
			}
		}
		if len(store.peers) != bond.MaxAttempts+50 || kept != bond.MaxAttempts {
			t.Errorf("%d peers failed, %d are remembered; want %d", len(store.peers), kept, bond.MaxAttempts)
		}
	})
}

// countingStore notes whose attempts were put.
type countingStore struct {
	bond.Store
	peers map[bt.TypedAddress]bool
}

func (s *countingStore) PutAttempts(local, peer bt.TypedAddress, state []byte) error {
	s.peers[peer] = true
	return s.Store.PutAttempts(local, peer, state)
}
