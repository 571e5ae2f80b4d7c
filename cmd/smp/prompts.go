package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"blesmp/bt"
	"blesmp/cmd/smp/internal/terminal"
	"blesmp/smp"
)

// user is the person at the terminal, or the flags that answer in place of one.
type user struct {
	console *terminal.Console
	answers promptOptions
	report  *reporter
	asks    bool // Just Works needs consent: somebody else has begun it

	mu      sync.Mutex
	agreed  map[bt.TypedAddress]bool  // peers whose bond may be replaced
	presses map[*smp.Session]keypress // of the peer's user
	showing *smp.Session              // whose passkey is on the screen
}

// errDeclined is the answer of a user who says no.
var errDeclined = errors.New("the user said no")

func newUser(c *terminal.Console, r *reporter, answers promptOptions) *user {
	return &user{console: c, report: r, answers: answers, agreed: map[bt.TypedAddress]bool{}, presses: map[*smp.Session]keypress{}}
}

// prompter asks the user what a pairing asks.
func (u *user) prompter() smp.Prompter {
	return smp.Prompter{
		ConfirmFeatures: u.confirmFeatures,
		Consent:         u.consent,
		ReplaceBond:     u.replaceBond,
		DisplayPasskey:  u.displayPasskey,
		EnterPasskey:    u.enterPasskey,
		CompareNumber:   u.compareNumber,
		Keypress:        u.keypress,
	}
}

// deadline says how long an answer counts.
func deadline(q *smp.Question) func() (time.Time, bool) { return q.Session.Deadline }

// confirmFeatures tells what the pairing will be. A peripheral asks whether a
// central may take the place of its bond: what looks like one that has lost its
// key can be somebody else.
func (u *user) confirmFeatures(ctx context.Context, q *smp.Question) error {
	u.report.connected(q.Session)
	u.report.pairing(q)
	if _, encrypted := q.Session.Level(); !q.Bonded || encrypted || q.Role == bt.Central {
		return nil
	}
	return u.replaceBond(ctx, q)
}

// consent is asked before Just Works.
func (u *user) consent(ctx context.Context, q *smp.Question) error {
	if !u.asks || u.answers.yes || u.hasAgreed(q.PeerIdentity) {
		return nil
	}
	return u.yes(ctx, fmt.Sprintf("Pair with %s without protection against a device in the middle?", peerName(q.Peer, q.PeerIdentity)), deadline(q))
}

// replaceBond is asked where a pairing would replace a bond.
func (u *user) replaceBond(ctx context.Context, q *smp.Question) error {
	if u.hasAgreed(q.PeerIdentity) {
		return nil
	}
	text := fmt.Sprintf("There is a bond with %s. It has forgotten it, or somebody is in its place. Pair again?", peerName(q.Peer, q.PeerIdentity))
	return u.agree(ctx, q.PeerIdentity, text, deadline(q))
}

// agree asks whether the bond with a peer may be replaced, and remembers a yes
// until the pairing is done.
func (u *user) agree(ctx context.Context, peer bt.TypedAddress, text string, until func() (time.Time, bool)) error {
	if !u.answers.replace {
		if err := u.yes(ctx, text, until); err != nil {
			return err
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.agreed[peer] = true
	return nil
}

func (u *user) hasAgreed(peer bt.TypedAddress) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.agreed[peer]
}

// forget takes back what was agreed for a link that has ended.
func (u *user) forget(s *smp.Session) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.agreed, s.PeerIdentity())
	delete(u.presses, s)
}

// displayPasskey shows the passkey until the pairing has ended or gone on.
func (u *user) displayPasskey(ctx context.Context, q *smp.Question) error {
	c := u.console
	c.Say("Passkey: %s  Type it at the other device.", c.Paint(terminal.Loud, q.Passkey.String()))
	u.show(q.Session)
	defer u.show(nil)
	defer c.Progress(func() string { return u.waiting(q) })()
	<-ctx.Done()
	return nil
}

