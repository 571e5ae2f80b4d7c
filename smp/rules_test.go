package smp

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/smp/toolbox"
)

// TestRulesAreTheTable steps Procedures that were put into any state, with
// anything in their slots and memory, once by the generated code and once by the
// table as data. Both have to take the same rules and do the same, and nothing
// where the table ignores an event.
func TestRulesAreTheTable(t *testing.T) {
	const tries = 100 // of each event in each state
	data := *Table()  // another table, so that the rules are not run as code
	taken := make([]bool, len(data.Rules))
	for role := range data.Roles {
		for state := range data.States {
			for event := range data.Events {
				if data.Cell(uint8(role), uint8(state), uint8(event)).Len == 0 {
					continue
				}
				for try := range tries {
					seed := [2]uint64{uint64(role)<<32 | uint64(state)<<16 | uint64(event), uint64(try)}
					code, want := stepAnything(t, nil, seed, taken), stepAnything(t, &data, seed, taken)
					if ignored := data.Ignores(uint8(role), uint8(state), uint8(event)); ignored && (len(want.Effects) > 0 || int(want.Machine.State) != state) {
						t.Fatalf("%s in %s is ignored, and does %+v", data.Events[event], data.States[state].Name, want)
					}
					if reflect.DeepEqual(code, want) {
						continue
					}
					if diff := cmp.Diff(want, code, cmpopts.EquateErrors(), cmp.AllowUnexported(PairingError{}, PolicyError{})); diff != "" {
						t.Fatalf("%s in %s, seed %v: the table and the code differ (-table +code):\n%s", data.Events[event], data.States[state].Name, seed, diff)
					}
				}
			}
		}
	}
	missed := 0
	for i, was := range taken {
		if !was && data.Rules[i].Flags&table.Unreachable == 0 {
			missed++
			t.Logf("rule %d (line %d) was never taken", i, data.Rules[i].Line)
		}
	}
	if missed > 0 {
		t.Errorf("%d of %d rules were never taken", missed, len(taken))
	}
}

// keyOfRules is the key pair of both that are compared, the same in every run.
var keyOfRules = sync.OnceValue(func() KeyPair {
	pair, err := toolbox.KeyPairFromPrivate([32]byte{31: 7})
	if err != nil {
		panic(err)
	}
	return pair
})

// stepped is what came of a step.
type stepped struct {
	Machine table.Machine
	Rules   []int
	Effects []Effect
	Errors  []string
}

