package smp_test

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
)

// heldLink is a link to a Procedure, whose acknowledgements and encryption
// events come only when the test says so.
type heldLink struct {
	t       *testing.T
	mu      sync.Mutex
	far     *smp.Procedure
	handler bt.LinkHandler

	sent         uint64
	started      []bt.Key
	refuse       error // what StartEncryption gives
	disconnected []bt.Status
}

func (l *heldLink) Role() bt.Role                  { return bt.Central }
func (l *heldLink) LocalAddress() bt.TypedAddress  { return centralAddress }
func (l *heldLink) PeerAddress() bt.TypedAddress   { return peripheralAddress }
func (l *heldLink) PeerIdentity() bt.TypedAddress  { return peripheralAddress }
func (l *heldLink) LocalIdentity() bt.TypedAddress { return centralAddress }
func (l *heldLink) ReplyLTK(bt.Key) error          { return bt.CommandDisallowed }
func (l *heldLink) RejectLTK() error               { return bt.CommandDisallowed }

func (l *heldLink) SendSMP(pdu []byte) (uint64, error) {
	l.sent++
	l.farEnd(smp.Input{PDU: pdu})
	return l.sent, nil
}

func (l *heldLink) StartEncryption(key bt.Key, _ uint64, _ uint16) error {
	if l.refuse != nil {
		return l.refuse
	}
	l.started = append(l.started, key)
	return nil
}

func (l *heldLink) Disconnect(reason bt.Status) error {
	l.disconnected = append(l.disconnected, reason)
	return nil
}

// farEnd tells the far end of something.
func (l *heldLink) farEnd(in smp.Input) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.step(in)
}

// step steps the far end, which agrees to everything.
func (l *heldLink) step(in smp.Input) {
	for _, e := range l.far.Step(nil, in) {
		features := smp.DefaultFeatures()
		switch e.Kind {
		case smp.EffectSend:
			l.handler.HandleSMP(e.PDU)
			l.step(smp.Input{Event: smp.EventDelivered})
		case smp.EffectAskPairing:
			l.step(smp.Input{Event: smp.EventConsentGiven, Question: e.Question, Features: &features})
		case smp.EffectAskFeatures:
			l.step(smp.Input{Event: smp.EventFeaturesConfirmed, Question: e.Question})
		}
	}
}

// encrypt lets the controllers finish an encryption of the pairing's.
func (l *heldLink) encrypt(refreshed bool) {
	l.farEnd(smp.Input{Event: smp.EventLTKRequest})
	l.handler.HandleEncryption(bt.Success, true, refreshed)
	synctest.Wait()
	l.farEnd(smp.Input{Event: smp.EventEncryptionOn})
}

// held makes a session on such a link, and starts a pairing that waits for the
// acknowledgement of the last PDU before encryption.
func held(t *testing.T, options smp.Options) (*heldLink, *smp.Session, <-chan error) {
	t.Helper()
	options.Policy.Backoff.Off = true
	far, err := smp.NewProcedure(smp.Config{Role: bt.Peripheral, Local: peripheralAddress, Peer: centralAddress})
	if err != nil {
		t.Fatal(err)
	}
	link := &heldLink{t: t, far: far}
	session, err := smp.NewManager(bond.NewMemory(), options).Attach(link)
	if err != nil {
		t.Fatal(err)
	}
	link.handler = session.Handler()
	return link, session, pairHeld(t, session)
}

func pairHeld(t *testing.T, session *smp.Session) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := session.Pair(t.Context(), smp.DefaultFeatures())
		done <- err
	}()
	synctest.Wait()
	if session.State() != smp.StateAwaitEncryption {
		t.Fatalf("state %v, want AwaitEncryption", session.State())
	}
	return done
}

