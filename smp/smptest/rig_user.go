package smptest

import (
	"blesmp/bt"
	"blesmp/smp"
)

// User answers a question of a device, or leaves it open with false. Users are
// made of one another: Refuses(smp.EffectAskCompare, 0, Agreeable) agrees to all
// but the comparison.
type User func(d *Device, question smp.Effect) (answer smp.Input, answered bool)

// CommonPasskey is what agreeable users type where both type and neither device
// shows anything.
const CommonPasskey = 271828

// Agreeable is a user who answers every question as the other device wants: with
// the passkey that it shows, and yes to numbers that are equal. Where the other
// device has not shown its number or passkey yet, it waits.
func Agreeable(d *Device, question smp.Effect) (smp.Input, bool) {
	switch question.Kind {
	case smp.EffectAskPairing, smp.EffectAskSecurity:
		features := d.Features
		return smp.Input{Event: smp.EventConsentGiven, Features: &features}, true
	case smp.EffectAskFeatures:
		return smp.Input{Event: smp.EventFeaturesConfirmed}, true
	case smp.EffectAskPasskey:
		return d.typePasskey(question)
	case smp.EffectAskCompare:
		return d.compare(question)
	}
	return smp.Input{}, false
}

// typePasskey reads it off the other device.
func (d *Device) typePasskey(question smp.Effect) (smp.Input, bool) {
	in := smp.Input{Event: smp.EventPasskeyEntered, Passkey: CommonPasskey}
	if question.Level.Model == smp.BothType {
		return in, true
	}
	shown := d.Peer().Shown
	if shown == nil {
		return smp.Input{}, false
	}
	in.Passkey = *shown
	return in, true
}

// compare looks at both devices. The number of the other one is no longer a
// question where its user was faster, so it is taken from the last one asked.
func (d *Device) compare(question smp.Effect) (smp.Input, bool) {
	other := d.rig.rules.numbers[1-d.Role]
	if other == nil {
		return smp.Input{}, false
	}
	if *other != question.Number {
		return smp.Input{Event: smp.EventUserRefused}, true
	}
	return smp.Input{Event: smp.EventNumbersEqual}, true
}

// Refuses is a user who refuses one kind of question with a reason, 0 for the
// one that the specification has, and leaves the others to next.
func Refuses(kind smp.EffectKind, reason smp.Reason, next User) User {
	return func(d *Device, question smp.Effect) (smp.Input, bool) {
		if question.Kind == kind {
			return smp.Input{Event: smp.EventUserRefused, Reason: reason}, true
		}
		return next(d, question)
	}
}

// Ignores is a user who never answers one kind of question.
func Ignores(kind smp.EffectKind, next User) User {
	return func(d *Device, question smp.Effect) (smp.Input, bool) {
		if question.Kind == kind {
			return smp.Input{}, false
		}
		return next(d, question)
	}
}

// Types is a user who types this passkey, whatever the other device shows.
func Types(passkey uint32, next User) User {
	return func(d *Device, question smp.Effect) (smp.Input, bool) {
		if question.Kind == smp.EffectAskPasskey {
			return smp.Input{Event: smp.EventPasskeyEntered, Passkey: passkey}, true
		}
		return next(d, question)
	}
}

// SaysYes is a user who answers a comparison with yes, without looking.
func SaysYes(next User) User {
	return func(d *Device, question smp.Effect) (smp.Input, bool) {
		if question.Kind == smp.EffectAskCompare {
			return smp.Input{Event: smp.EventNumbersEqual}, true
		}
		return next(d, question)
	}
}

// Answer lets the user of a side answer its question; false where there is
// none, or no answer yet.
func (r *Rig) Answer(role bt.Role) bool {
	d := r.Device(role)
	if d.Question == nil {
		return false
	}
	in, ok := d.User(d, *d.Question)
	if !ok {
		return false
	}
	in.Question = d.Question.Question
	d.step(in)
	return true
}

// Refuse lets the user of a side refuse its question; false where there is
// none.
func (r *Rig) Refuse(role bt.Role, reason smp.Reason) bool {
	d := r.Device(role)
	if d.Question == nil {
		return false
	}
	d.step(smp.Input{Event: smp.EventUserRefused, Question: d.Question.Question, Reason: reason})
	return true
}
