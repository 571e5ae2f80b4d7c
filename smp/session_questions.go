package smp

import (
	"context"
	"errors"
	"fmt"

	"blesmp/bt"
)

// prompt is the talk with the user in one pairing.
type prompt struct {
	ctx      context.Context // ends with the pairing; nil while none runs
	cancel   context.CancelCauseFunc
	level    Level // of the last question that had one
	oob      *LocalOOB
	storeErr error

	// unasked says that the pairing answers a Security Request about which
	// nobody was asked.
	unasked bool
}

// begin gives the context of the pairing's questions.
func (p *prompt) begin() context.Context {
	if p.ctx == nil {
		p.ctx, p.cancel = context.WithCancelCause(context.Background())
	}
	return p.ctx
}

// end takes all questions back.
func (p *prompt) end(cause error) {
	if p.cancel != nil {
		p.cancel(cause)
	}
	*p = prompt{}
}

// ask puts a question of the procedure to the user, or answers it where there
// is nobody to ask.
func (s *Session) ask(e *Effect) {
	ask := &s.manager.options.Prompter
	s.prompt.level = e.Level
	switch e.Kind {
	case EffectAskPairing:
		s.askPairing(e)
	case EffectAskSecurity:
		s.askSecurity(e)
	case EffectAskFeatures:
		s.askFeatures(e)
	case EffectAskPasskey:
		s.put(e, ask.EnterPasskey != nil, func(ctx context.Context, q *Question) (Input, error) {
			passkey, err := ask.EnterPasskey(ctx, q)
			if err == nil && passkey >= passkeyLimit {
				err = errors.New("smp: Prompter.EnterPasskey gave more than six digits")
			}
			return Input{Event: EventPasskeyEntered, Passkey: uint32(passkey)}, err
		})
	case EffectAskCompare:
		s.put(e, ask.CompareNumber != nil, func(ctx context.Context, q *Question) (Input, error) {
			same, err := ask.CompareNumber(ctx, q)
			if err == nil && !same {
				err = NumericComparisonFailed
			}
			return Input{Event: EventNumbersEqual}, err
		})
	case EffectShowPasskey:
		s.showPasskey(e)
	}
}

// askPairing is the responder's question; Options.Features answer it where
// nobody is asked.
func (s *Session) askPairing(e *Effect) {
	s.manager.expectPairing(e.Offer.AuthReq)
	requested := s.manager.options.Prompter.PairingRequested
	if requested == nil {
		features := s.features()
		features.MITM = features.MITM || s.asked.MITM()
		s.answer(e, Input{Event: EventConsentGiven, Features: &features}, nil)
		return
	}
	s.put(e, true, func(ctx context.Context, q *Question) (Input, error) {
		features, err := requested(ctx, q)
		if err == nil {
			err = s.checkOffer(&features)
		}
		return Input{Event: EventConsentGiven, Features: &features}, err
	})
}

// askSecurity is the initiator's question. Where nobody is asked, a bond is
// replaced only for more protection, over a link that the bond encrypts.
func (s *Session) askSecurity(e *Effect) {
	features := s.features()
	in := Input{Event: EventConsentGiven, Features: &features}
	if requested := s.manager.options.Prompter.SecurityRequested; requested != nil {
		s.put(e, true, func(ctx context.Context, q *Question) (Input, error) { return in, requested(ctx, q) })
		return
	}
	if _, encrypted := s.procedure.Level(); (!e.Offer.AuthReq.MITM() || !encrypted) && s.bonded() {
		s.answer(e, in, nobodyToAsk)
		return
	}
	s.prompt.unasked = true
	s.answer(e, in, nil)
}

// askFeatures asks up to three times: about the features, about Just Works, and
// about the bond that would be replaced.
func (s *Session) askFeatures(e *Effect) {
	prompter := &s.manager.options.Prompter
	justWorks := e.Level.Model == JustWorks
	in := Input{Event: EventFeaturesConfirmed}
	var asks []func(context.Context, *Question) error
	if prompter.ConfirmFeatures != nil {
		asks = append(asks, prompter.ConfirmFeatures)
	}
	if prompter.Consent != nil && justWorks {
		asks = append(asks, prompter.Consent)
	}
	if e.Replaces && prompter.ReplaceBond != nil {
		asks = append(asks, prompter.ReplaceBond)
	}
	switch {
	case e.Offer.OOBData && e.Level.SC && !s.takeOOB():
		s.answer(e, in, &refusal{OOBNotAvailable, errors.New("smp: another pairing uses the out-of-band data")})
	case s.pairing != nil && !e.Level.Satisfies(s.pairing.want):
		s.answer(e, in, &refusal{AuthenticationRequirements, fmt.Errorf("smp: the pairing would give %v, which is less than was wanted", e.Level)})
	case s.prompt.unasked && justWorks && s.bonded():
		s.answer(e, in, nobodyToAsk)
	case len(asks) == 0:
		s.answer(e, in, nil)
	default:
		in.Replace = e.Replaces && prompter.ReplaceBond != nil
		s.put(e, true, func(ctx context.Context, q *Question) (Input, error) {
			for _, ask := range asks {
				if err := ask(ctx, q); err != nil {
					return in, err
				}
			}
			return in, nil
		})
	}
}

