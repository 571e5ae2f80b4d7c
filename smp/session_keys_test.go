package smp_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"

	"blesmp/bond"
	"blesmp/bond/boltstore"
	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/toolbox"
)

// TestCTKD derives the link key only where both sides offer it, both ways, from
// the LTK before it is cut.
func TestCTKD(t *testing.T) {
	const link = smp.KeyDistributionLinkKey
	type side struct {
		ctkd, sc, ct2        bool
		initiator, responder smp.KeyDistribution
		size                 int
	}
	offers := side{ctkd: true, sc: true, initiator: link, responder: link, size: 16}
	change := func(f func(*side)) side {
		s := offers
		f(&s)
		return s
	}
	tests := []struct {
		name  string
		sides [2]side
		want  bool
		ct2   bool
	}{
		{"both", [2]side{offers, offers}, true, false},
		{"central alone", [2]side{offers, change(func(s *side) { s.ctkd, s.initiator, s.responder = false, 0, 0 })}, false, false},
		{"peripheral alone", [2]side{change(func(s *side) { s.ctkd, s.initiator, s.responder = false, 0, 0 }), offers}, false, false},
		{"one way", [2]side{offers, change(func(s *side) { s.initiator = 0 })}, false, false},
		{"legacy", [2]side{offers, change(func(s *side) { s.sc = false })}, false, false},
		{"both with CT2", [2]side{change(func(s *side) { s.ct2 = true }), change(func(s *side) { s.ct2 = true })}, true, true},
		{"one with CT2", [2]side{change(func(s *side) { s.ct2 = true }), offers}, true, false},
		{"7 octets", [2]side{offers, change(func(s *side) { s.size = 7 })}, true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				ours := func(s side) smp.Features {
					return with(func(f *smp.Features) {
						f.SC, f.CT2, f.MaxKeySize = s.sc, s.ct2, s.size
						f.InitiatorKeys |= s.initiator
						f.ResponderKeys |= s.responder
					})
				}
				tools := &uncutLTK{Toolbox: realTools{}}
				w := newWorld(t, func(s *setup) {
					for i := range s.options {
						s.options[i].CTKD, s.options[i].Features = test.sides[i].ctkd, ours(test.sides[i])
						s.options[i].Policy.MinKeySize = 7
					}
					s.options[0].Toolbox = tools
				})
				defer w.close()
				w.connect()
				result := w.mustPair(ours(test.sides[0]))
				if derived := result.LinkKey != nil; derived != test.want {
					t.Fatalf("a link key: %t, want %t", derived, test.want)
				}
				w.agree()
				stored := w.bond(bt.Central).LinkKey
				if !test.want {
					if stored != nil {
						t.Error("a link key is stored")
					}
					return
				}
				if want := toolbox.LinkKeyFromLTK(tools.ltk, test.ct2); stored == nil || !stored.Equal(want) || !result.LinkKey.Equal(want) {
					t.Error("it is another link key")
				}
			})
		})
	}
}

// uncutLTK notes the LTK that f5 gives.
type uncutLTK struct {
	smp.Toolbox
	ltk bt.Key
}

func (u *uncutLTK) F5(w toolbox.DHKey, n1, n2 [16]byte, a1, a2 bt.TypedAddress) (macKey, ltk bt.Key) {
	macKey, u.ltk = u.Toolbox.F5(w, n1, n2, a1, a2)
	return macKey, u.ltk
}

// realTools is the package toolbox as far as LE Secure Connections Just Works
// and legacy Just Works need it.
type realTools struct{}