func (u *user) show(s *smp.Session) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.showing = s
}

// waiting is the last line while the peer's user types.
func (u *user) waiting(q *smp.Question) string {
	line := "waiting for the other device"
	if until, ok := q.Session.Deadline(); ok {
		line = "[" + terminal.SecondsLeft(until) + "] " + line
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if p, ok := u.presses[q.Session]; ok {
		line += ": " + p.String()
	}
	return line
}

// enterPasskey asks for the passkey that the peer shows. On a terminal that
// gives every key, the peer learns of each.
func (u *user) enterPasskey(ctx context.Context, q *smp.Question) (smp.Passkey, error) {
	tell := func(t smp.KeypressType) { _ = q.Session.NotifyKeypress(t) }
	tell(smp.PasskeyEntryStarted)
	passkey, err := u.passkey(ctx, q, tell)
	if err != nil {
		return 0, errors.Join(smp.PasskeyEntryFailed, err)
	}
	tell(smp.PasskeyEntryCompleted)
	return passkey, nil
}

func (u *user) passkey(ctx context.Context, q *smp.Question, tell func(smp.KeypressType)) (smp.Passkey, error) {
	if u.answers.number != nil {
		return *u.answers.number, nil
	}
	text := "Type the passkey that the other device shows:"
	if q.Level.Model == smp.BothType {
		text = "Type the same passkey of up to six digits here and at the other device:"
	}
	for {
		answer, err := u.console.Ask(ctx, terminal.Question{
			Text: text, Limit: 6, Takes: terminal.Digits, Until: deadline(q),
			Told: func(e terminal.Edit) { tell(keypressOf[e]) },
		})
		if err != nil {
			return 0, err
		}
		passkey, err := smp.ParsePasskey(answer)
		if err == nil {
			return passkey, nil
		}
		u.console.Say("%s", plain(err))
	}
}

var keypressOf = map[terminal.Edit]smp.KeypressType{
	terminal.Typed:   smp.PasskeyDigitEntered,
	terminal.Erased:  smp.PasskeyDigitErased,
	terminal.Cleared: smp.PasskeyCleared,
}

// compareNumber asks whether both devices show the same number.
func (u *user) compareNumber(ctx context.Context, q *smp.Question) (bool, error) {
	if u.answers.accept {
		u.console.Say("Number: %v  Taken for equal, unseen.", q.Passkey)
		return true, nil
	}
	err := u.yes(ctx, fmt.Sprintf("Does the other device show %v?", q.Passkey), deadline(q))
	if errors.Is(err, errDeclined) {
		return false, nil
	}
	return err == nil, err
}

// yes asks, and gives errDeclined for no.
func (u *user) yes(ctx context.Context, text string, until func() (time.Time, bool)) error {
	ok, err := u.console.AskYes(ctx, text, until)
	if err == nil && !ok {
		err = errDeclined
	}
	return err
}

// keypress is how far the peer's user has come.
type keypress struct {
	digits int
	done   bool
}

// String gives a dot for every digit.
func (k keypress) String() string {
	if k.done {
		return "typed"
	}
	return strings.Repeat("•", k.digits) + strings.Repeat("_", max(0, 6-k.digits))
}

// keypress hears what the peer's user does.
func (u *user) keypress(q *smp.Question, t smp.KeypressType) {
	u.mu.Lock()
	k := u.presses[q.Session]
	switch t {
	case smp.PasskeyEntryStarted, smp.PasskeyCleared:
		k = keypress{}
	case smp.PasskeyDigitEntered:
		k.digits++
	case smp.PasskeyDigitErased:
		k.digits = max(0, k.digits-1)
	case smp.PasskeyEntryCompleted:
		k.done = true
	}
	u.presses[q.Session] = k
	showing := u.showing == q.Session
	u.mu.Unlock()
	switch {
	case !u.console.HasLastLine():
		u.console.Say("the other device: %v", t)
	case showing: // else a question has the last line
		u.console.SetStatus("%s", u.waiting(q))
	}
}