// takeOOB has this pairing use the data that we gave out.
func (s *Session) takeOOB() bool {
	oob := s.procedure.pairing.oob
	if oob == nil || !s.manager.takeOOB(oob) {
		return false
	}
	s.prompt.oob = oob
	return true
}

// refusal is an answer of ours that no user gave.
type refusal struct {
	reason Reason
	why    error
}

func (r *refusal) Error() string { return r.why.Error() }

func (r *refusal) Unwrap() []error { return []error{r.reason, r.why} }

// nobodyToAsk keeps the bond of a peer that asks for security which the bond
// does not give.
var nobodyToAsk = &refusal{AuthenticationRequirements, &PolicyError{
	"Prompter.SecurityRequested", "there is a bond with this peer, and nobody to ask whether it may be replaced",
}}

// showPasskey has no answer; a display that fails cancels the pairing.
func (s *Session) showPasskey(e *Effect) {
	show := s.manager.options.Prompter.DisplayPasskey
	if show == nil {
		s.post(&job{input: Input{Event: EventCancel, Reason: PasskeyEntryFailed}})
		return
	}
	ctx, q := s.prompt.begin(), s.question(e)
	s.manager.options.Go(func() {
		err := show(ctx, q)
		if err == nil {
			return
		}
		s.post(&job{run: func() {
			if s.prompt.ctx == ctx { // it is still this pairing
				s.step(&Input{Event: EventCancel, Reason: reasonOf(err, PasskeyEntryFailed), Err: err})
			}
		}})
	})
}

// put asks on a goroutine of its own and answers with what comes back; where
// there is nobody to ask, it refuses.
func (s *Session) put(e *Effect, somebody bool, ask func(context.Context, *Question) (Input, error)) {
	question := e.Question
	if !somebody {
		s.answer(e, Input{}, errors.New("smp: the Prompter has no function for this question"))
		return
	}
	ctx, q := s.prompt.begin(), s.question(e)
	s.manager.options.Go(func() {
		in, err := ask(ctx, q)
		s.answer(&Effect{Question: question}, in, err)
	})
}

// answer posts the answer to a question, a refusal where err is set.
func (s *Session) answer(e *Effect, in Input, err error) {
	if err != nil {
		in = Input{Event: EventUserRefused, Reason: reasonOf(err, 0), Err: err}
	}
	in.Question = e.Question
	s.post(&job{input: in})
}

// question gathers what there is to know.
func (s *Session) question(e *Effect) *Question {
	return &Question{
		Session:      s,
		Role:         s.link.Role(),
		Peer:         s.link.PeerAddress(),
		PeerIdentity: s.procedure.PeerIdentity(),
		Bonded:       s.bonded(),
		Offer:        e.Offer,
		Level:        e.Level,
		Passkey:      Passkey(e.Number),
	}
}

// bonded reports, during a step, whether there is a bond with the peer, or a key
// of SetLTK.
func (s *Session) bonded() bool { return s.findBondOnce(s.procedure.PeerIdentity()) != nil }

// features are Options.Features for this link: out-of-band data of another peer
// is left out.
func (s *Session) features() Features {
	f := s.manager.options.Features
	if s.checkPeerOOB(&f) != nil {
		f.PeerOOB = nil
	}
	return f
}

// checkOffer reports why features cannot be offered on this link.
func (s *Session) checkOffer(f *Features) error {
	if err := s.manager.checkFeatures(f); err != nil {
		return err
	}
	return s.checkPeerOOB(f)
}

// checkPeerOOB reports that out-of-band data is not the peer's.
func (s *Session) checkPeerOOB(f *Features) error {
	if f.PeerOOB != nil && f.PeerOOB.Address != s.link.PeerAddress() && f.PeerOOB.Address != s.PeerIdentity() {
		return &addressError{data: f.PeerOOB.Address, link: s.link.PeerAddress()}
	}
	return nil
}

// addressError says that out-of-band data belongs to another device.
type addressError struct{ data, link bt.TypedAddress }

func (e *addressError) Error() string {
	return "smp: Features.PeerOOB is of " + e.data.String() + ", but the link is to " + e.link.String()
}

// reasonOf gives the Reason that an error wraps, or another one.
func reasonOf(err error, otherwise Reason) Reason {
	if reason, ok := errors.AsType[Reason](err); ok {
		return reason
	}
	return otherwise
}