func (realTools) C1(tk bt.Key, r [16]byte, preq, pres [7]byte, ia, ra bt.TypedAddress) [16]byte {
	return toolbox.C1(tk, r, preq, pres, ia, ra)
}
func (realTools) S1(tk bt.Key, r, i [16]byte) bt.Key            { return toolbox.S1(tk, r, i) }
func (realTools) F4(u, v [32]byte, x [16]byte, z byte) [16]byte { return toolbox.F4(u, v, x, z) }
func (realTools) G2(u, v [32]byte, x, y [16]byte) uint32 {
	return toolbox.Digits(toolbox.G2(u, v, x, y))
}
func (realTools) ValidPublicKey(key toolbox.PublicKey) bool { return key.Validate() == nil }
func (realTools) F5(w toolbox.DHKey, n1, n2 [16]byte, a1, a2 bt.TypedAddress) (macKey, ltk bt.Key) {
	return toolbox.F5(w, n1, n2, a1, a2)
}

func (realTools) F6(w bt.Key, n1, n2, r [16]byte, ioCap [3]byte, a1, a2 bt.TypedAddress) [16]byte {
	return toolbox.F6(w, n1, n2, r, ioCap, a1, a2)
}

func (realTools) DHKey(own smp.KeyPair, peer toolbox.PublicKey) toolbox.DHKey {
	key, err := own.DH(peer)
	if err != nil {
		panic(err)
	}
	return key
}

// TestPair_keySize negotiates every size; both sides use and keep the cut key.
func TestPair_keySize(t *testing.T) {
	for _, sc := range []bool{true, false} {
		for size := toolbox.MinKeySize; size <= toolbox.MaxKeySize; size++ {
			t.Run(fmt.Sprintf("sc=%t/%d", sc, size), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w := newWorld(t, func(s *setup) {
						for i := range s.options {
							s.options[i].Policy.MinKeySize = 7
						}
						s.options[1].Features = with(func(f *smp.Features) { f.SC, f.MaxKeySize = sc, size })
					})
					defer w.close()
					w.connect()
					if result := w.mustPair(smp.DefaultFeatures()); result.Level.KeySize != size {
						t.Errorf("key size %d", result.Level.KeySize)
					}
					w.agree()
					for _, b := range w.bond(bt.Central).PeerLTK.Key[:16-size] {
						if b != 0 {
							t.Error("the key is not cut")
						}
					}
					w.reconnect()
					if level, err := w.central().session.Encrypt(t.Context()); err != nil || level.KeySize != size {
						t.Errorf("Encrypt: %v, %v", level, err)
					}
				})
			})
		}
	}
}

