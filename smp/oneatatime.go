package smp

import (
	"context"
	"sync"
)

// OneAtATime gives a Prompter that asks one question at a time, for one screen
// that serves many links. A question waits for its turn until its pairing ends.
// DisplayPasskey keeps its turn for as long as it stays.
func OneAtATime(p Prompter) Prompter {
	screen := newTurn()
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

// turn is held by the session that asks. It may ask within a question, as where
// Prompter.SecurityRequested answers with Session.Pair.
type turn struct {
	free chan struct{} // holds a token while nobody asks

	mu     sync.Mutex
	holder *Session
	depth  int
}

func newTurn() *turn {
	t := &turn{free: make(chan struct{}, 1)}
	t.free <- struct{}{}
	return t
}

// take waits for the turn; the caller gives it back.
func (t *turn) take(ctx context.Context, s *Session) error {
	if t.within(s) {
		return nil
	}
	select {
	case <-t.free:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	t.mu.Lock()
	t.holder, t.depth = s, 1
	t.mu.Unlock()
	return nil
}

// within takes the turn where this session has it already.
func (t *turn) within(s *Session) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s == nil || t.holder != s {
		return false
	}
	t.depth++
	return true
}

func (t *turn) give() {
	t.mu.Lock()
	t.depth--
	last := t.depth == 0
	if last {
		t.holder = nil
	}
	t.mu.Unlock()
	if last {
		t.free <- struct{}{}
	}
}

// inTurn has a question wait for its turn; there is none where ask is nil.
func inTurn(t *turn, ask func(context.Context, *Question) error) func(context.Context, *Question) error {
	if ask == nil {
		return nil
	}
	return func(ctx context.Context, q *Question) error {
		if err := t.take(ctx, q.Session); err != nil {
			return err
		}
		defer t.give()
		return ask(ctx, q)
	}
}

// withResult does the same for a question with an answer.
func withResult[T any](t *turn, ask func(context.Context, *Question) (T, error)) func(context.Context, *Question) (T, error) {
	if ask == nil {
		return nil
	}
	return func(ctx context.Context, q *Question) (T, error) {
		if err := t.take(ctx, q.Session); err != nil {
			var none T
			return none, err
		}
		defer t.give()
		return ask(ctx, q)
	}
}
