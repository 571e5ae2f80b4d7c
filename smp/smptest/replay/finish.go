package replay

import (
	"crypto/subtle"
	"fmt"
	"slices"
	"strings"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/toolbox"
)

// finish holds what the exchange came to against what the transcript expects.
func (p *play) finish() *Mismatch {
	p.settle()
	e := &p.t.expect
	last := &p.t.Steps[len(p.t.Steps)-1]
	if e.outcome == failed && len(p.seen.failures) == 0 && (last.Kind == SilenceStep || last.Kind == HostStep) {
		p.pass(procedureTimeout) // a record that ends in silence
	}
	for _, check := range []func() *Mismatch{
		func() *Mismatch { return p.wrong },
		p.checkRest, p.checkHost, p.checkOutcome, p.checkReason, p.checkKeysKept, p.checkUser,
		p.checkLevel, p.checkSecrets, p.checkDistributed, p.checkReconnect,
	} {
		if m := check(); m != nil {
			return m
		}
	}
	return nil
}

func expected(what, want, got string) *Mismatch {
	return &Mismatch{Expect: "expect." + what, Want: want, Got: got}
}

// checkRest wants nothing sent that no step has. A source that stops early
// leaves the rest open, but for what must not be sent.
func (p *play) checkRest() *Mismatch {
	for _, name := range p.t.expect.mustNotSend {
		for _, o := range p.out {
			if o.called(name) {
				return expected("must_not_send", "no "+name, p.describe(o))
			}
		}
	}
	if p.t.expect.outcome != partial && p.pending(output{}) {
		return &Mismatch{Expect: fmt.Sprintf("after step %d", len(p.t.Steps)), Want: "nothing more", Got: p.describe(p.out[0])}
	}
	return nil
}

// checkHost wants every report of our host that has a step.
func (p *play) checkHost() *Mismatch {
	for i := range p.t.Steps {
		s := &p.t.Steps[i]
		if s.Kind != HostStep || !s.everywhere && s.At != p.role {
			continue
		}
		if r := s.reported(); r != noReport && p.seen.reports[r] == 0 {
			return p.mismatch(s, reportNames[r], "none")
		}
	}
	return nil
}

// checkOutcome compares the end. A record of several pairings can have ended
// some of them otherwise.
func (p *play) checkOutcome() *Mismatch {
	seen, single := &p.seen, p.pairings() <= 1
	failures, sentFailed := len(seen.failures), p.sentFailed()
	var got string
	switch e := p.t.expect; e.outcome {
	case paired:
		switch {
		case seen.completed == 0, single && seen.completed > 1, single && failures > 0, !p.proc.Idle():
			got = p.ended()
		case seen.result.Bonded != (seen.bond != nil):
			got = "a bond that was not stored"
		}
		if m := p.checkBond(); m != nil && got == "" {
			return m
		}
	case partial:
		if failures > 0 {
			got = p.ended()
		}
	case failed:
		quiet := !seen.began && sentFailed && failures == 0 // there was nothing to report the end of
		if single && (seen.completed > 0 || seen.bond != nil || failures != 1 && !quiet) || !single && failures == 0 {
			got = p.ended()
		}
	case refused:
		said := sentFailed || failures == 1 || len(seen.refusals) > 0 || seen.reports[failureReport] > 0
		if single && (seen.completed > 0 || seen.bond != nil || failures > 1) || !said {
			got = p.ended()
		}
	case ignored:
		if failures > 0 || sentFailed {
			got = p.ended()
		}
	}
	if got == "" {
		return nil
	}
	return expected("outcome", p.t.expect.outcome.String(), got)
}

// checkBond wants a bond that every store takes, where the devices have
// addresses to keep it under.
func (p *play) checkBond() *Mismatch {
	if p.seen.bond == nil || p.own().address == nil || p.peer().address == nil {
		return nil
	}
	if err := p.seen.bond.Validate(); err != nil {
		return expected("outcome", "a bond", err.Error())
	}
	return nil
}

// ended says in words how the exchange has ended.
func (p *play) ended() string {
	var parts []string
	if n := p.seen.completed; n > 0 {
		parts = append(parts, fmt.Sprintf("%d reports of success", n))
	}
	for _, err := range p.seen.failures {
		parts = append(parts, fmt.Sprintf("a report of failure (%v)", err))
	}
	for _, r := range p.seen.refusals {
		parts = append(parts, "a refusal: "+r.String())
	}
	if p.seen.bond != nil {
		parts = append(parts, "a bond")
	}
	if len(parts) == 0 {
		parts = append(parts, "no report")
	}
	return fmt.Sprintf("%s, in state %v", strings.Join(parts, ", "), p.proc.State())
}

// pairings is how often a pairing is asked for.
func (p *play) pairings() (n int) {
	for i := range p.t.Steps {
		if p.t.Steps[i].carries(smp.CodePairingRequest) {
			n++
		}
	}
	return n
}

func (p *play) sentFailed() bool {
	return slices.ContainsFunc(p.sent, func(o output) bool { return o.is(smp.CodePairingFailed) })
}