// TestSigner signs both ways after a pairing: a signature counts once, an altered
// one never, and the counters outlast the store's reopening.
func TestSigner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.db")
	memory := bond.NewMemory()
	bubble(t, func(t *testing.T) {
		bolt, err := boltstore.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		all := smp.KeyDistributionEncKey | smp.KeyDistributionIdKey | smp.KeyDistributionSignKey
		change := func(f *smp.Features) { f.InitiatorKeys, f.ResponderKeys = all, all }
		w := paired(t, with(change), features(change), func(s *setup) { s.stores = [2]bond.Store{bolt, memory} })
		w.disconnect()
		w.close()
		if err := bolt.Close(); err != nil {
			t.Fatal(err)
		}
	})
	data := []byte{0xd2, 0x01, 0x00, 0x2a}
	var last smp.Signature
	for round := range uint32(3) {
		bolt, err := boltstore.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		ours := smp.NewSigner(bolt, centralAddress, peripheralAddress)
		theirs := smp.NewSigner(memory, peripheralAddress, centralAddress)
		if round > 0 {
			if err := ours.Verify(data, last); !errors.Is(err, smp.ErrReplayed) {
				t.Errorf("a signature of before the restart: %v", err)
			}
		}
		for _, way := range []struct{ signs, verifies *smp.Signer }{{ours, theirs}, {theirs, ours}} {
			signature, err := way.signs.Sign(data)
			if err != nil {
				t.Fatal(err)
			}
			if signature.Counter() != round {
				t.Errorf("counter %d, want %d", signature.Counter(), round)
			}
			altered := signature
			altered[11] ^= 1
			if err := way.verifies.Verify(data, altered); !errors.Is(err, smp.ErrBadSignature) {
				t.Errorf("altered signature: %v", err)
			}
			if err := way.verifies.Verify(data[1:], signature); !errors.Is(err, smp.ErrBadSignature) {
				t.Errorf("altered data: %v", err)
			}
			if err := way.verifies.Verify(data, signature); err != nil {
				t.Errorf("Verify: %v", err)
			}
			if err := way.verifies.Verify(data, signature); !errors.Is(err, smp.ErrReplayed) {
				t.Errorf("Verify again: %v", err)
			}
			last = signature
		}
		if err := bolt.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSigner_noKey signs without a bond, and with one that has no CSRK.
func TestSigner_noKey(t *testing.T) {
	store := bond.NewMemory()
	signer := smp.NewSigner(store, centralAddress, peripheralAddress)
	if _, err := signer.Sign(nil); !errors.Is(err, bond.ErrNotFound) {
		t.Errorf("Sign: %v", err)
	}
	if err := signer.Verify(nil, smp.Signature{}); !errors.Is(err, bond.ErrNotFound) {
		t.Errorf("Verify: %v", err)
	}
	b := bond.Bond{Local: centralAddress, Peer: peripheralAddress, KeySize: 16, PeerLTK: &bond.LongTermKey{Key: bt.Key{1}}}
	if err := store.Put(b); err != nil {
		t.Fatal(err)
	}
	if _, err := signer.Sign(nil); !errors.Is(err, smp.ErrNoCSRK) {
		t.Errorf("Sign: %v", err)
	}
	if err := signer.Verify(nil, smp.Signature{}); !errors.Is(err, smp.ErrNoCSRK) {
		t.Errorf("Verify: %v", err)
	}
}

// TestSigner_newKey puts another CSRK in place while Sign works: no key signs
// with a counter that it did not hand out.
func TestSigner_newKey(t *testing.T) {
	store := &rekeyingStore{Store: bond.NewMemory()}
	old, fresh := bt.Key{1}, bt.Key{2}
	b := bond.Bond{Local: centralAddress, Peer: peripheralAddress, KeySize: 16, LocalCSRK: &old, LocalSignCounter: 57}
	if err := store.Put(b); err != nil {
		t.Fatal(err)
	}
	b.LocalCSRK, b.LocalSignCounter = &fresh, 0
	store.next = &b
	signature, err := smp.NewSigner(store, centralAddress, peripheralAddress).Sign([]byte{1})
	if err != nil || signature.Counter() != 0 || !toolbox.Verify(fresh, []byte{1}, signature) {
		t.Errorf("counter %d, %v", signature.Counter(), err)
	}
}

// rekeyingStore replaces a bond after the first counter is handed out.
type rekeyingStore struct {
	bond.Store
	next *bond.Bond
}

func (s *rekeyingStore) ReserveSignCounter(local, peer bt.TypedAddress, n uint32) (uint32, error) {
	first, err := s.Store.ReserveSignCounter(local, peer, n)
	if s.next != nil {
		err = errors.Join(err, s.Put(*s.next))
		s.next = nil
	}
	return first, err
}

// TestPair_newIdentity distributes a static identity beside a public address
// on the air: it counts at once, and both addresses find the bond.
func TestPair_newIdentity(t *testing.T) {
	bubble(t, func(t *testing.T) {
		identity := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xc0, 1, 2, 3, 4, 5}}
		far, err := smp.NewProcedure(smp.Config{
			Role: bt.Peripheral, Local: peripheralAddress, Peer: centralAddress, LocalIdentity: identity, LocalIRK: bt.Key{7},
		})
		if err != nil {
			t.Fatal(err)
		}
		store := bond.NewMemory()
		link := &heldLink{t: t, far: far}
		var at []bt.TypedAddress
		session, err := smp.NewManager(store, smp.Options{OnEvent: func(s *smp.Session, e smp.Event) {
			if _, ok := e.(smp.PairingCompleteEvent); ok {
				at = append(at, s.Peer(), s.PeerIdentity())
			}
		}}).Attach(link)
		if err != nil {
			t.Fatal(err)
		}
		link.handler = session.Handler()
		done := pairHeld(t, session)
		link.handler.HandleDelivered(link.sent)
		synctest.Wait()
		link.encrypt(false)
		synctest.Wait()
		link.handler.HandleDelivered(link.sent)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(at) != 2 || at[0] != peripheralAddress || at[1] != identity {
			t.Errorf("on air and identity: %v", at)
		}
		for _, address := range []bt.TypedAddress{identity, peripheralAddress} {
			if b, err := store.Get(centralAddress, address); err != nil || b.Peer != identity || b.OnAir != peripheralAddress {
				t.Errorf("%v: %v, %v", address, b.Peer, err)
			}
		}
		if _, ok := session.AvailableLevel(); !ok || !session.Bonded() {
			t.Error("the bond is not found under the new identity")
		}
		if b, err := store.Resolve(centralAddress, resolvable(bt.Key{7})); err != nil || b.Peer != identity {
			t.Errorf("Resolve: %v", err)
		}
	})
}

