package load

import (
	"fmt"
	"sync"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"
	"blesmp/smp"
)

// peer is the device at the other end of a link: a bare Procedure, made when the
// first PDU comes, and a controller's part in encryption.
type peer struct {
	controller *controller
	handle     uint16
	address    bt.TypedAddress

	mu      sync.Mutex
	inputs  []peerInput // the first of them are done
	done    int
	working bool

	// Used by the worker alone, which is one goroutine at a time.
	*engine
}

// engine is what a peer needs for its Procedure.
type engine struct {
	procedure *smp.Procedure
	key       bt.Key // that the host encrypts with
	bond      *bond.Bond
	encrypted bool
	room      [2]peerInput // what the peer's inputs begin with
}

// peerInput is what the host has done to a peer: it sent a PDU, or it began to
// encrypt.
type peerInput struct {
	size byte // of the PDU; 0 where there is none
	pdu  [65]byte
	rand uint64 // of LE Enable Encryption, as are the next two
	ediv uint16
	key  bt.Key
}

// received takes a PDU of the host.
func (p *peer) received(pdu []byte) error {
	in := peerInput{size: byte(len(pdu))}
	if len(pdu) == 0 || len(pdu) > len(in.pdu) {
		return fmt.Errorf("load: %d octets for link 0x%04x are no PDU of SMP", len(pdu), p.handle)
	}
	copy(in.pdu[:], pdu)
	return p.post(in)
}

// keyRequested takes the host's start of encryption.
func (p *peer) keyRequested(rand uint64, ediv uint16, key bt.Key) error {
	return p.post(peerInput{rand: rand, ediv: ediv, key: key})
}

// begin makes the Procedure.
func (p *peer) begin() error {
	e := &engine{}
	procedure, err := smp.NewProcedure(smp.Config{
		Role:  bt.Peripheral,
		Local: p.address, Peer: bt.TypedAddress{Address: p.controller.address},
		FindBond:   func(bt.TypedAddress) *bond.Bond { return e.bond },
		NewKeyPair: p.controller.fleet.keyPairs.take,
	})
	e.procedure, p.engine, p.inputs = procedure, e, e.room[:0]
	return err
}

// post gives the worker something to do, and starts it where it is not at work.
func (p *peer) post(in peerInput) error {
	if p.engine == nil {
		if err := p.begin(); err != nil {
			return err
		}
	}
	p.mu.Lock()
	p.inputs = append(p.inputs, in)
	start := !p.working
	p.working = true
	p.mu.Unlock()
	if start {
		p.controller.fleet.crew.take(p)
	}
	return nil
}

// work steps until there is nothing to do, or until a PDU that is held back.
func (p *peer) work(t *tools) {
	for {
		p.mu.Lock()
		if p.done == len(p.inputs) {
			clear(p.inputs)
			p.inputs, p.done, p.working = p.inputs[:0], 0, false
			p.mu.Unlock()
			return
		}
		t.input = p.inputs[p.done]
		if p.controller.hold.stops(p, &t.input) {
			p.mu.Unlock()
			return // and working stays set, so that nothing overtakes
		}
		p.done++
		p.mu.Unlock()
		if t.input.size > 0 {
			p.step(t, smp.Input{PDU: t.input.pdu[:t.input.size]})
			continue
		}
		p.key = t.input.key
		p.step(t, smp.Input{Event: smp.EventLTKRequest, Rand: t.input.rand, EDIV: t.input.ediv})
	}
}

// step steps, and then with what has come of that.
func (p *peer) step(t *tools, in smp.Input) {
	t.next = append(t.next[:0], in)
	for i := 0; i < len(t.next); i++ {
		in := t.next[i]
		in.Scratch = &t.scratch
		t.effects = p.procedure.Step(t.effects[:0], in)
		sent := false
		for j := range t.effects {
			sent = p.do(t, &t.effects[j]) || sent
		}
		clear(t.effects)
		if sent && !p.procedure.Ignores(smp.EventDelivered) {
			t.next = append(t.next, smp.Input{Event: smp.EventDelivered})
		}
	}
}

// do carries one effect out, and reports whether it has sent a PDU. Timers are
// the host's matter.
func (p *peer) do(t *tools, e *smp.Effect) (sent bool) {
	switch e.Kind {
	case smp.EffectSend:
		p.controller.deliver(p.handle, l2cap.SMP, e.PDU)
		return true
	case smp.EffectAskPairing:
		features := smp.DefaultFeatures()
		t.next = append(t.next, smp.Input{Event: smp.EventConsentGiven, Question: e.Question, Features: &features})
	case smp.EffectAskFeatures:
		t.next = append(t.next, smp.Input{Event: smp.EventFeaturesConfirmed, Question: e.Question, Replace: e.Replaces})
	case smp.EffectStoreBond:
		b := e.Bond.Clone()
		p.bond = &b
	case smp.EffectReplyPairingKey, smp.EffectReplyStoredKey:
		p.encrypt(t, e.Key.Equal(p.key))
	case smp.EffectNegativeReply:
		p.controller.event(&hci.EncryptionChange{Status: bt.PINOrKeyMissing, ConnectionHandle: p.handle})
	}
	return false
}

// encrypt tells both sides that the link is encrypted, if they have the same
// key. The host hears of it before anything that the peer sends then.
func (p *peer) encrypt(t *tools, same bool) {
	switch {
	case !same:
		p.controller.event(&hci.EncryptionChange{Status: bt.MICFailure, ConnectionHandle: p.handle})
		t.next = append(t.next, smp.Input{Event: smp.EventEncryptionFailed, Status: bt.MICFailure})
		return
	case p.encrypted:
		p.controller.event(&hci.EncryptionKeyRefreshComplete{ConnectionHandle: p.handle})
	default:
		p.encrypted = true
		p.controller.event(&hci.EncryptionChange{ConnectionHandle: p.handle, EncryptionEnabled: 1})
	}
	t.next = append(t.next, smp.Input{Event: smp.EventEncryptionOn})
}

// hold stops peers in the middle of a pairing.
type hold struct {
	mu   sync.Mutex
	code smp.PDUCode // 0 holds nothing
	held []*peer
	full chan<- struct{} // told of each
}

// at has peers stop before they handle a PDU of this code; full is told of each
// that does.
func (h *hold) at(code smp.PDUCode, full chan<- struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.code, h.full = code, full
}

// stops reports whether the peer has to stop before this PDU.
func (h *hold) stops(p *peer, in *peerInput) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.code == 0 || in.size == 0 || smp.PDUCode(in.pdu[0]) != h.code {
		return false
	}
	h.held = append(h.held, p)
	h.full <- struct{}{}
	return true
}

// release lets all go on.
func (h *hold) release() {
	h.mu.Lock()
	held := h.held
	h.code, h.held = 0, nil
	h.mu.Unlock()
	for _, p := range held {
		p.controller.fleet.crew.take(p)
	}
}
