//go:build interop

package interop

import (
	"context"
	"crypto/aes"
	"fmt"
	"testing"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// defects shows known defects of ble-host, and that we do not have them.
func defects(t *testing.T) {
	for _, d := range []struct {
		name       string
		theirs, us string
		run        func(ctx context.Context, t *testing.T) (theirs, us string)
	}{
		{
			"takes its own public key for the peer's",
			"nothing", "DHKey check failed (0x0b)",
			attacked(bt.Peripheral, badPDU{
				lead:    []exchange{{nil, smp.CodePairingRequest}, {scResponse, smp.CodePublicKey}},
				reflect: reflection(smp.CodePublicKey),
			}),
		},
		{
			"takes its own confirm value of legacy pairing for the peer's",
			"PairingRandom", "confirm value failed (0x04)",
			attacked(bt.Peripheral, badPDU{
				lead:    []exchange{{nil, smp.CodePairingRequest}, {legacyAnswer, smp.CodePairingConfirm}},
				reflect: reflection(smp.CodePairingConfirm),
			}),
		},
		{
			"answers a public key off the curve before it looks at it",
			"PublicKey, PairingConfirm", "DHKey check failed (0x0b)",
			attacked(bt.Central, badPDU{lead: []exchange{{scRequest, smp.CodePairingResponse}}, bad: offCurve}),
		},
		{
			"drops a PDU that is out of order, and waits",
			"nothing", "unspecified reason (0x08)",
			attacked(bt.Central, badPDU{lead: []exchange{{scRequest, smp.CodePairingResponse}}, bad: filled(smp.CodePairingRandom)}),
		},
		{"reports a failed pairing where there was none", "reports a failure", "reports nothing", failureWhileIdle},
		{"takes the MITM flag for SC after encrypting again, and knows no key size",
			"SC true, MITM true, 0 octets", "SC false, MITM true, 16 octets", levelAgain},
		{"claims MITM protection after Just Works", "MITM true", "MITM false", mitmAfterJustWorks},
		{"keeps the zero key as an IRK, and knows anybody by it", "knows a stranger", "knows no stranger", zeroIRK},
	} {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), caseLimit)
			defer cancel()
			theirs, us := d.run(ctx, t)
			if theirs != d.theirs {
				t.Errorf("ble-host: %s; want %s", theirs, d.theirs)
			}
			if us != d.us {
				t.Errorf("we: %s; want %s", us, d.us)
			}
			found.compare("defects", Comparison{Name: d.name, Peer: theirs, Us: us})
		})
	}
}

func reflection(code smp.PDUCode) func(func(smp.PDUCode) []byte) []byte {
	return func(received func(smp.PDUCode) []byte) []byte { return received(code) }
}

// hostVictim is ble-host.
type hostVictim struct{ *blehost }

func (v hostVictim) accept(ctx context.Context) error { return v.advertise(ctx) }

func (v hostVictim) pairWith(ctx context.Context, who bt.TypedAddress) error {
	if err := v.connect(ctx, who); err != nil {
		return err
	}
	if _, err := v.events().await(ctx, connected); err != nil {
		return err
	}
	return v.pair(ctx)
}

func (v hostVictim) settled(ctx context.Context, a *attacker) error { return a.barrier(ctx) }

// hosts are ble-host and we, each with an attacker on an air of its own.
func hosts(ctx context.Context, t *testing.T) (h *blehost, u *us, first, second *attacker) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	there, here := newWorld(t), newWorld(t)
	h = newBLEHost()
	t.Cleanup(h.stop)
	must(h.start(ctx, there, peerOptions{}))
	must(h.offer(ctx, features(smp.NoInputNoOutput)))
	u, err := newUs(ctx, here, usOptions{})
	must(err)
	t.Cleanup(func() { _ = u.host.Close() })
	u.offer(features(smp.NoInputNoOutput), smp.Prompter{})
	first, err = newAttacker(ctx, there)
	must(err)
	second, err = newAttacker(ctx, here)
	must(err)
	for _, a := range []*attacker{first, second} {
		t.Cleanup(func() { _ = a.host.Close() })
	}
	return h, u, first, second
}

// attacked sends a bad PDU to both.
func attacked(role bt.Role, b badPDU) func(context.Context, *testing.T) (string, string) {
	return func(ctx context.Context, t *testing.T) (string, string) {
		h, u, first, second := hosts(ctx, t)
		theirs, err := attack(ctx, first, hostVictim{h}, role, b)
		if err != nil {
			t.Errorf("ble-host: %v", err)
		}
		us, err := attack(ctx, second, ourVictim{u}, role, b)
		if err != nil {
			t.Errorf("we: %v", err)
		}
		return theirs, us
	}
}

