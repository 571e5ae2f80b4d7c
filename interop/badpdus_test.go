//go:build interop

package interop

import (
	"bytes"
	"context"
	"testing"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/smp"
)

// badPDU is something that nobody should send: what leads up to it, and it.
type badPDU struct {
	name string
	// lead are PDUs before it; after each, the PDU of the code that follows is
	// waited for.
	lead []exchange
	bad  []byte
	// reflect gives it from what the victim has sent.
	reflect func(received func(code smp.PDUCode) []byte) []byte
}

// exchange sends, where there is something to send, and waits for a code.
type exchange struct {
	send []byte
	code smp.PDUCode
}

var (
	zeros16 = make([]byte, 16)
	// A valid point: the debug key of the specification is one that everybody
	// knows, so this is another one, the base point.
	basePoint = octets("0c 96c298d84539a1f4a033eb2d817d0377f240a463e5e6bcf847422ce1f2d1176b" +
		"f551bf376840b6cbce5e316b5733ce2b169e0f7c4aebe78e9b7f1afee242e34f")
	offCurve = append(octets("0c"), append(bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)...)...)

	scRequest     = octets("01 03 00 09 10 00 00")
	legacyRequest = octets("01 03 00 01 10 00 00")
	scResponse    = octets("02 03 00 09 10 00 00")
	legacyAnswer  = octets("02 03 00 01 10 00 00")
)

func pdu(code smp.PDUCode, payload []byte) []byte { return append([]byte{byte(code)}, payload...) }

// badToResponder are sent by a central.
func badToResponder() []badPDU {
	sc := []exchange{{scRequest, smp.CodePairingResponse}}
	leg := []exchange{{legacyRequest, smp.CodePairingResponse}}
	scConfirm := append(sc, exchange{basePoint, smp.CodePairingConfirm})
	legConfirm := append(leg, exchange{pdu(smp.CodePairingConfirm, zeros16), smp.CodePairingConfirm})
	idle := []badPDU{
		{name: "Security Request to a peripheral", bad: octets("0b 00")},
		{name: "reserved code 0xff", bad: octets("ff")},
		{name: "reserved code 0x0f", bad: octets("0f 00")},
		{name: "reserved code 0x00", bad: octets("00")},
		{name: "Pairing Request cut short", bad: octets("01 ff")},
		{name: "Pairing Request with an octet too many", bad: octets("01 03 00 01 10 00 00 00")},
		{name: "key of 6 octets", bad: octets("01 03 00 01 06 00 00")},
		{name: "key of 17 octets", bad: octets("01 03 00 01 11 00 00")},
		{name: "IO capability 0x05", bad: octets("01 05 00 01 10 00 00")},
		{name: "OOB data flag 0x02", bad: octets("01 03 02 01 10 00 00")},
	}
	for code := smp.CodePairingResponse; code <= smp.CodeKeypressNotification; code++ {
		if code != smp.CodeSecurityRequest {
			idle = append(idle, badPDU{name: code.String() + " while idle", bad: filled(code)})
		}
	}
	return append(idle,
		badPDU{name: "Pairing Failed cut short while idle", bad: octets("05")},
		badPDU{name: "second Pairing Request in a pairing", lead: sc, bad: scRequest},
		badPDU{name: "Pairing Random in place of the public key", lead: sc, bad: filled(smp.CodePairingRandom)},
		badPDU{name: "Pairing Confirm in place of the public key", lead: sc, bad: filled(smp.CodePairingConfirm)},
		badPDU{name: "public key cut short", lead: sc, bad: basePoint[:64]},
		badPDU{name: "public key off the curve", lead: sc, bad: offCurve},
		badPDU{name: "public key of zeros", lead: sc, bad: pdu(smp.CodePublicKey, make([]byte, 64))},
		badPDU{name: "reserved code in a pairing", lead: sc, bad: octets("0f 00")},
		badPDU{name: "DHKey Check in place of the random", lead: scConfirm, bad: filled(smp.CodeDHKeyCheck)},
		badPDU{name: "wrong DHKey Check", lead: append(scConfirm, exchange{pdu(smp.CodePairingRandom, zeros16), smp.CodePairingRandom}), bad: filled(smp.CodeDHKeyCheck)},
		badPDU{name: "LTK in place of the DHKey Check", lead: append(scConfirm, exchange{pdu(smp.CodePairingRandom, zeros16), smp.CodePairingRandom}), bad: filled(smp.CodeEncryptionInformation)},
		badPDU{name: "legacy: Pairing Random in place of the confirm", lead: leg, bad: filled(smp.CodePairingRandom)},
		badPDU{name: "legacy: public key in place of the confirm", lead: leg, bad: basePoint},
		badPDU{name: "legacy: confirm cut short", lead: leg, bad: octets("03 00")},
		badPDU{name: "legacy: wrong random", lead: legConfirm, bad: filled(smp.CodePairingRandom)},
		badPDU{name: "legacy: second confirm", lead: legConfirm, bad: filled(smp.CodePairingConfirm)},
	)
}

