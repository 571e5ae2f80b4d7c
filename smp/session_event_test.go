package smp_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
	"blesmp/smp"

	"github.com/google/go-cmp/cmp"
)

// TestOnEvent_slow has OnEvent block for the whole life of the link: nothing
// else waits for it, every event but keypresses arrives in order, and Done comes
// after the last.
func TestOnEvent_slow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		release := make(chan struct{})
		var heard []string
		w := newWorld(t, people, func(s *setup) {
			s.options[1].Features = with(func(f *smp.Features) { f.IOCapability, f.MITM, f.Keypress = smp.DisplayOnly, true, true })
			s.options[1].OnEvent = func(_ *smp.Session, e smp.Event) {
				<-release
				heard = append(heard, describe(e))
			}
			enter := s.options[0].Prompter.EnterPasskey
			s.options[0].Prompter.EnterPasskey = func(ctx context.Context, q *smp.Question) (smp.Passkey, error) {
				for range 200 {
					if err := q.Session.NotifyKeypress(smp.PasskeyDigitEntered); err != nil {
						t.Error(err)
					}
				}
				return enter(ctx, q)
			}
		})
		defer w.close()
		w.connect()
		w.mustPair(with(func(f *smp.Features) { f.IOCapability, f.MITM, f.Keypress = smp.KeyboardOnly, true, true }))
		if err := w.central().session.Close(); err != nil {
			t.Fatal(err)
		}
		<-w.central().session.Done()
		synctest.Wait()
		select {
		case <-w.peripheral().session.Done():
			t.Error("Done before the events are reported")
		default:
		}
		close(release)
		<-w.peripheral().session.Done()
		keypresses := 0
		for keypresses < len(heard) && heard[keypresses] == "keypress: passkey digit entered" {
			keypresses++
		}
		if keypresses == 0 || keypresses >= 200 {
			t.Errorf("%d keypresses, want some of the 200 left out", keypresses)
		}
		want := []string{
			"encrypted: passkey, initiator types",
			"complete: passkey, initiator types, bonded",
			"disconnected: " + bt.RemoteUserTerminated.String(),
		}
		if diff := cmp.Diff(want, heard[keypresses:]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestOnEvent_calls makes calls from OnEvent that wait for the peer.
func TestOnEvent_calls(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var again error
		w := newWorld(t, func(s *setup) {
			s.options[0].OnEvent = func(session *smp.Session, e smp.Event) {
				if _, ok := e.(smp.PairingCompleteEvent); ok {
					_, again = session.Encrypt(context.Background())
				}
			}
		})
		defer w.close()
		w.connect()
		w.mustPair(smp.DefaultFeatures())
		synctest.Wait()
		if again != nil {
			t.Error(again)
		}
		w.central().wants("encrypted: just works", "complete: just works, bonded", "encrypted: just works")
	})
}

// TestManager_bothRoles has one manager be central on one link and peripheral on
// another, and pair on both at the same time.
func TestManager_bothRoles(t *testing.T) {
	bubble(t, func(t *testing.T) {
		air := virtual.NewAir(virtual.Options{})
		ctx := t.Context()
		var hosts [3]*hci.Host
		var managers [3]*smp.Manager
		for i := range hosts {
			host, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = host.Close()
				<-host.Done()
			}()
			hosts[i], managers[i] = host, smp.NewManager(bond.NewMemory(), smp.Options{})
			if err := managers[i].Serve(host); err != nil {
				t.Fatal(err)
			}
		}
		const middle = 1
		var conns [2]*hci.Conn // to the next host
		for i := range conns {
			if err := hosts[i+1].Advertise(ctx, hci.AdvertisingParameters{}); err != nil {
				t.Fatal(err)
			}
			var err error
			if conns[i], err = hosts[i].Connect(ctx, hosts[i+1].Identity()); err != nil {
				t.Fatal(err)
			}
		}
		results := make(chan error, len(conns))
		for i, conn := range conns {
			go func() {
				_, err := managers[i].Session(conn).Pair(ctx, smp.DefaultFeatures())
				results <- err
			}()
		}
		for range conns {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		roles := map[bt.Role]int{}
		for _, s := range managers[middle].Sessions() {
			if _, encrypted := s.Level(); encrypted && s.Bonded() {
				roles[s.Role()]++
			}
		}
		if diff := cmp.Diff(map[bt.Role]int{bt.Central: 1, bt.Peripheral: 1}, roles); diff != "" {
			t.Errorf("secure links of the one in the middle (-want +got):\n%s", diff)
		}
	})
}

// TestPair_rolesSwapped encrypts a link with swapped roles after legacy pairing:
// each role uses the key that the new peripheral has distributed.
func TestPair_rolesSwapped(t *testing.T) {
	for _, central := range []bool{true, false} {
		t.Run(fmt.Sprintf("central distributed %t", central), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				change := func(f *smp.Features) {
					f.SC = false
					if !central {
						f.InitiatorKeys = 0
					}
				}
				w := paired(t, with(change), features(change))
				defer w.close()
				w.disconnect()
				w.sides[0], w.sides[1] = w.sides[1], w.sides[0]
				w.connect()
				_, err := w.central().session.Encrypt(t.Context())
				if (err == nil) != central {
					t.Errorf("Encrypt: %v", err)
				}
			})
		})
	}
}

// TestPair_smallBuffers sends the 65 octets of a public key through buffers of
// 27, of which there is one.
func TestPair_smallBuffers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := paired(t, smp.DefaultFeatures(), func(s *setup) {
			for i := range s.controllers {
				s.controllers[i].ACLLength, s.controllers[i].ACLPackets = 27, 1
			}
		})
		defer w.close()
		w.agree()
	})
}
