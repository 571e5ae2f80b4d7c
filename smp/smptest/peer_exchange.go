package smptest

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/toolbox"
)

// Plan is what a Peer does in one pairing, and what it takes for agreed.
type Plan struct {
	// Role is the peer's: a central sends the Pairing Request.
	Role bt.Role

	// SC and Model are the pairing that is to come about. The script follows
	// them; it does not look them up in the features.
	SC    bool
	Model smp.AssociationModel

	// Features are the fields of the peer's Pairing Request or Response.
	Features smp.PairingRequest

	// Keys are what the initiator and the responder distribute in the end, by
	// index of bt.Role. EncKey does not count with SC.
	Keys [2]smp.KeyDistribution

	// Passkey gives the passkey: the one that the device shows, or the one that
	// its user types. It is asked when the peer needs it.
	Passkey func() (uint32, error)

	// Compare is told the number of Numeric Comparison; nil does without.
	Compare func(number uint32) error

	// TK is the out-of-band data of legacy pairing.
	TK bt.Key

	// OwnOOB is the data that the peer gave to the device, DeviceOOB what the
	// device gave to the peer, for LE Secure Connections; nil for none.
	OwnOOB    *OOB
	DeviceOOB *OOB

	// KeyPair is the peer's; nil draws one.
	KeyPair *toolbox.KeyPair

	// Trusting leaves out the checks of the device's confirm values and DHKey
	// Check, for a peer that is wrong itself.
	Trusting bool

	// Distributed are the keys that the peer sends; nil draws them.
	Distributed *PeerKeys
}

// OOB is out-of-band data of LE Secure Connections, most significant octet
// first. KeyPair is that of its maker, where the maker is the peer.
type OOB struct {
	Confirm, Random [16]byte
	KeyPair         *toolbox.KeyPair
}

// PeerKeys are what a peer distributes, or has received.
type PeerKeys struct {
	LTK      bt.Key
	EDIV     uint16
	Rand     uint64
	IRK      bt.Key
	Identity bt.TypedAddress
	CSRK     bt.Key
}

// NewOOB makes out-of-band data of a peer.
func NewOOB() (*OOB, error) {
	pair, err := toolbox.NewKeyPair(rand.Reader)
	if err != nil {
		return nil, err
	}
	o := &OOB{KeyPair: pair}
	fill(o.Random[:])
	x := pair.Public().X
	o.Confirm = toolbox.F4(x, x, o.Random, 0)
	return o, nil
}

// Exchange is what a Peer knows of the pairing that it plays. Values of both
// sides are indexed by bt.Role. A script may change them between two steps, to
// go wrong.
type Exchange struct {
	AsSent  [2][7]byte // Pairing Request and Response, code octet first
	TK      bt.Key
	Passkey uint32
	Nonce   [2][16]byte
	Confirm [2][16]byte

	KeyPair *toolbox.KeyPair
	Public  [2]toolbox.PublicKey
	DHKey   toolbox.DHKey
	R       [2][16]byte // of f6

	MacKey bt.Key
	LTK    bt.Key // before it is cut
	Check  [2][16]byte

	// Key is the STK or the LTK, cut to KeySize octets.
	Key     bt.Key
	KeySize int

	Sent, Received PeerKeys
}

// Exchange gives access to the values of the pairing that is played.
func (p *Peer) Exchange() *Exchange { return &p.exchange }

// begin forgets the last pairing and prepares the next.
func (p *Peer) begin(plan Plan) error {
	p.plan, p.exchange, p.last = plan, Exchange{}, nil
	x := &p.exchange
	if plan.Model == smp.OutOfBand {
		x.TK = plan.TK
	}
	x.KeyPair = plan.KeyPair
	if x.KeyPair == nil && plan.OwnOOB != nil {
		x.KeyPair = plan.OwnOOB.KeyPair
	}
	if x.KeyPair == nil && plan.SC {
		pair, err := toolbox.NewKeyPair(rand.Reader)
		if err != nil {
			return err
		}
		x.KeyPair = pair
	}
	if x.KeyPair != nil {
		x.Public[plan.Role] = x.KeyPair.Public()
	}
	if plan.Distributed != nil {
		x.Sent = *plan.Distributed
		return nil
	}
	fill(x.Sent.LTK[:])
	fill(x.Sent.IRK[:])
	fill(x.Sent.CSRK[:])
	var numbers [10]byte
	fill(numbers[:])
	x.Sent.EDIV, x.Sent.Rand = binary.BigEndian.Uint16(numbers[8:]), binary.BigEndian.Uint64(numbers[:])
	x.Sent.Identity = p.own
	return nil
}

