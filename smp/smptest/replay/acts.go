package replay

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"blesmp/bt"
	"blesmp/smp"
)

// act is what the user of our side does in one step. Transcripts put it before
// or after the PDUs around it as their source does; it counts once its question
// is asked.
type act struct {
	step    int // index
	kind    smp.EffectKind
	passkey *uint32
	number  *uint32
	refuses bool
	used    bool
}

var (
	refusing  = regexp.MustCompile(`(?i)reject|refus|declin|\bden(y|ie)|cancel|abort|disagree|\bdiffer|mismatch|(\bnot |un)equal|\bno\b`)
	comparing = regexp.MustCompile(`(?i)compar|numeric`)
	passkeys  = regexp.MustCompile(`(?i)passkey|\bpin\b`)
)

// acts gives what the user of a side does, in order.
func (t *Transcript) acts(r bt.Role) (all []*act) {
	for i := range t.Steps {
		s := &t.Steps[i]
		if s.Kind != UserStep || s.At != r || s.tk != nil {
			continue
		}
		a := &act{step: i, passkey: s.passkey, number: s.number, refuses: refusing.MatchString(s.Name)}
		switch {
		case s.passkey != nil, s.number == nil && passkeys.MatchString(s.Name):
			a.kind = smp.EffectAskPasskey
		case s.number != nil, comparing.MatchString(s.Name):
			a.kind = smp.EffectAskCompare
		default:
			a.kind = smp.EffectAskPairing
		}
		all = append(all, a)
	}
	return all
}

// answers reports whether the act can be the answer to a question of that
// kind: somebody who refuses may refuse anything.
func (a *act) answers(kind smp.EffectKind) bool {
	switch kind {
	case smp.EffectAskPairing, smp.EffectAskSecurity, smp.EffectAskFeatures:
		return a.kind == smp.EffectAskPairing
	}
	return a.kind == kind || a.kind == smp.EffectAskPairing && a.refuses
}

// act gives the first act that is not used up and answers the question. Those
// of steps that are still to come count only where ahead is set, and what is no
// answer to this kind of question alone only if it comes before the next step
// of our side.
func (p *play) act(kind smp.EffectKind, ahead bool) *act {
	next := len(p.t.Steps)
	if s := p.due(); s != nil {
		next = s.Number - 1
	}
	for _, a := range p.acts {
		soon := a.step <= p.at || ahead && (a.kind == kind || a.step < next)
		if !a.used && a.answers(kind) && soon {
			return a
		}
	}
	return nil
}

// passkeyToShow is the passkey that our side is said to display.
func (p *play) passkeyToShow() uint32 {
	for _, a := range p.acts {
		if !a.used && a.passkey != nil {
			return *a.passkey
		}
	}
	return valueOr(p.t.user.passkey, 0)
}

// shown takes note that a passkey is displayed.
func (p *play) shown(passkey uint32) {
	for _, a := range p.acts {
		if !a.used && a.passkey != nil && *a.passkey == passkey {
			a.used = true
			return
		}
	}
}

var (
	seconds = regexp.MustCompile(`(?i)\b(\d+)[ -]*(?:s|sec|seconds?)\b`)
	expired = regexp.MustCompile(`(?i)time[ds]?[ -]?out|timer|thirty seconds`)
)

// duration gives the time that passes in a step, as its name says it: "nothing
// for 30 s", or "timeout", which is as long as the procedure's timer.
func (s *Step) duration() time.Duration {
	if m := seconds.FindStringSubmatch(s.Name); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil && n < 1_000_000 {
			return time.Duration(n) * time.Second
		}
	}
	if expired.MatchString(s.Name) {
		return procedureTimeout
	}
	return 0
}

// procedureTimeout is how long a pairing may stand still (Core Vol 3, Part H,
// 3.4).
const procedureTimeout = 30 * time.Second

// report is a kind of thing that a host reports.
type report uint8

const (
	noReport report = iota
	failureReport
	completeReport
	keypressReport
	encryptionReport
	goneReport
	reportKinds
)

var reportNames = [reportKinds]string{"nothing", "a report of failure", "a report of success", "a report of a keypress", "a report of encryption", "a report that the link is gone"}

// reported gives the kind of report that a host step is about, by its name. A
// name that says none is a comment, as is one that says what did not happen.
func (s *Step) reported() report {
	name := strings.ToLower(s.Name)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(name, w) {
				return true
			}
		}
		return false
	}
	switch {
	case negated.MatchString(name):
		return noReport
	case has("fail", "error", "abort", "cancel", "ended"), expired.MatchString(name):
		return failureReport
	case has("lost", "disconnect"):
		return goneReport
	case has("complete", "success", "succeed", "paired", "stored"):
		return completeReport
	case has("keypress"):
		return keypressReport
	case has("encrypt"):
		return encryptionReport
	}
	return noReport
}

var negated = regexp.MustCompile(`\b(no|not|nothing|never|without|unchanged|kept)\b`)

// reportsOf gives the kinds of report that an effect is.
func reportsOf(kind smp.EffectKind) []report {
	switch kind {
	case smp.EffectReportFailure, smp.EffectReportEnd, smp.EffectReportTimeout:
		return []report{failureReport, goneReport}
	case smp.EffectReportComplete, smp.EffectStoreBond:
		return []report{completeReport}
	case smp.EffectReportKeypress:
		return []report{keypressReport}
	case smp.EffectReportLevel:
		return []report{encryptionReport}
	case smp.EffectReportEncryptionFailure:
		return []report{failureReport, encryptionReport}
	}
	return nil
}
