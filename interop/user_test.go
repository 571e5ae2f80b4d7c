//go:build interop

package interop

import (
	"context"

	"blesmp/smp"
)

// user is the person at both devices.
type user struct {
	wrong        bool // types another passkey than the one shown
	refuseOurs   bool // says no to our comparison
	refuseTheirs bool
	cancelOurs   bool // cancels at our side when asked or shown anything
	cancelTheirs bool
	keypresses   bool // our side and the peer's tell of keys that are pressed

	shown        chan smp.Passkey // by either side, for the other to be typed
	ours, theirs chan smp.Passkey // numbers to compare
	model        chan smp.AssociationModel
	troubles     chan error
}

// agreed is the passkey of users who type at both sides.
const agreed smp.Passkey = 271828

func (u *user) init() {
	u.shown = make(chan smp.Passkey, 4)
	u.ours, u.theirs = make(chan smp.Passkey, 4), make(chan smp.Passkey, 4)
	u.model = make(chan smp.AssociationModel, 4)
	u.troubles = make(chan error, 16)
}

// typed is what the user types who was shown a passkey.
func (u *user) typed(shown smp.Passkey) smp.Passkey {
	if u.wrong {
		return (shown + 1) % 1_000_000
	}
	return shown
}

func take[T any](ctx context.Context, c <-chan T) (T, error) {
	select {
	case v := <-c:
		return v, nil
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// prompter answers for our side.
func (u *user) prompter() smp.Prompter {
	cancel := func(ctx context.Context, q *smp.Question) bool {
		if u.cancelOurs {
			if err := q.Session.Cancel(0); err != nil {
				u.troubles <- err
			}
		}
		return u.cancelOurs
	}
	return smp.Prompter{
		DisplayPasskey: func(ctx context.Context, q *smp.Question) error {
			if cancel(ctx, q) {
				return nil
			}
			u.shown <- q.Passkey
			return nil
		},
		EnterPasskey: func(ctx context.Context, q *smp.Question) (smp.Passkey, error) {
			if cancel(ctx, q) {
				<-ctx.Done()
				return 0, ctx.Err()
			}
			if q.Level.Model == smp.BothType {
				u.shown <- agreed
				return agreed, nil
			}
			passkey, err := take(ctx, u.shown)
			if u.keypresses && err == nil {
				for _, k := range pressed {
					if err := q.Session.NotifyKeypress(k); err != nil {
						u.troubles <- err
					}
				}
			}
			return u.typed(passkey), err
		},
		CompareNumber: func(ctx context.Context, q *smp.Question) (bool, error) {
			if cancel(ctx, q) {
				<-ctx.Done()
				return false, ctx.Err()
			}
			u.ours <- q.Passkey
			number, err := take(ctx, u.theirs)
			return number == q.Passkey && !u.refuseOurs, err
		},
	}
}

// pressed are the keys of somebody who types in a hurry.
var pressed = []smp.KeypressType{smp.PasskeyEntryStarted, smp.PasskeyDigitEntered, smp.PasskeyDigitErased, smp.PasskeyCleared, smp.PasskeyEntryCompleted}

// sit answers for the peer's side until the context ends.
func (u *user) sit(ctx context.Context, peer foreign) {
	for {
		e, err := peer.events().await(ctx, displayPasskey, enterPasskey, compareNumber)
		if err != nil {
			return
		}
		if e.model != nil {
			u.model <- *e.model
		}
		if u.cancelTheirs && !e.hint {
			if err := peer.cancel(ctx); err != nil {
				u.troubles <- err
			}
			continue
		}
		if err := u.answer(ctx, peer, e); err != nil && ctx.Err() == nil {
			u.troubles <- err
		}
	}
}

func (u *user) answer(ctx context.Context, peer foreign, e told) error {
	switch {
	case e.kind == displayPasskey:
		u.shown <- e.passkey
		return nil
	case e.kind == enterPasskey:
		passkey, err := take(ctx, u.shown)
		if err != nil {
			return err
		}
		if u.keypresses {
			for _, k := range pressed {
				if err := peer.keypress(ctx, k); err != nil {
					return err
				}
			}
		}
		return peer.enter(ctx, u.typed(passkey))
	case e.hint:
		return peer.compare(ctx, true)
	}
	u.theirs <- e.passkey
	number, err := take(ctx, u.ours)
	if err != nil {
		return err
	}
	return peer.compare(ctx, number == e.passkey && !u.refuseTheirs)
}