// TestFlush withholds the acknowledgement of the last PDU: encryption does not
// start before it, and the pairing is not done before the last key has arrived.
func TestFlush(t *testing.T) {
	bubble(t, func(t *testing.T) {
		link, session, done := held(t, smp.Options{})
		for n := uint64(0); n < link.sent; n++ {
			link.handler.HandleDelivered(n)
			synctest.Wait()
			if len(link.started) != 0 {
				t.Fatalf("encryption was started with %d of %d PDUs acknowledged", n, link.sent)
			}
		}
		link.handler.HandleDelivered(link.sent)
		synctest.Wait()
		if len(link.started) != 1 {
			t.Fatalf("encryption was started %d times, want once", len(link.started))
		}
		link.encrypt(false)
		synctest.Wait()
		if session.State() != smp.StateAwaitDelivery {
			t.Fatalf("state %v, want AwaitDelivery", session.State())
		}
		link.handler.HandleDelivered(link.sent - 1)
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("Pair came back before the last key was acknowledged: %v", err)
		default:
		}
		link.handler.HandleDelivered(link.sent)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestFlush_stale reports an encryption from before ours is started: it is not
// taken for the result.
func TestFlush_stale(t *testing.T) {
	for _, test := range []struct {
		name    string
		status  bt.Status
		enabled bool
	}{{"on", bt.Success, true}, {"off", bt.Success, false}, {"failed", bt.PINOrKeyMissing, false}} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				link, session, done := held(t, smp.Options{})
				link.handler.HandleEncryption(test.status, test.enabled, false)
				synctest.Wait()
				if _, encrypted := session.Level(); encrypted || session.State() != smp.StateAwaitEncryption {
					t.Fatalf("encrypted %t, state %v", encrypted, session.State())
				}
				link.handler.HandleDelivered(link.sent)
				synctest.Wait()
				link.encrypt(false)
				synctest.Wait()
				link.handler.HandleDelivered(link.sent)
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestFlush_encryptionLost takes the encryption away that the link has, while a
// new one waits: the pairing fails, the link ends, and no key is used any more.
func TestFlush_encryptionLost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		link, session, done := held(t, smp.Options{Policy: smp.Policy{Repairing: smp.RepairAlways}})
		link.handler.HandleDelivered(link.sent)
		synctest.Wait()
		link.encrypt(false)
		synctest.Wait()
		link.handler.HandleDelivered(link.sent)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		done = pairHeld(t, session)
		link.handler.HandleEncryption(bt.Success, false, false)
		var pairing *smp.PairingError
		if err := <-done; !errors.As(err, &pairing) || pairing.Cause != smp.EncryptionLost {
			t.Errorf("Pair: %v", err)
		}
		link.handler.HandleDelivered(link.sent)
		synctest.Wait()
		if len(link.started) != 1 || len(link.disconnected) != 1 {
			t.Errorf("encryption was started %d times, want once; disconnected %v", len(link.started), link.disconnected)
		}
	})
}

// TestFlush_refused has the link not take the key.
func TestFlush_refused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		link, session, done := held(t, smp.Options{})
		link.refuse = bt.CommandDisallowed
		link.handler.HandleDelivered(link.sent)
		if err := <-done; !errors.Is(err, bt.CommandDisallowed) {
			t.Errorf("Pair: %v", err)
		}
		synctest.Wait()
		if session.State() != smp.StateIdle {
			t.Errorf("state %v", session.State())
		}
	})
}

// TestFlush_gone ends the link while encryption waits.
func TestFlush_gone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		link, session, done := held(t, smp.Options{})
		link.handler.HandleDisconnected(bt.ConnectionTimeout)
		if err := <-done; !errors.Is(err, bt.ConnectionTimeout) {
			t.Errorf("Pair: %v", err)
		}
		<-session.Done()
		link.handler.HandleDelivered(link.sent)
		synctest.Wait()
		if len(link.started) != 0 {
			t.Error("encryption was started on a link that is gone")
		}
	})
}

// TestAttach refuses what no session can work with.
func TestAttach(t *testing.T) {
	tests := []struct {
		name    string
		manager *smp.Manager
	}{
		{"no store", smp.NewManager(nil, smp.Options{})},
		{"key size", smp.NewManager(bond.NewMemory(), smp.Options{Policy: smp.Policy{MinKeySize: 6}})},
		{"features", smp.NewManager(bond.NewMemory(), smp.Options{Features: smp.Features{IOCapability: smp.KeyboardDisplay}})},
		{"prompter", smp.NewManager(bond.NewMemory(), smp.Options{Features: withMITM(smp.KeyboardOnly)})},
		{"passkey", smp.NewManager(bond.NewMemory(), smp.Options{UnsafeFixedPasskey: new(smp.Passkey(1_000_000))})},
		{"back-off", smp.NewManager(bond.NewMemory(), smp.Options{Policy: smp.Policy{Backoff: smp.Backoff{First: -1}}})},
	}
	for _, test := range tests {
		if session, err := test.manager.Attach(&heldLink{}); err == nil || session != nil {
			t.Errorf("%s: Attach gave %v, %v", test.name, session, err)
		}
	}
}
