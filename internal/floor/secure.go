package floor

import (
	"crypto/ecdh"
	"crypto/rand"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// keyPair is a P-256 private key, and its public half as it is sent.
type keyPair struct {
	private *ecdh.PrivateKey //vet:secret
	x, y    [32]byte
}

func newKeyPair() (keyPair, error) {
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return keyPair{}, err
	}
	octets := private.PublicKey().Bytes()
	return keyPair{private, [32]byte(octets[1:33]), [32]byte(octets[33:])}, nil
}

// makeKeys makes a key pair for each side, and for out-of-band data a random and
// the confirm value that commits to both.
func (p *Pairing) makeKeys() error {
	for i := range p.sides {
		s := &p.sides[i]
		pair, err := newKeyPair()
		if err != nil {
			return err
		}
		s.pair = pair
		if p.model == OOB {
			draw(s.r[:])
			s.commit = toolbox.F4(pair.x, pair.x, s.r, 0)
		}
	}
	return nil
}

// secure is phase 2 of LE Secure Connections (Core Vol 3, Part H, 2.3.5.6): each
// side checks the other's point and computes the DHKey, authenticates, derives
// the keys, makes its DHKey Check and checks the other's.
func (p *Pairing) secure() error {
	if p.generate {
		if err := p.makeKeys(); err != nil {
			return err
		}
	}
	var dhKey [2]toolbox.DHKey
	for i := range p.sides {
		key, err := p.sides[i].dh(&p.sides[1-i].pair)
		if err != nil {
			return err
		}
		dhKey[i] = key
	}
	authenticate := [...]func() error{p.justWorks, p.numeric, p.passkey, p.outOfBand}[p.model]
	if err := authenticate(); err != nil {
		return err
	}
	return p.derive(dhKey)
}

// dh parses the peer's point, which checks it, and multiplies.
func (s *side) dh(peer *keyPair) (toolbox.DHKey, error) {
	var octets [65]byte
	octets[0] = 0x04 // uncompressed
	copy(octets[1:], peer.x[:])
	copy(octets[33:], peer.y[:])
	point, err := ecdh.P256().NewPublicKey(octets[:])
	if err != nil {
		return toolbox.DHKey{}, err
	}
	shared, err := s.pair.private.ECDH(point)
	if err != nil {
		return toolbox.DHKey{}, err
	}
	return toolbox.DHKey(shared), nil
}

// justWorks is the responder's commitment, which the initiator checks.
func (p *Pairing) justWorks() error {
	i, r := &p.sides[0], &p.sides[1]
	draw(i.nonce[:])
	draw(r.nonce[:])
	confirm := toolbox.F4(r.pair.x, i.pair.x, r.nonce, 0)
	if !equal(confirm, toolbox.F4(r.pair.x, i.pair.x, r.nonce, 0)) {
		return errDiffer
	}
	return nil
}

// numeric is the same, and a number at each side.
func (p *Pairing) numeric() error {
	if err := p.justWorks(); err != nil {
		return err
	}
	i, r := &p.sides[0], &p.sides[1]
	var number [2]uint32
	for n := range number {
		number[n] = toolbox.Digits(toolbox.G2(i.pair.x, r.pair.x, i.nonce, r.nonce))
	}
	if number[0] != number[1] {
		return errDiffer
	}
	return nil
}

// passkey is a commitment of each side to each bit, which the other one checks.
func (p *Pairing) passkey() error {
	i, r := &p.sides[0], &p.sides[1]
	i.r = p.newPasskey()
	r.r = i.r
	for round := range passkeyRounds {
		bit := i.r[15-round/8] >> (round % 8) & 1
		var confirm [2][16]byte
		for n := range p.sides {
			own, peer := &p.sides[n], &p.sides[1-n]
			draw(own.nonce[:])
			confirm[n] = toolbox.F4(own.pair.x, peer.pair.x, own.nonce, 0x80|bit)
		}
		for n := range p.sides {
			own, peer := &p.sides[n], &p.sides[1-n]
			if !equal(confirm[1-n], toolbox.F4(peer.pair.x, own.pair.x, peer.nonce, 0x80|bit)) {
				return errDiffer
			}
		}
	}
	return nil
}

// outOfBand checks at each side that the other's key is the one that its data
// commit to.
func (p *Pairing) outOfBand() error {
	for n := range p.sides {
		peer := &p.sides[1-n]
		if !equal(peer.commit, toolbox.F4(peer.pair.x, peer.pair.x, peer.r, 0)) {
			return errDiffer
		}
		draw(p.sides[n].nonce[:])
	}
	return nil
}

// derive is stage 2: MacKey and LTK at each side, and both checks at each.
func (p *Pairing) derive(dhKey [2]toolbox.DHKey) error {
	i, r := &p.sides[0], &p.sides[1]
	var ltk [2]bt.Key
	var checks [2]toolbox.Cipher
	var check [2][16]byte
	for n := range p.sides {
		var macKey bt.Key
		macKey, ltk[n] = toolbox.F5(dhKey[n], i.nonce, r.nonce, i.address, r.address)
		checks[n] = toolbox.NewCipher(macKey)
		check[n] = p.check(checks[n], n)
	}
	for n := range p.sides {
		if !equal(check[1-n], p.check(checks[n], 1-n)) {
			return errDiffer
		}
	}
	if !ltk[0].Equal(ltk[1]) {
		return errDiffer
	}
	return nil
}

// check is the DHKey Check of side n, under a MacKey.
func (p *Pairing) check(macKey toolbox.Cipher, n int) [16]byte {
	own, peer := &p.sides[n], &p.sides[1-n]
	return macKey.F6(own.nonce, peer.nonce, peer.r, own.ioCap, own.address, peer.address)
}
