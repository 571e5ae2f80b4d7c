package smptest

import (
	"fmt"
	"slices"
	"time"

	"blesmp/bt"
	"blesmp/smp"
)

// control is what the two controllers know of the link.
type control struct {
	encrypted bool
	gone      bool
	starting  *start    // encryption that is being set up
	failNext  bt.Status // of the next set-up
}

// start is a set-up of encryption that the central has begun.
type start struct {
	key  bt.Key
	ediv uint16
	rand uint64
}

// maxMoves bounds Run: a pairing has fewer.
const maxMoves = 2000

// Run makes moves until nothing is left to do. It fails where there is no end.
func (r *Rig) Run() error {
	for range maxMoves {
		if !r.Next() {
			return nil
		}
	}
	return fmt.Errorf("smptest: no end after %d moves; initiator in %v, responder in %v", maxMoves, r.Initiator.State(), r.Responder.State())
}

// RunUntil makes moves until done reports true, and tells whether it did.
func (r *Rig) RunUntil(done func() bool) bool {
	for range maxMoves {
		if done() {
			return true
		}
		if !r.Next() {
			return false
		}
	}
	return false
}

// RunTo makes moves until a side is in a state, and tells whether it got there.
func (r *Rig) RunTo(role bt.Role, state smp.State) bool {
	return r.RunUntil(func() bool { return r.Device(role).State() == state })
}

// Next makes one move: it hands the next thing of the controllers over, or lets
// a user answer. It reports false where there is nothing to do.
func (r *Rig) Next() bool {
	if r.UsersFirst && r.answerOne() {
		return true
	}
	return r.Deliver(bt.Central) || r.Deliver(bt.Peripheral) || r.answerOne()
}

func (r *Rig) answerOne() bool { return r.Answer(r.FirstUser) || r.Answer(1-r.FirstUser) }

// Deliver hands the next thing that its controller has to a side; false where
// there is none.
func (r *Rig) Deliver(role bt.Role) bool {
	d := r.Device(role)
	if len(d.inbox) == 0 {
		return false
	}
	next := d.inbox[0]
	d.inbox = d.inbox[1:]
	switch next.input.Event {
	case smp.EventDelivered:
		d.delivered(next.number)
	case smp.EventEncryptionOn, smp.EventEncryptionOff, smp.EventEncryptionFailed:
		if d.held == nil { // else it belongs to an earlier encryption
			d.step(next.input)
		}
	default:
		d.step(next.input)
	}
	return true
}

// Do gives a side any input at once: a command, an event of the controller, an
// answer.
func (r *Rig) Do(role bt.Role, in smp.Input) []smp.Effect { return r.Device(role).step(in) }

// Pair lets the initiator pair with its features.
func (r *Rig) Pair() []smp.Effect {
	features := r.Initiator.Features
	return r.Do(bt.Central, smp.Input{Event: smp.EventPair, Features: &features})
}

// Inject gives a side a PDU that the other has not sent, before all others.
func (r *Rig) Inject(role bt.Role, pdu ...byte) []smp.Effect {
	r.rules.tampered = r.rules.tampered || r.controls.encrypted
	return r.Do(role, smp.Input{PDU: slices.Clone(pdu)})
}

// Alter changes the next PDU that waits for a side; false where none waits.
func (r *Rig) Alter(role bt.Role, change func(pdu []byte) []byte) bool {
	d := r.Device(role)
	i := d.nextPDU()
	if i < 0 {
		return false
	}
	was := d.inbox[i].input.PDU
	altered := change(slices.Clone(was))
	d.inbox[i].input.PDU = altered
	r.rules.tampered = r.rules.tampered || r.controls.encrypted || !sameKeys(was, altered)
	return true
}

// Lose takes the next PDU away that waits for a side; false where none waits.
func (r *Rig) Lose(role bt.Role) bool {
	d := r.Device(role)
	i := d.nextPDU()
	if i < 0 {
		return false
	}
	d.inbox = slices.Delete(d.inbox, i, i+1)
	r.rules.tampered = r.rules.tampered || r.controls.encrypted
	return true
}

// NextPDU is the next PDU that waits for the device, or nil.
func (d *Device) NextPDU() []byte {
	if i := d.nextPDU(); i >= 0 {
		return slices.Clone(d.inbox[i].input.PDU)
	}
	return nil
}

// nextPDU is where the next PDU waits, or -1.
func (d *Device) nextPDU() int {
	return slices.IndexFunc(d.inbox, func(m mail) bool { return m.input.PDU != nil })
}

// sameKeys reports whether a feature PDU still asks for keys of the same kinds
// and size. LE Secure Connections protect neither
// (Core Vol 3, Part H, 2.3.5.6.5).
func sameKeys(was, altered []byte) bool {
	const features = 7
	if len(was) != features || was[0] > byte(smp.CodePairingResponse) {
		return true
	}
	return len(altered) == features && slices.Equal(was[4:], altered[4:])
}

// Repeat gives a side the last PDU once more that the other has sent; false
// where there is none.
func (r *Rig) Repeat(role bt.Role) bool {
	last := r.Device(role).Peer().LastSent()
	if last == nil {
		return false
	}
	r.Inject(role, last...)
	return true
}