// badToInitiator are sent by a peripheral, to whom the victim sends a Pairing
// Request.
func badToInitiator() []badPDU {
	asked := []exchange{{nil, smp.CodePairingRequest}}
	sc := append(asked, exchange{scResponse, smp.CodePublicKey})
	leg := append(asked, exchange{legacyAnswer, smp.CodePairingConfirm})
	scRandom := append(sc, exchange{basePoint, 0}, exchange{pdu(smp.CodePairingConfirm, zeros16), smp.CodePairingRandom})
	legRandom := append(leg, exchange{pdu(smp.CodePairingConfirm, zeros16), smp.CodePairingRandom})
	return []badPDU{
		{name: "Pairing Request to a central", lead: asked, bad: scRequest},
		{name: "Pairing Response cut short", lead: asked, bad: octets("02 03")},
		{name: "Pairing Response with a key of 6 octets", lead: asked, bad: octets("02 03 00 09 06 00 00")},
		{name: "Pairing Response with IO capability 0x05", lead: asked, bad: octets("02 05 00 09 10 00 00")},
		{name: "Pairing Response with keys that were not asked for", lead: asked, bad: octets("02 03 00 09 10 0f 0f")},
		{name: "Security Request in place of the response", lead: asked, bad: octets("0b 01")},
		{name: "public key in place of the response", lead: asked, bad: basePoint},
		{name: "reserved code in a pairing", lead: asked, bad: octets("0f 00")},
		{name: "second Pairing Response", lead: sc, bad: scResponse},
		{name: "Pairing Confirm in place of the public key", lead: sc, bad: filled(smp.CodePairingConfirm)},
		{name: "public key off the curve", lead: sc, bad: offCurve},
		{name: "public key of the initiator, reflected", lead: sc, reflect: func(received func(smp.PDUCode) []byte) []byte { return received(smp.CodePublicKey) }},
		{name: "wrong random", lead: scRandom, bad: filled(smp.CodePairingRandom)},
		{name: "second confirm", lead: scRandom, bad: filled(smp.CodePairingConfirm)},
		{name: "legacy: random in place of the confirm", lead: leg, bad: filled(smp.CodePairingRandom)},
		{name: "legacy: wrong random", lead: legRandom, bad: filled(smp.CodePairingRandom)},
		{name: "legacy: confirm of the initiator, reflected", lead: leg, reflect: func(received func(smp.PDUCode) []byte) []byte { return received(smp.CodePairingConfirm) }},
		{name: "legacy: LTK before encryption", lead: legRandom, bad: filled(smp.CodeEncryptionInformation)},
	}
}

// filled gives a PDU of the right size with octets that mean nothing.
func filled(code smp.PDUCode) []byte {
	sizes := map[smp.PDUCode]int{
		smp.CodePairingResponse: 6, smp.CodePairingFailed: 1, smp.CodeCentralIdentification: 10,
		smp.CodeIdentityAddressInformation: 7, smp.CodePublicKey: 64, smp.CodeKeypressNotification: 1,
	}
	size, ok := sizes[code]
	if !ok {
		size = 16
	}
	if code == smp.CodePairingResponse {
		return scResponse
	}
	return pdu(code, bytes.Repeat([]byte{1}, size))
}

// victim is somebody whom bad PDUs are sent to.
type victim interface {
	identity() bt.TypedAddress
	accept(ctx context.Context) error                        // gets connectable
	pairWith(ctx context.Context, who bt.TypedAddress) error // connects and sends a Pairing Request
	settled(ctx context.Context, a *attacker) error          // has answered all that was sent
}

// linuxVictim is the kernel.
type linuxVictim struct{ *linux }

func (v linuxVictim) accept(ctx context.Context) error { return v.advertise(ctx) }

func (v linuxVictim) pairWith(ctx context.Context, who bt.TypedAddress) error {
	if err := v.connect(ctx, who); err != nil {
		return err
	}
	return v.pair(ctx)
}

// settled also gives Linux the consent to Just Works that it asks for, so that
// what comes does not depend on how fast a user is.
func (v linuxVictim) settled(ctx context.Context, a *attacker) error {
	if err := a.barrier(ctx); err != nil {
		return err
	}
	// What the kernel has asked comes before the answer to this.
	if _, err := v.mgmt(ctx, mgmtReadInfo, nil); err != nil {
		return err
	}
	if v.events().drop(compareNumber) == 0 {
		return nil
	}
	// It may be that nothing waits for it any more.
	if err := v.compare(ctx, true); err != nil {
		return err
	}
	if _, err := v.mgmt(ctx, mgmtReadInfo, nil); err != nil {
		return err
	}
	return a.barrier(ctx)
}

