package toolbox_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// TestLegacyExchange follows a recorded Just Works pairing with a responder at a
// random address. The PDUs are as they were sent.
func TestLegacyExchange(t *testing.T) {
	t.Parallel()
	pdu := func(s string) [16]byte { return [16]byte(reversed(unhex(t, s)[1:])) }
	var (
		preq      = [7]byte(unhex(t, "01030001100707"))
		pres      = [7]byte(unhex(t, "02030001100705"))
		mconfirm  = pdu("031cb610ea02089064c7f8e59cb43a18ca")
		sconfirm  = pdu("03b86fd1c67435a394682ff14c7844e80d")
		mrand     = pdu("044048174d42a0f8d5bf6567b85e5738ac")
		srand     = pdu("042ca1b1f5549b43e9b0626ab002b86cca")
		initiator = bt.TypedAddress{Address: bt.Address{0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f}}
		responder = bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xcc, 0x11, 0x22, 0x11, 0x22, 0x11}}
		tk        bt.Key
	)
	if diff := cmp.Diff(mconfirm, toolbox.C1(tk, mrand, preq, pres, initiator, responder)); diff != "" {
		t.Errorf("initiator's confirm (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(sconfirm, toolbox.C1(tk, srand, preq, pres, initiator, responder)); diff != "" {
		t.Errorf("responder's confirm (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("e95b791fa590720b4436031c6c425431", toolbox.S1(tk, srand, mrand).Reveal()); diff != "" {
		t.Errorf("STK (-want +got):\n%s", diff)
	}
}

// TestSecureExchange follows a recorded Numeric Comparison. The PDUs are as they
// were sent.
func TestSecureExchange(t *testing.T) {
	t.Parallel()
	pdu := func(s string) [16]byte { return [16]byte(reversed(unhex(t, s)[1:])) }
	publicKey := func(s string) toolbox.PublicKey {
		octets := unhex(t, s)
		return toolbox.PublicKey{X: [32]byte(reversed(octets[1:33])), Y: [32]byte(reversed(octets[33:]))}
	}
	var (
		preq = unhex(t, "0101000d100707")
		pres = unhex(t, "0204000d100705")
		pka  = publicKey("0ce50f020a3790945a0621f7bcd5beb9248a35fdf85ee270d55ae8e7dd1390ebd4" +
			"41c8511a254401534274079c18e63b8ace7a371f185c027c6716f5302b31a9c7")
		pkb = publicKey("0c7c2739dc10fa57974a18dc0efc4bd0ac3aa44c65b5be7bd8d1fd9df8e3004ef3" +
			"aefd8e93b4a94dd3b6bd4c1dc17e675707104ed00f2323ab0986c3b96314e4e5")
		confirm   = pdu("0340356da119a68bff4f0c867e957cb8c1")
		na        = pdu("0495840d2d7afd5aa6eafd7bf06895eb77")
		nb        = pdu("042541dadfddcacd2e4979b0aa7a23287f")
		ea        = pdu("0d49bb899ea110267ae74251cd1f3b221d")
		eb        = pdu("0d5951c87b4faefeb80c41e8e0f94c2bc7")
		initiator = bt.TypedAddress{Address: bt.Address{0x01, 0x08, 0x07, 0x01, 0x01, 0x01}}
		responder = bt.TypedAddress{Address: bt.Address{0xe0, 0x94, 0x67, 0xa0, 0x61, 0xca}}
		r         [16]byte
	)
	pair, err := toolbox.KeyPairFromPrivate([32]byte(
		unhex(t, "d6df0396bed78cca6d8a36d951d2b68c6eccfb3e73f120009e60e3bc814f6bb1")))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pka, pair.Public()); diff != "" {
		t.Errorf("initiator's public key (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(confirm, toolbox.F4(pkb.X, pka.X, nb, 0)); diff != "" {
		t.Errorf("responder's confirm (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(uint32(344302), toolbox.Digits(toolbox.G2(pka.X, pkb.X, na, nb))); diff != "" {
		t.Errorf("number to compare (-want +got):\n%s", diff)
	}
	w, err := pair.DH(pkb)
	if err != nil {
		t.Fatal(err)
	}
	macKey, ltk := toolbox.F5(w, na, nb, initiator, responder)
	if diff := cmp.Diff("e7a6960458d5d797e93cbb2f970260f5", ltk.Reveal()); diff != "" {
		t.Errorf("LTK (-want +got):\n%s", diff)
	}
	ioCap := func(features []byte) [3]byte { return [3]byte(reversed(features[1:4])) }
	if diff := cmp.Diff(ea, toolbox.F6(macKey, na, nb, r, ioCap(preq), initiator, responder)); diff != "" {
		t.Errorf("Ea (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(eb, toolbox.F6(macKey, nb, na, r, ioCap(pres), responder, initiator)); diff != "" {
		t.Errorf("Eb (-want +got):\n%s", diff)
	}
}