// checkReason compares the reason of the Pairing Failed, whoever sent it.
func (p *play) checkReason() *Mismatch {
	e := &p.t.expect
	if e.noReason && p.sentFailed() {
		return expected("pairing_failed_reason", "none", p.ended())
	}
	if e.failedReason == nil || e.anyReason {
		return nil
	}
	allowed := append([]smp.Reason{*e.failedReason}, e.reasons...)
	var got []smp.Reason
	for i := range p.t.Steps {
		if s := &p.t.Steps[i]; s.carries(smp.CodePairingFailed) && s.At == p.role {
			if s.anyReason {
				return nil
			}
			allowed = append(allowed, s.reasons...)
		}
	}
	for _, o := range p.sent {
		if reason, ok := o.failure(); ok {
			got = append(got, reason)
		}
	}
	for _, err := range p.seen.failures {
		got = append(got, err.Reason)
	}
	if slices.ContainsFunc(got, func(r smp.Reason) bool { return slices.Contains(allowed, r) }) {
		return nil
	}
	return expected("pairing_failed_reason", fmt.Sprintf("%s (0x%02x)", e.failedReason.String(), uint8(*e.failedReason)), p.ended())
}

// checkKeysKept wants no key to have left the procedure where none may.
func (p *play) checkKeysKept() *Mismatch {
	switch {
	case !p.t.expect.noKey:
	case p.seen.keyUsed:
		return expected("no_key", "no key for the controller", "one")
	case p.seen.bond != nil:
		return expected("no_key", "no bond", "one")
	}
	return nil
}

// checkUser wants every act of our user to have been asked for.
func (p *play) checkUser() *Mismatch {
	if p.t.expect.outcome != paired {
		return nil
	}
	for _, a := range p.acts {
		if !a.used && a.kind != smp.EffectAskPairing {
			return p.mismatch(&p.t.Steps[a.step], "a question or a passkey to show", "none")
		}
	}
	return nil
}

// checkLevel compares what protects the link.
func (p *play) checkLevel() *Mismatch {
	var level smp.Level
	e := &p.t.expect
	switch {
	case p.seen.result != nil:
		level = p.seen.result.Level
	case p.seen.level != nil && p.steady():
		level = *p.seen.level
	default:
		return nil
	}
	if e.authenticated != nil && *e.authenticated != level.MITM {
		return expected("authenticated", fmt.Sprint(*e.authenticated), level.String())
	}
	if got := level.Authenticated(smp.Policy{}); e.from62 != nil && *e.from62 != got {
		return expected("authenticated_from_core_6_2", fmt.Sprint(*e.from62), level.String())
	}
	if e.keySize != nil && *e.keySize != level.KeySize {
		return expected("key_size", fmt.Sprint(*e.keySize), level.String())
	}
	if got := methodOf(level); p.t.Method != "negative" && got != p.t.Method {
		return &Mismatch{Expect: "method", Want: p.t.Method, Got: got}
	}
	return nil
}

func methodOf(level smp.Level) string {
	kind := "legacy-"
	if level.SC {
		kind = "sc-"
	}
	switch level.Model {
	case smp.JustWorks:
		return kind + "just-works"
	case smp.NumericComparison:
		return kind + "numeric-comparison"
	case smp.OutOfBand:
		return kind + "out-of-band"
	}
	return kind + "passkey-entry"
}

// checkSecrets compares the keys that the procedure has computed. A pairing
// that ends early need not have come so far.
func (p *play) checkSecrets() *Mismatch {
	e, got := &p.t.expect, &p.tools
	for _, secret := range []struct {
		name      string
		want, got *bt.Key
	}{{"tk", e.tk, got.tk}, {"stk", e.stk, got.stk}, {"mackey", e.macKey, got.macKey}, {"ltk", e.ltk, p.computedLTK()}} {
		if m := p.checkKey(secret.name, secret.want, secret.got); m != nil {
			return m
		}
	}
	switch {
	case e.dhKey == nil, got.dhKey == nil && e.outcome != paired:
	case got.dhKey == nil:
		return expected("dhkey", "one", "none")
	case subtle.ConstantTimeCompare(got.dhKey[:], e.dhKey[:]) != 1:
		return expected("dhkey", p.secret(e.dhKey[:]), p.secret(got.dhKey[:])+" that differs")
	}
	return nil
}

// computedLTK is what LE Secure Connections computed. In legacy pairing a
// transcript that speaks of the LTK means the responder's.
func (p *play) computedLTK() *bt.Key {
	if r := p.seen.result; p.tools.ltk == nil && r != nil && r.Responder.LTK != nil {
		return &r.Responder.LTK.Key
	}
	return p.tools.ltk
}

func (p *play) checkKey(name string, want, got *bt.Key) *Mismatch {
	switch {
	case want == nil, got == nil && p.t.expect.outcome != paired:
		return nil
	case got == nil:
		return expected(name, p.secret(want[:]), "none")
	case !p.sameKey(*want, *got):
		return expected(name, p.secret(want[:]), p.secret(got[:])+" that differs")
	}
	return nil
}

// sameKey compares keys, of which either may have been cut to the key size.
func (p *play) sameKey(want, got bt.Key) bool {
	if want.Equal(got) {
		return true
	}
	short := func(k bt.Key) bt.Key {
		cut, err := toolbox.Shorten(k, p.agreedSize())
		if err != nil {
			return k
		}
		return cut
	}
	return want.Equal(short(want)) && want.Equal(short(got)) || got.Equal(short(got)) && got.Equal(short(want))
}

func (p *play) secret(b []byte) string {
	if p.player.ShowKeys {
		return fmt.Sprintf("%x", b)
	}
	return "a key"
}