// RequestLTK lets a central that is not the initiator's Procedure ask for a key.
// Whatever the answer, no encryption comes of it.
func (r *Rig) RequestLTK(ediv uint16, rand uint64) []smp.Effect {
	return r.Do(bt.Peripheral, smp.Input{Event: smp.EventLTKRequest, EDIV: ediv, Rand: rand})
}

// FailEncryption lets the next set-up of encryption end with this status, even
// where the keys are the same.
func (r *Rig) FailEncryption(status bt.Status) { r.controls.failNext = status }

// Encrypted reports whether the controllers have encrypted the link.
func (r *Rig) Encrypted() bool { return r.controls.encrypted }

// Now is the time of the Rig.
func (r *Rig) Now() time.Time { return r.now }

// Elapse lets time pass, and timers fire that are due.
func (r *Rig) Elapse(by time.Duration) {
	r.now = r.now.Add(by)
	for _, d := range []*Device{r.Initiator, r.Responder} {
		if d.timer.running && !d.timer.at.After(r.now) {
			arming := d.timer.arming
			d.timer = timer{}
			d.step(smp.Input{Event: smp.EventTimeout, Arming: arming})
		}
	}
}

// Drop ends the link. What has been acknowledged still arrives before; the rest
// is lost.
func (r *Rig) Drop(status bt.Status) { r.drop(nil, status) }

// drop ends the link by a side, or, where by is nil, by nobody.
func (r *Rig) drop(by *Device, status bt.Status) {
	if r.controls.gone {
		return
	}
	r.controls = control{gone: true}
	for _, d := range []*Device{r.Initiator, r.Responder} {
		d.inbox = slices.DeleteFunc(d.inbox, func(m mail) bool {
			return m.input.PDU == nil || m.number > d.Peer().acknowledged
		})
		d.held = nil
		reason := status
		if d == by {
			reason = bt.LocalHostTerminated
		}
		d.inbox = append(d.inbox, mail{input: smp.Input{Event: smp.EventDisconnected, Status: reason}})
	}
}

// send puts a PDU on the air.
func (d *Device) send(pdu []byte) {
	d.Sent = append(d.Sent, pdu)
	if d.rig.controls.gone {
		return
	}
	d.sent++
	d.Peer().inbox = append(d.Peer().inbox, mail{input: smp.Input{PDU: pdu}, number: d.sent})
	d.inbox = append(d.inbox, mail{input: smp.Input{Event: smp.EventDelivered}, number: d.sent})
}

// delivered takes the acknowledgement of all PDUs up to a number.
func (d *Device) delivered(number uint64) {
	d.acknowledged = max(d.acknowledged, number)
	if d.acknowledged < d.sent {
		return
	}
	if e := d.held; e != nil {
		d.held = nil
		d.rig.start(e)
	}
	d.step(smp.Input{Event: smp.EventDelivered})
}

// startEncryption waits until all PDUs are acknowledged.
func (d *Device) startEncryption(e *smp.Effect) {
	if d.acknowledged < d.sent {
		d.held = e
		return
	}
	d.rig.start(e)
}

// start is the central's controller.
func (r *Rig) start(e *smp.Effect) {
	if r.controls.gone {
		return
	}
	r.controls.starting = &start{key: e.Key, ediv: e.EDIV, rand: e.Rand}
	r.Responder.inbox = append(r.Responder.inbox, mail{input: smp.Input{Event: smp.EventLTKRequest, EDIV: e.EDIV, Rand: e.Rand}})
}

// reply is the peripheral's host answering its controller.
func (r *Rig) reply(e *smp.Effect) {
	at := r.controls.starting
	if at == nil || r.controls.gone {
		return // nobody asked, or it was an attacker
	}
	r.controls.starting = nil
	switch failed := r.controls.failNext; {
	case e.Kind == smp.EffectNegativeReply:
		r.tell(bt.Central, smp.Input{Event: smp.EventEncryptionFailed, Status: bt.PINOrKeyMissing})
	case failed != bt.Success:
		r.controls.failNext = bt.Success
		r.tell(bt.Peripheral, smp.Input{Event: smp.EventEncryptionFailed, Status: failed})
		r.tell(bt.Central, smp.Input{Event: smp.EventEncryptionFailed, Status: failed})
	case !e.Key.Equal(at.key):
		r.keysDiffer(e)
	default:
		r.controls.encrypted = true
		r.tell(bt.Peripheral, smp.Input{Event: smp.EventEncryptionOn})
		r.tell(bt.Central, smp.Input{Event: smp.EventEncryptionOn})
	}
}

// keysDiffer is what comes of two keys: the first packet cannot be read.
func (r *Rig) keysDiffer(e *smp.Effect) {
	if e.Kind == smp.EffectReplyPairingKey && !r.rules.tampered {
		r.broken("peripheral: the two sides have different keys")
	}
	r.drop(nil, bt.MICFailure)
}

func (r *Rig) tell(role bt.Role, in smp.Input) {
	d := r.Device(role)
	d.inbox = append(d.inbox, mail{input: in})
}
