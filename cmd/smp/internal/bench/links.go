package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"blesmp/bond"
	"blesmp/internal/floor"
	"blesmp/internal/load"
	"blesmp/smp"
)

// What many links may cost at most.
const (
	linkMemoryLimit = 15_000 // octets a link: 10,000 links in 150 MB
	throughputBar   = 1 / 0.9
	starvationLimit = 2 // what the last one waits where all are served one after another
)

// linksGroup measures many links of one process, over controllers that cost
// nothing.
func linksGroup() group {
	return group{
		names: []string{"links/memory", "links/memory-pairing", "links/memory-paired", "links/pair", "links/throughput", "links/sustained", "links/starvation"},
		run: func(ctx context.Context, s *session) (err error) {
			before := load.Memory()
			fleet := load.NewFleet(bond.NewMemory(), smp.Options{KeyPairs: s.Pairing})
			defer func() { err = errors.Join(err, fleet.Close()) }()
			for _, n := range s.Links {
				if err := s.hold(ctx, fleet, n, before); err != nil {
					return fmt.Errorf("links: with %d: %w", n, err)
				}
			}
			return s.together(ctx, fleet, before)
		},
	}
}

// hold has n links, and pairs a few of them at a time on one core.
func (s *session) hold(ctx context.Context, fleet *load.Fleet, n int, before int64) error {
	if err := s.begin(ctx, fmt.Sprintf("links/memory and links/pair with %d links", n)); err != nil {
		return err
	}
	if err := fleet.Grow(ctx, n); err != nil {
		return err
	}
	s.add(Figure{Name: "links/memory", At: n, Unit: Octets, Value: max(0, float64(load.Memory()-before)) / float64(n), Limit: manyLinks(n)})
	if !s.wants("links/pair") {
		return nil
	}
	crypto, err := floor.New(floor.JustWorks, true)
	if err != nil {
		return err
	}
	batch := min(n, 100)
	if err := fleet.Prepare(ctx, batch); err != nil {
		return err
	}
	return oneCore(func() error {
		c, err := s.each(floor.Work{Run: func(n int) error { return crypto.RunN(n * batch) }}, func() (time.Duration, error) {
			if err := fleet.Renew(ctx, batch); err != nil {
				return 0, err
			}
			begin := floor.CPUTime()
			_, err := fleet.Pair(ctx, batch)
			err = errors.Join(err, fleet.Prepare(ctx, batch)) // the key pairs that were used are made again
			return floor.CPUTime() - begin, err
		})
		if err != nil {
			return err
		}
		for i := range c.Rounds {
			c.Rounds[i].Floor /= float64(batch)
			c.Rounds[i].Subject /= float64(batch)
		}
		s.add(compared("links/pair", n, c, 0))
		return nil
	})
}

// manyLinks is the limit for the memory of a link, which counts where there are so
// many that what all share is nothing.
func manyLinks(n int) float64 {
	if n < 1000 {
		return 0
	}
	return linkMemoryLimit
}

// together has many pair at the same time, on all cores.
func (s *session) together(ctx context.Context, fleet *load.Fleet, before int64) error {
	n, pairing := fleet.Links(), min(fleet.Links(), s.Pairing)
	if err := s.begin(ctx, fmt.Sprintf("links/throughput and the like: %d of %d links pair at the same time", pairing, n)); err != nil {
		return err
	}
	if s.wants("links/memory-pairing", "links/memory-paired") {
		if err := fleet.Renew(ctx, pairing); err != nil {
			return err
		}
		pairings, release, err := fleet.Hold(ctx, pairing)
		if err != nil {
			return err
		}
		s.add(Figure{Name: "links/memory-pairing", At: n, Unit: Octets, Value: float64(load.Memory()-before) / float64(n), Limit: manyLinks(n)})
		release()
		if _, err := pairings.Wait(); err != nil {
			return err
		}
		s.add(Figure{Name: "links/memory-paired", At: n, Unit: Octets, Value: float64(load.Memory()-before) / float64(n), Limit: manyLinks(n)})
	}
	if !s.wants("links/throughput", "links/sustained", "links/starvation") {
		return nil
	}
	if err := fleet.Prepare(ctx, pairing); err != nil {
		return err
	}
	var burst, sustained floor.Comparison
	var unfair []float64
	for range s.Rounds {
		if err := fleet.Renew(ctx, pairing); err != nil {
			return err
		}
		crypto, err := load.Cryptography(pairing)
		if err != nil {
			return err
		}
		began := time.Now()
		took, err := fleet.Pair(ctx, pairing)
		paired := time.Since(began)
		err = errors.Join(err, fleet.Prepare(ctx, pairing))
		prepared := time.Since(began)
		if err != nil {
			return err
		}
		least := float64(crypto) / float64(pairing)
		burst.Rounds = append(burst.Rounds, floor.Round{Floor: least, Subject: float64(paired) / float64(pairing)})
		sustained.Rounds = append(sustained.Rounds, floor.Round{Floor: least, Subject: float64(prepared) / float64(pairing)})
		unfair = append(unfair, load.Tail(took))
	}
	s.add(compared("links/throughput", n, burst, throughputBar))
	s.add(compared("links/sustained", n, sustained, 0))
	s.add(Figure{Name: "links/starvation", At: n, Unit: Times, Value: middle(unfair), Limit: starvationLimit})
	return nil
}