func fill(b []byte) { _, _ = rand.Read(b) }

// addresses gives those of the initiator and the responder.
func (p *Peer) addresses() (a [2]bt.TypedAddress) {
	a[p.plan.Role], a[1-p.plan.Role] = p.own, p.link.remote
	return a
}

// agree keeps a feature PDU; with both there the key size is known.
func (p *Peer) agree(side bt.Role, pdu []byte) {
	x := &p.exchange
	copy(x.AsSent[side][:], pdu)
	x.KeySize = int(min(x.AsSent[0][4], x.AsSent[1][4]))
}

func (p *Peer) c1(nonce [16]byte) [16]byte {
	x, a := &p.exchange, p.addresses()
	return toolbox.C1(x.TK, nonce, x.AsSent[0], x.AsSent[1], a[0], a[1])
}

// f4 is the confirm value of a side in LE Secure Connections; z is zero or says
// the bit of the passkey.
func (p *Peer) f4(side bt.Role, z byte) [16]byte {
	x := &p.exchange
	return toolbox.F4(x.Public[side].X, x.Public[1-side].X, x.Nonce[side], z)
}

// newNonce draws the peer's random.
func (p *Peer) newNonce() { fill(p.exchange.Nonce[p.plan.Role][:]) }

// computeDHKey needs the device's public key.
func (p *Peer) computeDHKey() error {
	x := &p.exchange
	key, err := x.KeyPair.DH(x.Public[1-p.plan.Role])
	if err != nil {
		return fmt.Errorf("the device's public key: %w", err)
	}
	x.DHKey = key
	return nil
}

// learnPasskey asks for the passkey: as TK, and as both r of f6.
func (p *Peer) learnPasskey() error {
	if p.plan.Passkey == nil {
		return errors.New("the plan has no passkey")
	}
	passkey, err := p.plan.Passkey()
	if err != nil {
		return err
	}
	x := &p.exchange
	x.Passkey, x.TK = passkey, bt.Key{}
	binary.BigEndian.PutUint32(x.TK[12:], passkey)
	x.R = [2][16]byte{x.TK, x.TK}
	return nil
}

// computeSTK makes the key of legacy pairing.
func (p *Peer) computeSTK() error {
	x := &p.exchange
	return p.useKey(toolbox.S1(x.TK, x.Nonce[bt.Peripheral], x.Nonce[bt.Central]))
}

// computeKeys makes the keys of LE Secure Connections and both checks.
func (p *Peer) computeKeys() error {
	x, a := &p.exchange, p.addresses()
	x.MacKey, x.LTK = toolbox.F5(x.DHKey, x.Nonce[0], x.Nonce[1], a[0], a[1])
	for side := range x.Check {
		other, pdu := 1-side, &x.AsSent[side]
		io := [3]byte{pdu[3], pdu[2], pdu[1]}
		x.Check[side] = toolbox.F6(x.MacKey, x.Nonce[side], x.Nonce[other], x.R[other], io, a[side], a[other])
	}
	return p.useKey(x.LTK)
}

func (p *Peer) useKey(key bt.Key) error {
	short, err := toolbox.Shorten(key, p.exchange.KeySize)
	p.exchange.Key = short
	return err
}

// useOOB takes the randoms of the out-of-band data: that of a side counts where
// the other side holds it.
func (p *Peer) useOOB() {
	x := &p.exchange
	if p.plan.OwnOOB != nil && x.AsSent[1-p.plan.Role][2] != 0 {
		x.R[p.plan.Role] = p.plan.OwnOOB.Random
	}
	if p.plan.DeviceOOB != nil && x.AsSent[p.plan.Role][2] != 0 {
		x.R[1-p.plan.Role] = p.plan.DeviceOOB.Random
	}
}

// expect says which value of the device is wrong.
func (p *Peer) expect(what string, got, want [16]byte) error {
	if got != want && !p.plan.Trusting {
		return fmt.Errorf("the device's %s is wrong: it does not fit what it has sent", what)
	}
	return nil
}
