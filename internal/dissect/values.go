package dissect

import (
	"fmt"

	"blesmp/smp"
	"blesmp/smp/toolbox"
)

// publicKey looks for keys that no device should use or take.
func (l *tracked) publicKey(s *Step) []Note {
	var x smp.PublicKey
	if x.Unmarshal(s.PDU) != nil || l.phase != authenticating {
		return nil
	}
	var notes []Note
	warn := func(text, cause string) { notes = append(notes, Note{Topic: "warning", Text: text, Cause: cause}) }
	k := toolbox.PublicKey{X: x.X, Y: x.Y}
	if toolbox.IsDebugKey(k) {
		l.debug = true
		notes = append(notes, Note{Topic: "debug-key", Text: "the published debug key: everyone who listens can work out the LTK"})
	} else if k.Validate() != nil {
		warn("this public key is no point of the curve: the receiver has to refuse it with "+reason(smp.DHKeyCheckFailed), "an invalid curve attack, or a broken stack")
	}
	from := l.from(s.From, func(side Side) bool { return l.public[side] == nil })
	if other := l.public[from.Other()]; other != nil && other.X == x.X && !l.debug {
		warn("the peer's own public key came back: the receiver has to refuse it", "a reflection attack")
	}
	l.public[from] = &x
	return notes
}

// from is the side of a PDU: who sent it, or where nobody knows, the central
// first.
func (l *tracked) from(known Side, first func(Side) bool) Side {
	switch {
	case known != NoSide:
		return known
	case first(CentralSide):
		return CentralSide
	}
	return PeripheralSide
}

// random counts the rounds of passkey entry, and works out the number that both
// devices show.
func (l *tracked) random(s *Step) []Note {
	var x smp.PairingRandom
	if x.Unmarshal(s.PDU) != nil || l.phase != authenticating {
		return nil
	}
	from := l.from(s.From, func(Side) bool { return l.counts[CentralSide] <= l.counts[PeripheralSide] })
	l.randoms[from] = x.Value
	l.counts[from]++
	if !l.level.SC || from != PeripheralSide {
		return nil
	}
	switch l.level.Model {
	case smp.InitiatorTypes, smp.ResponderTypes, smp.BothType:
		return []Note{{Topic: "round", Text: fmt.Sprintf("passkey round %d of 20", l.counts[from])}}
	}
	return l.number()
}

// number gives what the users compare, once both randoms have passed.
func (l *tracked) number() []Note {
	a, b := l.public[CentralSide], l.public[PeripheralSide]
	if l.level.Model != smp.NumericComparison || a == nil || b == nil || l.counts[CentralSide] == 0 {
		return nil
	}
	digits := toolbox.Digits(toolbox.G2(a.X, b.X, l.randoms[CentralSide], l.randoms[PeripheralSide]))
	return []Note{{Topic: "number", Text: fmt.Sprintf("both devices show %06d, and both users have to say yes", digits)}}
}
