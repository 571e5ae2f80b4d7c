package floor

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// Model is a way to authenticate, by the cryptography that it takes.
type Model uint8

// The models. Which of the two sides types a passkey makes no difference.
const (
	JustWorks Model = iota
	NumericComparison
	Passkey
	OOB // both sides hold the other's data
	LegacyJustWorks
	LegacyPasskey
)

// Models are all of them, in order.
func Models() []Model {
	return []Model{JustWorks, NumericComparison, Passkey, OOB, LegacyJustWorks, LegacyPasskey}
}

// String names the model as the tables of docs do.
func (m Model) String() string {
	names := [...]string{"SC just works", "SC numeric comparison", "SC passkey", "SC out of band", "legacy just works", "legacy passkey"}
	if int(m) < len(names) {
		return names[m]
	}
	return fmt.Sprintf("Model(%d)", uint8(m))
}

// Legacy reports whether the model has no elliptic curves.
func (m Model) Legacy() bool { return m >= LegacyJustWorks }

// passkeyRounds is one for each bit of a passkey (Core Vol 3, Part H, 2.3.5.6.3).
const passkeyRounds = 20

// Pairing is the cryptography of pairings of one model, for both sides. It
// computes what the two of them cannot do without, each value where the side that
// needs it would: the initiator's confirm value is made by the initiator and made
// again by the responder to compare. One goroutine at a time may use it.
type Pairing struct {
	model    Model
	generate bool
	sides    [2]side
	octets   []byte // random, for one draw
}

// side is what one device has.
type side struct {
	address bt.TypedAddress
	ioCap   [3]byte
	pair    keyPair
	nonce   [16]byte
	r       [16]byte // of out-of-band data, or the passkey
	commit  [16]byte // C of out-of-band data
}

// New gives the cryptography of a model. Generate has every Run make two fresh
// P-256 key pairs and, for out-of-band data, the values that commit to them;
// without it both exist before and are used again, as no device may do: what is
// left is then what a pairing takes whose key pairs were made ahead. A legacy
// model has none.
func New(model Model, generate bool) (*Pairing, error) {
	p := &Pairing{model: model, generate: generate, octets: make([]byte, 32)}
	p.sides[0].address = bt.TypedAddress{Type: bt.PublicAddress, Address: bt.Address{0x00, 0x11, 0x22, 0x33, 0x44, 0x55}}
	p.sides[1].address = bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xc0, 0xaa, 0xbb, 0xcc, 0xdd, 0xee}}
	p.sides[0].ioCap, p.sides[1].ioCap = [3]byte{0x09, 0x00, 0x03}, [3]byte{0x0d, 0x00, 0x03}
	if model.Legacy() {
		return p, nil
	}
	return p, p.makeKeys()
}

// Run does what one pairing takes. An error says that the two sides did not come
// to the same values, which is a mistake in this package.
func (p *Pairing) Run() error {
	if p.model.Legacy() {
		return p.legacy()
	}
	return p.secure()
}

// RunN is Run n times: the Run of a Work.
func (p *Pairing) RunN(n int) error {
	for range n {
		if err := p.Run(); err != nil {
			return err
		}
	}
	return nil
}

// errDiffer is a value that one side would refuse of the other.
var errDiffer = errors.New("floor: the two sides have computed different values")

// draw fills p from the system's source, which does not fail.
func draw(p []byte) { _, _ = rand.Read(p) }

func equal(a, b [16]byte) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

// newPasskey draws a passkey as a 128-bit number.
func (p *Pairing) newPasskey() (n [16]byte) {
	draw(p.octets[:4])
	binary.BigEndian.PutUint32(n[12:], binary.BigEndian.Uint32(p.octets)%1_000_000)
	return n
}

// legacy is phase 2 of LE legacy pairing: each side draws its random number,
// makes its confirm value, checks the other's, computes the STK, and draws the
// LTK, EDIV and Rand that it distributes (Core Vol 3, Part H, 2.3.5.5 and 2.4.2.3).
func (p *Pairing) legacy() error {
	preq, pres := [7]byte{0x01, 0x03, 0x00, 0x01, 0x10, 0x03, 0x03}, [7]byte{0x02, 0x03, 0x00, 0x01, 0x10, 0x03, 0x03}
	var tk bt.Key
	if p.model == LegacyPasskey {
		tk = p.newPasskey()
	}
	a := [2]bt.TypedAddress{p.sides[0].address, p.sides[1].address}
	var ciphers [2]toolbox.Cipher // each side's own, of the same TK
	var confirm [2][16]byte
	for i := range p.sides {
		ciphers[i] = toolbox.NewCipher(tk)
		draw(p.sides[i].nonce[:])
		confirm[i] = ciphers[i].C1(p.sides[i].nonce, preq, pres, a[0], a[1])
	}
	var stk [2]bt.Key
	for i := range p.sides {
		if !equal(confirm[1-i], ciphers[i].C1(p.sides[1-i].nonce, preq, pres, a[0], a[1])) {
			return errDiffer
		}
		stk[i] = ciphers[i].S1(p.sides[1].nonce, p.sides[0].nonce)
		draw(p.octets[:16+2+8])
	}
	if !stk[0].Equal(stk[1]) {
		return errDiffer
	}
	return nil
}