// ourVictim is our host.
type ourVictim struct{ *us }

func (v ourVictim) identity() bt.TypedAddress { return v.own }

func (v ourVictim) accept(ctx context.Context) error {
	return v.host.Advertise(ctx, hci.AdvertisingParameters{})
}

func (v ourVictim) pairWith(ctx context.Context, who bt.TypedAddress) error {
	conn, err := v.host.Connect(ctx, who)
	if err != nil {
		return err
	}
	session := v.manager.Session(conn)
	go func() { _, _ = session.Pair(ctx, v.offered()) }()
	return nil
}

// settled waits for the session too: the signalling answer shows only that it
// has got the PDU.
func (v ourVictim) settled(ctx context.Context, a *attacker) error {
	if err := a.barrier(ctx); err != nil {
		return err
	}
	for _, s := range v.manager.Sessions() {
		_ = s.NotifyKeypress(smp.PasskeyEntryStarted) // refused, but in its turn
	}
	return a.barrier(ctx)
}

// attack makes a link, leads up to the bad PDU, sends it, and tells what came
// of it.
func attack(ctx context.Context, a *attacker, v victim, role bt.Role, b badPDU) (string, error) {
	a.begin()
	var err error
	if role == bt.Central { // the attacker's
		if err := v.accept(ctx); err != nil {
			return "", err
		}
		if a.link, err = a.host.Connect(ctx, v.identity()); err != nil {
			return "", err
		}
	} else {
		if err := a.host.Advertise(ctx, hci.AdvertisingParameters{}); err != nil {
			return "", err
		}
		done := make(chan error, 1)
		go func() { done <- v.pairWith(ctx, a.own) }()
		if a.link, err = a.host.Accept(ctx); err != nil {
			return "", err
		}
		if err := <-done; err != nil {
			return "", err
		}
	}
	defer func() {
		_ = a.link.Disconnect(bt.RemoteUserTerminated)
		<-a.link.Done()
	}()
	for _, e := range b.lead {
		if e.send != nil {
			if err := a.send(ctx, e.send); err != nil {
				return "", err
			}
			if err := v.settled(ctx, a); err != nil {
				return "", err
			}
		}
		if e.code != 0 {
			if _, err := a.await(ctx, byte(e.code)); err != nil {
				return "", err
			}
		}
	}
	if err := v.settled(ctx, a); err != nil {
		return "", err
	}
	before, bad := a.count(), b.bad
	if b.reflect != nil {
		bad = b.reflect(func(code smp.PDUCode) []byte {
			pdu, err := a.await(ctx, byte(code))
			if err != nil {
				return nil
			}
			return pdu
		})
	}
	if err := a.send(ctx, bad); err != nil {
		return "", err
	}
	if err := v.settled(ctx, a); err != nil {
		return "", err
	}
	return a.answers(before), nil
}

// badPDUs sends the same bad PDUs to Linux and to us.
func badPDUs(t *testing.T) {
	for _, part := range []struct {
		name string
		role bt.Role // of the attacker
		list []badPDU
	}{{"to a responder", bt.Central, badToResponder()}, {"to an initiator", bt.Peripheral, badToInitiator()}} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 3*caseLimit)
			defer cancel()
			prey := victims(ctx, t)
			for _, b := range part.list {
				var answers [2]string
				for i, v := range prey {
					var err error
					if answers[i], err = attack(ctx, v.attacker, v.victim, part.role, b); err != nil {
						t.Fatalf("%s, %s: %v", b.name, v.name, err)
					}
				}
				t.Logf("%s: Linux: %s; we: %s", b.name, answers[0], answers[1])
				found.compare(part.name, Comparison{Name: b.name, Peer: answers[0], Us: answers[1]})
			}
		})
	}
}

type prey struct {
	name     string
	victim   victim
	attacker *attacker
}

// victims are Linux and we, each with an attacker and an air of its own.
func victims(ctx context.Context, t *testing.T) []prey {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	there, here := newWorld(t), newWorld(t)
	l := newLinux()
	t.Cleanup(l.stop)
	must(l.start(ctx, there, peerOptions{}))
	must(l.offer(ctx, features(smp.NoInputNoOutput)))
	u, err := newUs(ctx, here, usOptions{})
	must(err)
	t.Cleanup(func() { _ = u.host.Close() })
	u.offer(features(smp.NoInputNoOutput), smp.Prompter{})
	first, err := newAttacker(ctx, there)
	must(err)
	second, err := newAttacker(ctx, here)
	must(err)
	for _, a := range []*attacker{first, second} {
		t.Cleanup(func() { _ = a.host.Close() })
	}
	return []prey{{"Linux", linuxVictim{l}, first}, {"us", ourVictim{u}, second}}
}