// stepAnything steps a Procedure of which all is random that rules may look at.
// The same seed gives the same one.
func stepAnything(t *testing.T, data *table.Table, seed [2]uint64, taken []bool) stepped {
	t.Helper()
	r := rand.New(rand.NewPCG(seed[0], seed[1]))
	role, state, event := uint8(seed[0]>>32), uint8(seed[0]>>16), uint8(seed[0])
	var got stepped
	identities := []bt.TypedAddress{ourselves, public, static, {}}
	bonds := make([]*bond.Bond, len(identities))
	for i := range bonds {
		bonds[i] = anyBond(r, identities)
	}
	key, source := keyOfRules(), chacha(seed)
	p, err := NewProcedure(Config{
		Role: bt.Role(role), Local: ourselves, Peer: pick(r, identities[:3]),
		PeerIdentity: pick(r, identities),
		Policy:       anyPolicy(r),
		CTKD:         coin(r),
		FindBond: func(peer bt.TypedAddress) *bond.Bond {
			for i, identity := range identities {
				if identity == peer {
					return bonds[i]
				}
			}
			return nil
		},
		Waiting:    func() bool { return seed[1]%5 == 0 },
		Encrypted:  coin(r),
		LocalOOB:   func() *LocalOOB { return nil },
		Rand:       func(b []byte) { _, _ = source.Read(b) },
		NewKeyPair: func() KeyPair { return key },
		Toolbox:    coinTools{},
		Table:      data,
		Trace: func(one Trace) {
			got.Rules = append(got.Rules, one.Rule())
			taken[one.Rule()] = true
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.machine.State = state
	for i, s := range Table().Slots {
		p.machine.Slots[i] = pick(r, []uint8{0, uint8(r.IntN(int(s.Max) + 1))})
	}
	p.onBond, p.question, p.arming = coin(r), 1, 1
	p.memory = memories.Get().(*memory)
	p.pairing = anyPairing(r, State(state), key)
	in := anyInput(t, r, EventKind(event))
	for _, e := range p.Step(nil, in) {
		if e.Err != nil {
			got.Errors = append(got.Errors, fmt.Sprintf("%v %+v", e.Err, e.Err.Line))
			e.Err = nil
		}
		got.Effects = append(got.Effects, e)
	}
	got.Machine = p.machine
	return got
}

func coin(r *rand.Rand) bool { return r.IntN(2) == 0 }

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

func chacha(seed [2]uint64) *rand.ChaCha8 {
	var octets [32]byte
	binary.LittleEndian.PutUint64(octets[:], seed[0])
	binary.LittleEndian.PutUint64(octets[8:], seed[1])
	return rand.NewChaCha8(octets)
}

// few are octets of which two are often the same.
func few(r *rand.Rand) (b [16]byte) {
	b[15] = byte(r.IntN(2))
	return b
}

func anyPolicy(r *rand.Rand) Policy {
	if coin(r) {
		return Policy{MinKeySize: 7}
	}
	policy := Policy{NotPairable: r.IntN(6) == 0, SCOnly: r.IntN(8) == 0, RequireMITM: r.IntN(8) == 0, Repairing: Repairing(r.IntN(int(RepairAlways) + 1))}
	if !policy.SCOnly {
		policy.MinKeySize = 7 + r.IntN(10)
	}
	return policy
}

// anyBond gives a bond or none.
func anyBond(r *rand.Rand, identities []bt.TypedAddress) *bond.Bond {
	if coin(r) {
		return nil
	}
	b := &bond.Bond{Local: ourselves, Peer: pick(r, identities), SC: coin(r), MITM: coin(r), KeySize: 7 + r.IntN(10), LocalLTK: &bond.LongTermKey{Key: few(r), EDIV: uint16(r.IntN(2)), Rand: uint64(r.IntN(2))}}
	if coin(r) {
		b.PeerLTK = &bond.LongTermKey{Key: few(r)}
	}
	return b
}

func anyPairing(r *rand.Rand, state State, key KeyPair) pairing {
	request := PairingRequest{
		IOCapability: IOCapability(r.IntN(5)), OOBDataFlag: OOBDataFlag(r.IntN(2)), AuthReq: AuthReq(r.IntN(64)), MaxKeySize: uint8(7 + r.IntN(10)),
		InitiatorKeyDistribution: KeyDistribution(r.IntN(16)), ResponderKeyDistribution: KeyDistribution(r.IntN(16)),
	}
	x := pairing{
		features: DefaultFeatures(), request: request, response: PairingResponse(request),
		passkey: uint32(r.IntN(passkeyLimit)), tk: few(r), nonce: [2][16]byte{few(r), few(r)}, confirm: few(r), peerConfirm: few(r),
		pair: key, public: [2]toolbox.PublicKey{key.Public(), {X: [32]byte{byte(r.IntN(2))}}}, check: few(r), peerCheck: few(r),
		sessionKey: few(r), keypress: KeypressType(r.IntN(5)),
	}
	x.response.MaxKeySize = uint8(7 + r.IntN(10))
	x.features.MITM = r.IntN(4) == 0
	tk, confirm, random := bt.Key(few(r)), few(r), few(r)
	x.features.PeerOOB = &PeerOOB{Address: public, TK: &tk, Confirm: &confirm, Random: &random}
	x.oob = &LocalOOB{pair: key, Random: few(r)}
	if state == StateAwaitConsent || state == StateAwaitResponse || state == StateJudge { // who lacks data goes no further
		if coin(r) {
			x.oob = nil
		}
		if coin(r) {
			x.features.PeerOOB = nil
		}
	}
	for i := range x.keys {
		if coin(r) {
			x.keys[i].keepLTK(LongTermKey{Key: few(r)})
		}
		x.keys[i].keepIRK(few(r))
	}
	return x
}

// anyInput gives an event of a kind, PDUs as a peer could send them.
func anyInput(t *testing.T, r *rand.Rand, event EventKind) Input {
	t.Helper()
	in := Input{
		Event: event, Question: 1, Arming: 1, Replace: coin(r), Passkey: uint32(r.IntN(passkeyLimit)), Reason: Reason(r.IntN(3)),
		Keypress: KeypressType(r.IntN(5)), EDIV: uint16(r.IntN(2)), Rand: uint64(r.IntN(2)), Security: AuthReq(r.IntN(16)), Scratch: new(Scratch),
	}
	switch event {
	case EventMalformedPDU:
		in.PDU = []byte{byte(r.IntN(15))}
		return in
	case EventReservedPDU:
		in.PDU = []byte{0xee, 1}
		return in
	}
	for _, pdu := range generatedPDUs {
		if pdu.name != event.String() {
			continue
		}
		in.PDU = octetsOf(t, pick(r, pdu.examples))
		switch event {
		case EventPairingRequest, EventPairingResponse:
			in.PDU[1], in.PDU[2], in.PDU[3], in.PDU[4] = byte(r.IntN(5)), byte(r.IntN(2)), byte(r.IntN(64)), byte(7+r.IntN(10))
		case EventPairingConfirm, EventPairingRandom, EventDHKeyCheck, EventEncryptionInformation:
			clear(in.PDU[1:])
			in.PDU[1] = byte(r.IntN(2))
		case EventPublicKey: // now and then our own
			clear(in.PDU[1:])
			if in.PDU[1] = byte(r.IntN(2)); r.IntN(4) == 0 {
				own := keyOfRules().Public()
				in.PDU = (&PublicKey{X: own.X, Y: own.Y}).AppendTo(nil)
			}
		case EventIdentityAddressInformation:
			identity := pick(r, []bt.TypedAddress{ourselves, public, static})
			in.PDU = (&IdentityAddressInformation{AddressType: identity.Type, Address: identity.Address}).AppendTo(nil)
		}
	}
	return in
}

// coinTools is cryptography of which every second result is another one, so that
// what is compared is equal about as often as not.
type coinTools struct{ realToolbox }

func (coinTools) C1(tk bt.Key, r [16]byte, _, _ [7]byte, _, _ bt.TypedAddress) (c [16]byte) {
	c[15] = tk[15] ^ r[15]
	return c
}

func (coinTools) S1(tk bt.Key, responder, _ [16]byte) (key bt.Key) {
	key[0], key[15] = 1, tk[15]^responder[15]
	return key
}

func (coinTools) F4(u, v [32]byte, x [16]byte, z byte) (c [16]byte) {
	c[15] = (u[0] ^ v[0] ^ x[15] ^ z) & 1
	return c
}

func (coinTools) F5(_ toolbox.DHKey, n1, n2 [16]byte, _, _ bt.TypedAddress) (macKey, ltk bt.Key) {
	macKey[15], ltk[15], ltk[0] = n1[15], n2[15], 1
	return macKey, ltk
}

func (coinTools) F6(w bt.Key, n1, n2, r [16]byte, _ [3]byte, _, _ bt.TypedAddress) (c [16]byte) {
	c[15] = (w[15] ^ n1[15] ^ n2[15] ^ r[15]) & 1
	return c
}

func (coinTools) ValidPublicKey(key toolbox.PublicKey) bool { return key.X[31]&1 == 0 }

func (coinTools) DHKey(KeyPair, toolbox.PublicKey) toolbox.DHKey { return toolbox.DHKey{1} }
