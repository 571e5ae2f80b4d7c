package dissect_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/internal/dissect"
	"blesmp/smp"
	"blesmp/smp/toolbox"
)

const (
	mitm = smp.AuthReqMITM
	sc   = smp.AuthReqSC
)

func key32(s string) (k [32]byte) { copy(k[:], octets(s)); return k }
func key16(s string) (k [16]byte) { copy(k[:], octets(s)); return k }

// The sample data of g2 (Core Vol 3, Part H, appendix D.5). U belongs to the
// debug key.
var (
	sampleU = key32("20b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de6")
	sampleV = key32("55188b3d32f6bb9a900afcfbeed4e72a59cb9ac2f19d7cfb6b4fdd49f47fc5fd")
	sampleX = key16("d5cb8454d177733effffb2ec712baeab")
	sampleY = key16("a6e8e7cc25a75f6e216583f7ff3dc4cf")
)

// fresh is a public key of a device.
func fresh(t *testing.T, private byte) *smp.PublicKey {
	t.Helper()
	pair, err := toolbox.KeyPairFromPrivate([32]byte{31: private})
	if err != nil {
		t.Fatal(err)
	}
	return &smp.PublicKey{X: pair.Public().X, Y: pair.Public().Y}
}

func TestTracker(t *testing.T) {
	const (
		scJustWorks = "model: LE Secure Connections, just works, no MITM protection, 16 octets, bonding"
		scPasskey   = "model: LE Secure Connections, passkey, initiator types, MITM protection, 16 octets, bonding"
		legacyJW    = "model: legacy pairing, just works, no MITM protection, 16 octets, bonding"
		encrypted   = "encrypted: encrypted with the new key: both sides have the same, so the authentication succeeded"
	)
	none := smp.KeyDistribution(0)
	for _, test := range []struct {
		name string
		own  dissect.Side
		play func(h *host)
		want []string
	}{
		{"SC, no keys", c, func(h *host) {
			h.features(smp.NoInputNoOutput, smp.NoInputNoOutput, sc, none)
			h.sent(hci.AppendCommand(nil, &hci.LEEnableEncryption{ConnectionHandle: handle}))
			h.encryption(bt.Success)
		}, []string{scJustWorks, encrypted,
			"paired: paired: LE Secure Connections, just works, no MITM protection, 16 octets; unauthenticated"}},
		{"legacy, LTK and identity both ways, seen by the peripheral", p, func(h *host) {
			h.features(smp.NoInputNoOutput, smp.NoInputNoOutput, 0, smp.KeyDistributionEncKey|smp.KeyDistributionIdKey)
			h.received(hci.AppendLEEvent(nil, &hci.LELongTermKeyRequest{ConnectionHandle: handle}))
			h.sent(hci.AppendCommand(nil, &hci.LELongTermKeyRequestReply{ConnectionHandle: handle}))
			h.encryption(bt.Success)
			for _, from := range []dissect.Side{p, c} {
				h.send(from, &smp.EncryptionInformation{}, &smp.CentralIdentification{}, &smp.IdentityInformation{})
				if len(h.notes) != 2 {
					h.t.Errorf("done before the last key: %q", h.told())
				}
				h.send(from, &smp.IdentityAddressInformation{Address: central.Address})
			}
		}, []string{legacyJW, encrypted,
			"paired: paired: legacy pairing, just works, no MITM protection, 16 octets; unauthenticated"}},
		{"the number of the sample data", c, func(h *host) {
			h.features(smp.DisplayYesNo, smp.DisplayYesNo, mitm|sc, none)
			h.send(c, &smp.PublicKey{X: sampleU, Y: key32("dc809c49652aeb6d63329abf5a52155c766345c28fed3024741c8ed01589d28b")})
			h.send(p, &smp.PublicKey{X: sampleV})
			h.send(p, &smp.PairingConfirm{})
			h.send(c, &smp.PairingRandom{Value: sampleX})
			h.send(p, &smp.PairingRandom{Value: sampleY})
		}, []string{
			"model: LE Secure Connections, numeric comparison, MITM protection, 16 octets, bonding",
			"debug-key: the published debug key: everyone who listens can work out the LTK",
			"warning: this public key is no point of the curve: the receiver has to refuse it with DHKey check failed (0x0b) | an invalid curve attack, or a broken stack",
			"number: both devices show 938554, and both users have to say yes"}},
		{"passkey rounds, and passkeys that differ", c, func(h *host) {
			h.features(smp.KeyboardOnly, smp.DisplayOnly, mitm|sc, none)
			for range 2 {
				h.send(c, &smp.PairingConfirm{})
				h.send(p, &smp.PairingConfirm{})
				h.send(c, &smp.PairingRandom{})
				h.send(p, &smp.PairingRandom{})
			}
			h.send(c, &smp.PairingFailed{Reason: smp.ConfirmValueFailed})
		}, []string{scPasskey, "round: passkey round 1 of 20", "round: passkey round 2 of 20",
			"failed: the pairing failed: the central ended it: confirm value failed | the passkeys are not the same (round 2 of 20 did not match), or somebody guesses"}},
		{"reflected and debug keys", c, func(h *host) {
			h.features(smp.NoInputNoOutput, smp.NoInputNoOutput, sc, none)
			h.send(c, fresh(h.t, 7))
			h.send(p, fresh(h.t, 7))
			h.features(smp.NoInputNoOutput, smp.NoInputNoOutput, sc, none)
			debug, err := toolbox.DebugKeyPair()
			if err != nil {
				h.t.Fatal(err)
			}
			h.send(c, fresh(h.t, 8))
			h.send(p, &smp.PublicKey{X: debug.Public().X, Y: debug.Public().Y})
			h.encryption(bt.Success)
		}, []string{scJustWorks,
			"warning: the peer's own public key came back: the receiver has to refuse it | a reflection attack",
			"warning: a new pairing begins before the old one has ended", scJustWorks,
			"debug-key: the published debug key: everyone who listens can work out the LTK", encrypted,
			"paired: paired: LE Secure Connections, just works, no MITM protection, 16 octets; worthless: made with the debug key, which everybody knows"}},
		{"MITM protection that cannot be", p, func(h *host) {
			h.features(smp.NoInputNoOutput, smp.KeyboardDisplay, mitm, none)
			h.send(p, &smp.PairingFailed{Reason: smp.AuthenticationRequirements})
		}, []string{legacyJW,
			"warning: MITM protection was asked for, but this model has none: the side that needs it fails the pairing | the IO capabilities NoInputNoOutput and KeyboardDisplay allow nothing better",
			"failed: the pairing failed: the peripheral ended it: authentication requirements not met | one side insists on MITM protection, but with NoInputNoOutput and KeyboardDisplay there is only Just Works; give one of the devices a keyboard or a display, or do not ask for it"}},
		{"one side without SC, a short key", c, func(h *host) {
			h.send(c, &smp.PairingRequest{IOCapability: smp.NoInputNoOutput, AuthReq: sc, MaxKeySize: 16})
			h.send(p, &smp.PairingResponse{IOCapability: smp.NoInputNoOutput, MaxKeySize: 7})
			h.send(c, &smp.PairingFailed{Reason: smp.EncryptionKeySize})
		}, []string{"model: legacy pairing, just works, no MITM protection, 7 octets, no bonding",
			"warning: one side only can do LE Secure Connections: legacy pairing, whose keys a listener can find out",
			"warning: a key of 7 octets is weak, and refused by many",
			"failed: the pairing failed: the central ended it: encryption key size insufficient | the central can do keys of up to 16 octets, the peripheral of up to 7; the sender wants more"}},
		{"not pairable", c, func(h *host) {
			h.send(c, &smp.PairingRequest{MaxKeySize: 16})
			h.send(p, &smp.PairingFailed{Reason: smp.PairingNotSupported})
		}, []string{"failed: the pairing failed: the peripheral ended it: pairing not supported | the device is not in its pairing mode, or takes no more bonds"}},
		{"refused request for security", p, func(h *host) {
			h.send(p, &smp.SecurityRequest{AuthReq: sc.WithMITM(true).WithBonding(1)})
			h.send(c, &smp.PairingFailed{Reason: 0x42})
		}, []string{"asked: the peripheral asks for encryption with MITM protection, LE Secure Connections, a bond; the central encrypts with its bond or pairs",
			"failed: the central refuses: Reason(0x42) | the reason is of no specification that is known here"}},
		{"malformed", c, func(h *host) {
			h.pdu(c, octets("01 00"))
			h.send(c, &smp.PairingRequest{MaxKeySize: 16})
			h.pdu(p, octets("05"))
		}, []string{"warning: malformed: the receiver should answer with invalid parameters (0x0a) | a bug in the stack of the sender, or an attack",
			"failed: the pairing failed: a malformed Pairing Failed | a bug in the stack of the sender"}},
		{"encrypted with a bond", c, func(h *host) {
			h.sent(hci.AppendCommand(nil, &hci.LEEnableEncryption{ConnectionHandle: handle, RandomNumber: 1}))
			h.encryption(bt.Success)
		}, []string{"encrypted: encrypted with the key of a bond, without pairing"}},
		{"the peer lost the bond", c, func(h *host) {
			h.sent(hci.AppendCommand(nil, &hci.LEEnableEncryption{ConnectionHandle: handle, RandomNumber: 1}))
			h.encryption(bt.PINOrKeyMissing)
		}, []string{"lost: the link could not be encrypted: PIN or key missing (0x06) | the peer has lost the bond; remove it here, too, and pair again. If the peer was not reset, somebody else may be using its address"}},
		{"we lost the bond", p, func(h *host) {
			h.received(hci.AppendLEEvent(nil, &hci.LELongTermKeyRequest{ConnectionHandle: handle, RandomNumber: 1}))
			h.sent(hci.AppendCommand(nil, &hci.LELongTermKeyRequestNegativeReply{ConnectionHandle: handle}))
		}, []string{"lost: the peripheral has no key for this central | the bond was removed at the peripheral, or it forgot it; remove it at the central, too, and pair again"}},
		{"bonds that differ", c, func(h *host) { h.disconnected(bt.MICFailure) },
			[]string{"lost: the link broke as the encryption began: connection terminated due to MIC failure (0x3d) | the two sides hold different keys for each other; remove the bond on both and pair again"}},
		{"encryption of a pairing fails", c, func(h *host) {
			h.features(smp.NoInputNoOutput, smp.NoInputNoOutput, sc, none)
			h.encryption(bt.PINOrKeyMissing)
		}, []string{scJustWorks, "failed: the pairing failed: the encryption failed: PIN or key missing (0x06) | the two sides worked out different keys, or the peer's host did not give its controller the key"}},
		{"the link goes away", c, func(h *host) {
			h.features(smp.NoInputNoOutput, smp.NoInputNoOutput, sc, none)
			h.send(c, fresh(h.t, 3))
			h.disconnected(bt.ConnectionTimeout)
		}, []string{scJustWorks, "failed: the pairing failed: the link ended in the middle of it, after Pairing Public Key from the central: connection timeout (0x08) | the devices lost sight of each other, or one of them crashed"}},
		{"timeout", c, func(h *host) {
			h.features(smp.NoInputNoOutput, smp.NoInputNoOutput, sc, none)
			h.now = h.now.Add(30 * time.Second)
			h.sent(hci.AppendCommand(nil, &hci.Reset{}))
			h.disconnected(bt.LocalHostTerminated)
		}, []string{scJustWorks, "timeout: the pairing timed out: nothing for 30 s after Pairing Response from the peripheral; no pairing can follow on this link | a person did not answer in time, or one side waits for a PDU that the other believes it has sent"}},
		{"the recording ends", c, func(h *host) {
			h.send(c, &smp.PairingRequest{MaxKeySize: 16})
			h.notes = append(h.notes, h.tracker.End()...)
		}, []string{"ended: the capture ends before the pairing does; last came Pairing Request from the central"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t, test.own)
			test.play(h)
			if diff := cmp.Diff(test.want, h.told()); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			for _, n := range h.notes {
				if n.Addresses.Central != central || n.Addresses.Peripheral != peripheral {
					t.Errorf("%s: addresses %v", n.Topic, n.Addresses)
				}
			}
		})
	}
}

// TestReasonsHaveCauses plays every reason that there is.
func TestReasonsHaveCauses(t *testing.T) {
	for r := smp.PasskeyEntryFailed; r <= smp.Busy; r++ {
		h := newHost(t, c)
		h.send(c, &smp.PairingRequest{MaxKeySize: 16})
		h.send(p, &smp.PairingFailed{Reason: r})
		if len(h.notes) != 1 || h.notes[0].Reason != r || len(h.notes[0].Cause) < 20 || h.notes[0].Cause == "the reason is of no specification that is known here" {
			t.Errorf("%v: %+v", r, h.notes)
		}
	}
}
