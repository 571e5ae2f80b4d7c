package replay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/toolbox"
)

// setUp makes the procedure as the played side was when the exchange began.
func (p *play) setUp() error {
	own, peer := p.own(), p.peer()
	p.config = smp.Config{
		Role:          p.role,
		Local:         valueOr(own.address, bt.TypedAddress{}),
		Peer:          valueOr(peer.address, bt.TypedAddress{}),
		LocalIdentity: p.localIdentity(),
		LocalIRK:      p.ownKey(smp.CodeIdentityInformation, p.expected().irk),
		Policy:        p.policy(),
		CTKD:          p.linkKey(),
		FindBond:      func(a bt.TypedAddress) *bond.Bond { return p.bonds[a] },
		Waiting:       func() bool { return p.dueFailure() == smp.RepeatedAttempts },
		LocalOOB:      p.localOOB,
		Rand:          p.random,
		NewKeyPair:    func() smp.KeyPair { return p.pair },
		NewPasskey:    p.passkeyToShow,
		Toolbox:       &p.tools,
		Table:         p.player.Table,
		Trace:         func(row smp.Trace) { p.rows = append(p.rows, row) },
	}
	p.tools = recorder{Toolbox: smp.StandardToolbox(), stands: p.config.Peer, means: p.config.Peer}
	if own.address == nil && peer.address == nil {
		// Both sides have the zero address, and a peer with our own address is
		// refused: another one stands for it outside the cryptography.
		p.config.Peer.Address[5] = 1
		p.tools.stands = p.config.Peer
	}
	if err := p.setKeyPair(); err != nil {
		return err
	}
	p.acts = p.t.acts(p.role)
	p.setHandle()
	p.loadBond()
	proc, err := smp.NewProcedure(p.config)
	p.proc = proc
	return err
}

