package smp

import "context"

// OneAtATime gives a Prompter that asks one question at a time, for one screen
// that serves many links. A question waits for its turn until its pairing ends.
// DisplayPasskey keeps its turn for as long as it stays.
func OneAtATime(p Prompter) Prompter {
	screen := make(turn, 1)
	one := p
	one.PairingRequested = withResult(screen, p.PairingRequested)
	one.SecurityRequested = inTurn(screen, p.SecurityRequested)
	one.ConfirmFeatures = inTurn(screen, p.ConfirmFeatures)
	one.Consent = inTurn(screen, p.Consent)
	one.ReplaceBond = inTurn(screen, p.ReplaceBond)
	one.DisplayPasskey = inTurn(screen, p.DisplayPasskey)
	one.EnterPasskey = withResult(screen, p.EnterPasskey)
	one.CompareNumber = withResult(screen, p.CompareNumber)
	return one
}

// turn is held by whoever asks.
type turn chan struct{}

// take waits for the turn; the caller gives it back.
func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t turn) give() { <-t }

// inTurn has a question wait for its turn; there is none where ask is nil.
func inTurn(t turn, ask func(context.Context, *Question) error) func(context.Context, *Question) error {
	if ask == nil {
		return nil
	}
	return func(ctx context.Context, q *Question) error {
		if err := t.take(ctx); err != nil {
			return err
		}
		defer t.give()
		return ask(ctx, q)
	}
}

// withResult does the same for a question with an answer.
func withResult[T any](t turn, ask func(context.Context, *Question) (T, error)) func(context.Context, *Question) (T, error) {
	if ask == nil {
		return nil
	}
	return func(ctx context.Context, q *Question) (T, error) {
		if err := t.take(ctx); err != nil {
			var none T
			return none, err
		}
		defer t.give()
		return ask(ctx, q)
	}
}