func failureWhileIdle(ctx context.Context, t *testing.T) (theirs, us string) {
	h, u, first, second := hosts(ctx, t)
	b := badPDU{bad: filled(smp.CodePairingFailed)}
	if _, err := attack(ctx, first, hostVictim{h}, bt.Central, b); err != nil {
		t.Errorf("ble-host: %v", err)
	}
	if _, err := attack(ctx, second, ourVictim{u}, bt.Central, b); err != nil {
		t.Errorf("we: %v", err)
	}
	if _, err := h.events().await(ctx, disconnected); err != nil {
		t.Error(err)
	}
	if _, err := awaitEvent[smp.DisconnectedEvent](ctx, u.events); err != nil {
		t.Error(err)
	}
	theirs, us = "reports nothing", "reports nothing"
	if h.events().count(pairingFailed) > 0 {
		theirs = "reports a failure"
	}
	for _, e := range u.events.all {
		if _, ok := e.(smp.DisconnectedEvent); !ok {
			us = fmt.Sprintf("reports %T", e)
		}
	}
	return theirs, us
}

func levelAgain(ctx context.Context, t *testing.T) (theirs, us string) {
	r := newRig(ctx, t, bleHost, bt.Central, setup{})
	legInitiator.run(r)
	r.again()
	r.drain()
	l, err := r.us.session.Encrypt(ctx)
	r.must(err, "encrypt")
	e, err := r.peer.events().await(ctx, encrypted)
	r.must(err, "encrypt")
	if e.level == nil {
		t.Fatal("ble-host told no level")
	}
	say := func(l smp.Level) string { return fmt.Sprintf("SC %v, MITM %v, %d octets", l.SC, l.MITM, l.KeySize) }
	return say(*e.level), say(l)
}

func mitmAfterJustWorks(ctx context.Context, t *testing.T) (theirs, us string) {
	r := newRig(ctx, t, bleHost, bt.Central, setup{})
	p := r.weak()
	p.offer(r)
	r.link()
	result, err := r.pair()
	r.must(err, "pair")
	e, err := r.peer.events().await(ctx, encrypted)
	r.must(err, "encrypt")
	if e.level == nil {
		t.Fatal("ble-host told no level")
	}
	return fmt.Sprintf("MITM %v", e.level.MITM), fmt.Sprintf("MITM %v", result.Level.MITM)
}

// zeroIRK pairs ble-host with us, both without an IRK, and has a stranger come
// to each whose address is made from the zero key.
func zeroIRK(ctx context.Context, t *testing.T) (theirs, us string) {
	r := newRig(ctx, t, bleHost, bt.Central, setup{})
	r.must(r.us.store.PutIdentity(bond.LocalIdentity{Address: r.us.own}), "identity")
	scJustWorks.offer(r)
	r.link()
	_, err := r.pair()
	r.must(err, "pair")
	_, err = r.peer.events().await(ctx, complete)
	r.must(err, "pair")
	kept, err := r.peer.bond(r.us.own)
	r.must(err, "bond")
	if kept == nil || kept.PeerIRK == nil || !kept.PeerIRK.IsZero() {
		t.Error("ble-host does not keep the zero key")
	}
	if ours := r.us.bond(r.peerIdentity()); ours == nil || ours.PeerIRK != nil {
		t.Error("we keep the zero key")
	}
	r.unlink()

	stranger, err := hci.NewHost(ctx, r.w.air.NewController(virtual.Config{}), hci.Options{RandomAddress: bt.Address{0xde, 0xad, 0xbe, 0xef, 0, 1}})
	r.must(err, "stranger")
	t.Cleanup(func() { _ = stranger.Close() })
	address := bt.Address{0x40, 0x12, 0x34}
	copy(address[3:], hash(address[:3]))
	r.must(stranger.Command(ctx, &hci.LESetRandomAddress{RandomAddress: address}, nil), "stranger")

	r.must(r.peer.advertise(ctx), "advertise")
	first, err := stranger.Connect(ctx, r.peer.identity())
	r.must(err, "connect")
	e, err := r.peer.events().await(ctx, connected)
	r.must(err, "connect")
	theirs, us = "knows no stranger", "knows no stranger"
	if e.bonded {
		theirs = "knows a stranger"
	}
	r.must(first.Disconnect(bt.RemoteUserTerminated), "disconnect")
	<-first.Done()

	r.must(r.us.host.Advertise(ctx, hci.AdvertisingParameters{}), "advertise")
	_, err = stranger.Connect(ctx, r.us.own)
	r.must(err, "connect")
	conn, err := r.us.host.Accept(ctx)
	r.must(err, "accept")
	session := r.us.manager.Session(conn)
	if got := session.Peer(); got.Address != address {
		t.Errorf("the stranger has the address %v, want %v", got, address)
	}
	if session.Bonded() || session.PeerIdentity() != session.Peer() {
		us = "knows a stranger"
	}
	return theirs, us
}

// hash is ah with the zero key (Core Vol 3, Part H, 2.2.2).
func hash(prand []byte) []byte {
	cipher, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		panic(err) // the size is right
	}
	var block [16]byte
	copy(block[13:], prand)
	cipher.Encrypt(block[:], block[:])
	return block[13:]
}