func valueOr[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

func (p *play) own() *side  { return &p.t.sides[p.role] }
func (p *play) peer() *side { return &p.t.sides[p.t.other(p.role)] }

// expected is what the transcript says our side has distributed.
func (p *play) expected() distributed {
	if p.t.expect.distributed == nil {
		return distributed{}
	}
	return p.t.expect.distributed[p.role]
}

// localIdentity is what we distribute, as the transcript says it or as we sent
// it; the address on the air by default.
func (p *play) localIdentity() bt.TypedAddress {
	if a := p.own().identity; a != nil {
		return *a
	}
	if a := p.expected().identity; a != nil {
		return *a
	}
	var pdu smp.IdentityAddressInformation
	if s := p.ownPDU(smp.CodeIdentityAddressInformation); s != nil && pdu.Unmarshal(s.PDU) == nil {
		return bt.TypedAddress{Type: pdu.AddressType, Address: pdu.Address}
	}
	return bt.TypedAddress{}
}

// ownPDU gives the next step in which our side sends the PDU, else its last.
func (p *play) ownPDU(code smp.PDUCode) (found *Step) {
	for i := range p.t.Steps {
		s := &p.t.Steps[i]
		if s.At != p.role || !s.carries(code) {
			continue
		}
		found = s
		if i >= p.at {
			return s
		}
	}
	return found
}

// ownKey gives a key that our side distributes in this PDU: the one that the
// transcript expects, so that a PDU with another one is found out, else the
// one in the PDU.
func (p *play) ownKey(code smp.PDUCode, expected *bt.Key) bt.Key {
	s := p.ownPDU(code)
	if expected != nil && p.count(code) <= 1 {
		return *expected
	}
	if s != nil && len(s.PDU) == 1+len(bt.Key{}) {
		return keyOf(s.PDU)
	}
	return bt.Key{}
}

// count is how often our side sends the PDU.
func (p *play) count(code smp.PDUCode) (n int) {
	for i := range p.t.Steps {
		if s := &p.t.Steps[i]; s.At == p.role && s.carries(code) {
			n++
		}
	}
	return n
}

// policy is the one under which the record can have come about.
func (p *play) policy() smp.Policy {
	return smp.Policy{
		MinKeySize:            p.minKeySize(),
		AcceptUnauthenticated: !p.fails(smp.AuthenticationRequirements),
		DebugKeys:             p.debugKeys() && !p.fails(smp.DHKeyCheckFailed),
	}
}

// minKeySize is what the exchange uses, or one more where our side finds that
// too short.
func (p *play) minKeySize() int {
	size := p.agreedSize()
	if p.fails(smp.EncryptionKeySize) {
		size = min(size+1, toolbox.MaxKeySize)
	}
	return size
}

// agreedSize is the lower of what both sides can, kept to what there is.
func (p *play) agreedSize() int {
	size := toolbox.MaxKeySize
	for r := range p.t.sides {
		if pdu := p.t.features(bt.Role(r)); pdu != nil {
			size = min(size, int(pdu[4]))
		} else if n := p.t.sides[r].maxKeySize; n != nil {
			size = min(size, *n)
		}
	}
	return max(size, toolbox.MinKeySize)
}

// fails reports whether our side ends a pairing with this reason.
func (p *play) fails(reason smp.Reason) bool {
	return slices.ContainsFunc(p.t.Steps, func(s Step) bool {
		got, ok := s.failure()
		return ok && s.At == p.role && got == reason
	})
}

func (p *play) debugKeys() bool {
	return slices.ContainsFunc(p.t.Steps, func(s Step) bool {
		key, ok := s.publicKey()
		return ok && toolbox.IsDebugKey(key)
	})
}

// publicKey gives the key of a Pairing Public Key.
func (s *Step) publicKey() (toolbox.PublicKey, bool) {
	var pdu smp.PublicKey
	if !s.carries(smp.CodePublicKey) || pdu.Unmarshal(s.PDU) != nil {
		return toolbox.PublicKey{}, false
	}
	return toolbox.PublicKey(pdu), true
}

// linkKey reports whether our side offers a link key.
func (p *play) linkKey() bool {
	f := p.features()
	return (f.InitiatorKeys|f.ResponderKeys)&smp.KeyDistributionLinkKey != 0
}

// features are what our side offers in the pairing that comes next: what the
// transcript says of the side, else what its feature PDU has.
func (p *play) features() smp.Features {
	f := smp.DefaultFeatures()
	code := [2]smp.PDUCode{smp.CodePairingRequest, smp.CodePairingResponse}[p.role]
	auth := authReqOf(&f)
	own := p.own()
	oob := false
	if s := p.ownPDU(code); s != nil && len(s.PDU) == featuresSize {
		f.IOCapability, oob, auth = smp.IOCapability(s.PDU[1]), s.PDU[2] != 0, smp.AuthReq(s.PDU[3])
		f.MaxKeySize = int(s.PDU[4])
		f.InitiatorKeys, f.ResponderKeys = smp.KeyDistribution(s.PDU[5]), smp.KeyDistribution(s.PDU[6])
	}
	if p.count(code) <= 1 {
		f.IOCapability = valueOr(own.ioCapability, f.IOCapability)
		f.MaxKeySize = valueOr(own.maxKeySize, f.MaxKeySize)
		f.InitiatorKeys = valueOr(own.keys[bt.Central], f.InitiatorKeys)
		f.ResponderKeys = valueOr(own.keys[bt.Peripheral], f.ResponderKeys)
		oob, auth = valueOr(own.oob, oob), valueOr(own.authReq, auth)
	}
	f.Bonding, f.MITM, f.SC, f.Keypress, f.CT2 = auth.Bonding() != 0, auth.MITM(), auth.SC(), auth.Keypress(), auth.CT2()
	if oob {
		f.PeerOOB = p.peerOOB()
	}
	return f
}

func authReqOf(f *smp.Features) smp.AuthReq {
	return smp.AuthReq(0).WithSC(f.SC).WithBonding(1)
}

// setKeyPair makes the key pair of our side from its private key. Without one
// the public key that it sent will do where no DHKey is needed or the
// transcript says it.
func (p *play) setKeyPair() error {
	private := p.own().privateKey
	if private == nil {
		p.pair = p.publicPair()
		return nil
	}
	pair, err := toolbox.KeyPairFromPrivate(*private)
	if err != nil {
		return fmt.Errorf("%s: private_key is none of P-256", sideNames[p.role])
	}
	p.pair = pair
	return nil
}

// publicPair is a key pair of which only the public key is known.
func (p *play) publicPair() smp.KeyPair {
	pair := publicPair{dhKey: p.t.expect.dhKey}
	if s := p.ownPDU(smp.CodePublicKey); s != nil {
		pair.public, _ = s.publicKey()
	}
	if debug, err := toolbox.DebugKeyPair(); err == nil && toolbox.IsDebugKey(pair.public) {
		return debug
	}
	return pair
}

type publicPair struct {
	public toolbox.PublicKey
	dhKey  *[32]byte
}

func (p publicPair) Public() toolbox.PublicKey { return p.public }

func (p publicPair) DH(toolbox.PublicKey) (toolbox.DHKey, error) {
	if p.dhKey == nil {
		return toolbox.DHKey{}, errors.New("smptest: neither private key nor DHKey is known")
	}
	return *p.dhKey, nil
}

// setHandle takes the connection handle from what our controller says first,
// else from the first command that it gets.
func (p *play) setHandle() {
	for _, kind := range []StepKind{EventStep, CommandStep} {
		for i := range p.t.Steps {
			if handle, ok := p.t.Steps[i].handle(); ok && p.t.Steps[i].At == p.role && p.t.Steps[i].Kind == kind {
				p.handle = handle
				return
			}
		}
	}
}

// handle gives the connection handle of a command or event that concerns us.
func (s *Step) handle() (uint16, bool) {
	if _, ok := hciLayouts[s.Code]; !ok {
		return 0, false
	}
	b := s.Params
	if s.Kind == EventStep && s.Code != ltkRequest {
		b = b[1:] // behind the status
	}
	return binary.LittleEndian.Uint16(b), true
}

// loadBond gives our side the bond that it uses before any pairing.
func (p *play) loadBond() {
	var request *smp.Input
	for i := range p.t.Steps {
		s := &p.t.Steps[i]
		if s.carries(smp.CodePairingRequest) || s.carries(smp.CodePairingResponse) {
			return
		}
		if s.At != p.role {
			continue
		}
		ltk := bond.LongTermKey{}
		switch {
		case s.Kind == EventStep && s.Code == ltkRequest:
			in, _ := hciInput(s)
			request = &in
			continue
		case s.Kind == CommandStep && s.Code == enableEncryption:
			ltk.Rand, ltk.EDIV = encryptionNumbers(s.Params)
		case s.Kind == CommandStep && s.Code == ltkReply && request != nil:
			ltk.Rand, ltk.EDIV = request.Rand, request.EDIV
		default:
			continue
		}
		ltk.Key = keyOf(s.Params)
		p.storeOld(ltk)
		return
	}
}

// storeOld keeps a bond that stands for one from an earlier link.
func (p *play) storeOld(ltk bond.LongTermKey) {
	identity := valueOr(p.peer().identity, p.config.Peer)
	p.config.PeerIdentity = identity
	b := &bond.Bond{
		Local:   p.config.LocalIdentity,
		Peer:    identity,
		SC:      ltk.EDIV == 0 && ltk.Rand == 0,
		MITM:    valueOr(p.t.expect.authenticated, true),
		Model:   uint8(smp.NumericComparison),
		KeySize: valueOr(p.t.expect.keySize, toolbox.MaxKeySize),
	}
	if b.SC || p.role == bt.Central {
		b.PeerLTK = &ltk
	}
	if b.SC || p.role == bt.Peripheral {
		b.LocalLTK = &ltk
	}
	p.bonds[identity] = b
}
