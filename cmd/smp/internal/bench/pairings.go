package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"blesmp/internal/floor"
	"blesmp/internal/load"
)

// What a pairing may take at most, in floors: at the engine, where the key pairs
// are made ahead and are in neither, and through two whole hosts, where they are
// in both.
var (
	engineBars = map[floor.Model]float64{
		floor.JustWorks: 1.10, floor.NumericComparison: 1.10, floor.Passkey: 1.15, floor.LegacyJustWorks: 4,
	}
	stackBars = map[floor.Model]float64{floor.JustWorks: 1.5}
)

// turn is how long each of what is compared goes on before the other has its turn:
// shorter than most machines stay at one pace.
const turn = time.Millisecond

// engineGroup measures pairings at the engine: both sides, every PDU encoded and
// decoded, keys distributed. It is one goroutine; the collector of garbage has the
// other processors, as it has anywhere.
func engineGroup() group {
	g := group{run: func(ctx context.Context, s *session) error { return s.engines(ctx) }}
	for _, m := range load.Models() {
		g.names = append(g.names, "engine/"+m.Name)
	}
	return g
}

func (s *session) engines(ctx context.Context) error {
	for _, m := range load.Models() {
		name := "engine/" + m.Name
		if !s.wants(name) {
			continue
		}
		if err := s.begin(ctx, name); err != nil {
			return err
		}
		crypto, err := floor.New(m.Cryptography, false)
		if err != nil {
			return err
		}
		engines, err := load.NewEngines(m)
		if err != nil {
			return err
		}
		options := s.rounds(floor.CPUTime)
		if !m.Cryptography.Legacy() {
			// Collections are rare, and would keep step with the rounds. Those of legacy
			// pairing are a good part of what it takes, and of what its floor takes: there
			// each has to go on for long enough to pay for its own.
			options.Turn, options.Collect = turn, true
		}
		c, err := floor.Compare(floor.Work{Run: crypto.RunN}, floor.Work{Run: engines.Run, Prepare: engines.Prepare}, options)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		s.add(compared(name, 0, c, engineBars[m.Cryptography]))
	}
	return nil
}

// stackGroups measure pairings through two hosts over virtual controllers on an
// air without delay, and what comes after a pairing.
func stackGroups() []group {
	var all []group
	for _, m := range load.Models() {
		name := "stack/" + m.Name
		all = append(all, group{names: []string{name}, run: func(ctx context.Context, s *session) error {
			if err := s.begin(ctx, name); err != nil {
				return err
			}
			return oneCore(func() error { return s.stackPairing(ctx, name, m) })
		}})
	}
	return append(all,
		group{names: []string{"stack/encrypt"}, run: func(ctx context.Context, s *session) error {
			return s.bonded(ctx, "stack/encrypt", func(stacks *load.Stacks) error { return stacks.Encrypt(ctx) })
		}},
		group{names: []string{"stack/reconnect"}, run: func(ctx context.Context, s *session) error {
			return s.bonded(ctx, "stack/reconnect", func(stacks *load.Stacks) error {
				return errors.Join(stacks.Disconnect(ctx), stacks.Connect(ctx), stacks.Encrypt(ctx))
			})
		}})
}

// stackPairing takes the time of the pairing alone: the link is there.
func (s *session) stackPairing(ctx context.Context, name string, m load.Model) error {
	crypto, err := floor.New(m.Cryptography, true)
	if err != nil {
		return err
	}
	stacks, err := load.NewStacks(ctx, m)
	if err != nil {
		return err
	}
	pair := func() (time.Duration, error) {
		if err := stacks.Connect(ctx); err != nil {
			return 0, err
		}
		begin := floor.CPUTime()
		err := stacks.Pair(ctx)
		took := floor.CPUTime() - begin
		return took, errors.Join(err, stacks.Disconnect(ctx), stacks.Forget())
	}
	c, err := s.each(floor.Work{Run: crypto.RunN}, pair)
	if err := errors.Join(err, stacks.Close()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.add(compared(name, 0, c, stackBars[m.Cryptography]))
	return nil
}

// each compares a floor with what has to be timed one by one, in turn as often in a
// round as fills its time.
func (s *session) each(base floor.Work, once func() (time.Duration, error)) (floor.Comparison, error) {
	var c floor.Comparison
	for round := -1; round < s.Rounds; round++ { // the first warms up
		length := 2 * s.rounds(nil).Time
		var least, took time.Duration
		n := 0
		for began := floor.CPUTime(); n < 3 || floor.CPUTime()-began < length; {
			few := 0
			for begun := floor.CPUTime(); few == 0 || floor.CPUTime()-begun < turn; few++ {
				one, err := once()
				if err != nil {
					return c, err
				}
				took += one
			}
			begin := floor.CPUTime()
			if err := base.Run(few); err != nil {
				return c, err
			}
			least += floor.CPUTime() - begin
			n += few
		}
		if round >= 0 {
			c.Rounds = append(c.Rounds, floor.Round{Floor: float64(least) / float64(n), Subject: float64(took) / float64(n)})
		}
	}
	return c, nil
}

// bonded times what two bonded devices do. There is no floor: the cryptography of
// it is the controller's.
func (s *session) bonded(ctx context.Context, name string, do func(*load.Stacks) error) error {
	if err := s.begin(ctx, name); err != nil {
		return err
	}
	return oneCore(func() error {
		stacks, err := load.NewStacks(ctx, load.Models()[0])
		if err != nil {
			return err
		}
		if err := errors.Join(stacks.Connect(ctx), stacks.Pair(ctx)); err != nil {
			return errors.Join(err, stacks.Close())
		}
		nothing := floor.Work{Run: func(int) error { return nil }}
		c, err := s.each(nothing, func() (time.Duration, error) {
			begin := floor.CPUTime()
			err := do(stacks)
			return floor.CPUTime() - begin, err
		})
		if err := errors.Join(err, stacks.Close()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		f := compared(name, 0, c, 0)
		f.Floor, f.Ratio = 0, 0
		s.add(f)
		return nil
	})
}
