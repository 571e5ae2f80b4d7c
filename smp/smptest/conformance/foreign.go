package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"blesmp/bt"
	"blesmp/hci/virtual"
	"blesmp/smp/smptest"
)

// Target is a foreign device: its host drives a controller of Air, and a person
// operates it. The peer takes another controller, and nobody else may be there.
type Target struct {
	Air    *virtual.Air
	Person Person

	// Roles are those that the device can have; both where there are none.
	Roles []bt.Role

	// Pause lets time pass between two rounds: a device has a waiting interval
	// after failures.
	Pause time.Duration
}

// Person does at a foreign device what only a person can do.
type Person interface {
	// Advertise has the device advertise, connectable and ready to pair by Just
	// Works. It returns when that is done or begun.
	Advertise(ctx context.Context) error

	// Pair has the device connect to this address and pair. It returns when that
	// is begun.
	Pair(ctx context.Context, peer bt.TypedAddress) error
}

// ErrNotPlayed is the error of a scenario none of whose rounds suits the device.
var ErrNotPlayed = errors.New("conformance: the device does not have the role of this scenario")

// errOtherRole ends a round for another role than the device has.
var errOtherRole = errors.New("conformance: the device does not have this role")

// How a peer waits for a foreign device, in real time.
const (
	foreignPatience = 10 * time.Second
	foreignQuiet    = 500 * time.Millisecond
	personPatience  = 2 * time.Minute
)

// RunAgainst plays a scenario against a foreign device. Only those that are
// Foreign can be played. It ends with the ctx too.
func (s Scenario) RunAgainst(ctx context.Context, t Target) Result {
	result := Result{Scenario: s}
	if !s.Foreign {
		result.Err = fmt.Errorf("conformance: %s needs our own device", s.ID)
		return result
	}
	played := 0
	for _, r := range s.rounds {
		stage := &Stage{ctx: ctx, clock: wallClock{ctx}, air: t.Air, target: &t}
		err := r.on(stage)
		stage.close()
		if errors.Is(err, errOtherRole) {
			continue
		}
		played++
		if err != nil {
			result.Err = s.failed(r, err)
			return result
		}
		stage.clock.Sleep(t.Pause)
	}
	if played == 0 {
		result.Err = ErrNotPlayed
	}
	return result
}

// prepareForeign connects the peer with the foreign device, which has this role.
func (s *Stage) prepareForeign(role bt.Role) error {
	if len(s.target.Roles) > 0 && !slices.Contains(s.target.Roles, role) {
		return errOtherRole
	}
	if err := s.newPeer(bt.Address{}); err != nil {
		return err
	}
	if role == bt.Central {
		if err := s.peer.Advertise(); err != nil {
			return err
		}
		if err := s.target.Person.Pair(s.ctx, s.peer.Address()); err != nil {
			return err
		}
		return s.awaitPerson(s.peer.Await)
	}
	if err := s.target.Person.Advertise(s.ctx); err != nil {
		return err
	}
	err := s.awaitPerson(func() (err error) {
		s.remote, err = s.peer.Find()
		return err
	})
	if err != nil {
		return err
	}
	if err := s.peer.Connect(s.remote); err != nil {
		return err
	}
	return s.peer.Await()
}

// awaitPerson tries again and again: people take their time.
func (s *Stage) awaitPerson(try func() error) error {
	for begin := time.Now(); ; {
		err := try()
		if !errors.Is(err, smptest.ErrNothing) || time.Since(begin) > personPatience {
			return err
		}
		if s.ctx.Err() != nil {
			return context.Cause(s.ctx)
		}
	}
}
