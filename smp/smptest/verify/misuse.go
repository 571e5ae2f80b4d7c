package verify

import (
	"slices"

	"blesmp/bt"
	"blesmp/smp"
)

// commands are what an application may ask for, by role.
var commands = [2][]smp.EventKind{
	{smp.EventPair, smp.EventEncrypt, smp.EventCancel, smp.EventNotifyKeypress},
	{smp.EventRequestSecurity, smp.EventCancel, smp.EventNotifyKeypress},
}

// misuses lists the commands that an application gives at a time for which they
// are not, other than a Cancel of what is running. Pair is also an answer to
// AskSecurity.
func (r *run) misuses(w *world, role bt.Role, all []move) []move {
	s := &w.sides[role]
	state := r.state(w, role)
	running := inPairing(state) || state == smp.StateAwaitSecurity
	for i, command := range commands[role] {
		right := false
		switch command {
		case smp.EventPair, smp.EventRequestSecurity:
			right = state == smp.StateIdle
		case smp.EventEncrypt:
			right = state == smp.StateIdle && s.bond != nil && s.bond.PeerLTK != nil
		case smp.EventCancel:
			right = running
		}
		if !right {
			all = append(all, move{misuse, role, uint8(i)})
		}
	}
	return all
}

// misused gives the command. It reports whether that has done more than get it
// refused.
func (r *run) misused(w *world, m move) bool {
	before := r.state(w, m.role)
	command := commands[m.role][m.arg]
	s := &w.sides[m.role]
	if command == smp.EventPair && before == smp.StateAwaitConsent {
		s.question = nil
	}
	r.step(w, m.role, smp.Input{Event: command, Features: r.features(w, m.role), Security: r.setup.Security, Keypress: 1})
	return r.state(w, m.role) != before || slices.ContainsFunc(r.effects, func(e smp.Effect) bool { return e.Kind != smp.EffectRefuse })
}