// resolvable is a private address of an IRK.
func resolvable(irk bt.Key) bt.TypedAddress {
	prand := [3]byte{0x41, 2, 3}
	hash := toolbox.AH(irk, prand)
	return bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{prand[0], prand[1], prand[2], hash[0], hash[1], hash[2]}}
}

// TestPair_foreignIdentity distributes the identity of another bond: a bonded
// peer gets Key Rejected, an unknown one is held to the policy of repairing.
func TestPair_foreignIdentity(t *testing.T) {
	other := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xc0, 9, 9, 9, 9, 9}}
	tests := []struct {
		name      string
		bonded    bool // the peer itself has a bond
		repairing smp.Repairing
		want      smp.Reason
	}{
		{"bonded peer", true, smp.RepairAlways, smp.KeyRejected},
		{"unknown peer, just works over just works", false, smp.RepairStrongerOrEqual, smp.AuthenticationRequirements},
		{"unknown peer, always", false, smp.RepairAlways, 0},
		{"unknown peer, never", false, smp.RepairNever, smp.AuthenticationRequirements},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				store := bond.NewMemory()
				ltk := &bond.LongTermKey{Key: bt.Key{1}}
				victim := bond.Bond{Local: centralAddress, Peer: other, KeySize: 16, SC: true, LocalLTK: ltk, PeerLTK: ltk}
				bonds := []bond.Bond{victim}
				if test.bonded {
					known := victim
					known.Peer = peripheralAddress
					bonds = append(bonds, known)
				}
				if err := store.Put(bonds...); err != nil {
					t.Fatal(err)
				}
				far, err := smp.NewProcedure(smp.Config{
					Role: bt.Peripheral, Local: peripheralAddress, Peer: centralAddress, LocalIdentity: other,
				})
				if err != nil {
					t.Fatal(err)
				}
				link := &heldLink{t: t, far: far}
				session, err := smp.NewManager(store, smp.Options{Policy: smp.Policy{Repairing: test.repairing}}).Attach(link)
				if err != nil {
					t.Fatal(err)
				}
				link.handler = session.Handler()
				done := pairHeld(t, session)
				link.handler.HandleDelivered(link.sent)
				synctest.Wait()
				link.encrypt(false)
				synctest.Wait()
				link.handler.HandleDelivered(link.sent)
				err = <-done
				if test.want != 0 && !errors.Is(err, test.want) || test.want == 0 && err != nil {
					t.Errorf("Pair: %v, want %v", err, test.want)
				}
				after, err := store.Get(centralAddress, other)
				if err != nil || after.PeerLTK.Key.Equal(ltk.Key) != (test.want != 0) {
					t.Errorf("the other's bond: kept %t, %v", after.PeerLTK.Key.Equal(ltk.Key), err)
				}
			})
		})
	}
}
