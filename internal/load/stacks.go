package load

import (
	"context"
	"errors"
	"fmt"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// Stacks are two whole hosts over virtual controllers on an air without delay,
// with stores in memory. One goroutine at a time may use them.
type Stacks struct {
	model    Model
	features [2]smp.Features
	hosts    [2]*hci.Host
	stores   [2]*bond.Memory
	managers [2]*smp.Manager
	paired   chan *smp.Result // of the peripheral
	level    chan smp.Level   // of the peripheral, each time that the link is encrypted
	shown    chan smp.Passkey
	conn     *hci.Conn
}

// NewStacks brings two hosts up for a model.
func NewStacks(ctx context.Context, m Model) (*Stacks, error) {
	s := &Stacks{
		model: m, features: m.features(),
		paired: make(chan *smp.Result, 1), level: make(chan smp.Level, 4), shown: make(chan smp.Passkey, 1),
	}
	air := virtual.NewAir(virtual.Options{})
	for i := range s.hosts {
		host, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.hosts[i], s.stores[i] = host, bond.NewMemory()
		s.managers[i] = smp.NewManager(s.stores[i], s.options(i))
		if err := s.managers[i].Serve(host); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// Close ends the hosts.
func (s *Stacks) Close() error {
	var all []error
	for _, h := range s.hosts {
		if h != nil {
			all = append(all, h.Close())
			<-h.Done()
		}
	}
	return errors.Join(all...)
}

// options are those of side i, with a user who does at once what he should.
func (s *Stacks) options(i int) smp.Options {
	o := smp.Options{Features: s.features[i], Prompter: smp.Prompter{
		DisplayPasskey: func(_ context.Context, q *smp.Question) error {
			s.shown <- q.Passkey
			return nil
		},
		EnterPasskey: func(ctx context.Context, _ *smp.Question) (smp.Passkey, error) {
			select {
			case p := <-s.shown:
				return p, nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		},
		CompareNumber: func(context.Context, *smp.Question) (bool, error) { return true, nil },
	}}
	if i == int(bt.Central) {
		return o
	}
	if s.model.comesTo == smp.OutOfBand {
		o.Prompter.PairingRequested = func(context.Context, *smp.Question) (smp.Features, error) { return s.features[1], nil }
	}
	o.OnEvent = func(_ *smp.Session, e smp.Event) {
		switch e := e.(type) {
		case smp.PairingCompleteEvent:
			s.paired <- e.Result
		case smp.EncryptionEvent:
			s.level <- e.Level
		}
	}
	return o
}

// Connect makes the link, and returns when both sides have it. What a pairing needs
// over another channel is exchanged.
func (s *Stacks) Connect(ctx context.Context) error {
	if err := s.hosts[1].Advertise(ctx, hci.AdvertisingParameters{}); err != nil {
		return err
	}
	conn, err := s.hosts[0].Connect(ctx, s.hosts[1].Identity())
	if err != nil {
		return err
	}
	if _, err := s.hosts[1].Accept(ctx); err != nil {
		return err
	}
	s.conn = conn
	if s.model.comesTo != smp.OutOfBand {
		return nil
	}
	for i, m := range s.managers {
		own, err := m.NewOOB(s.hosts[i].Identity())
		if err != nil {
			return err
		}
		s.features[1-i].PeerOOB = &smp.PeerOOB{Address: own.Address, Confirm: &own.Confirm, Random: &own.Random}
	}
	return nil
}

// Pair pairs on the link, and returns when both sides are done and have made again
// the key pairs that they have used.
func (s *Stacks) Pair(ctx context.Context) error {
	ours, err := s.managers[0].Session(s.conn).Pair(ctx, s.features[0])
	if err != nil {
		return err
	}
	theirs, err := next(ctx, s.paired)
	if err != nil {
		return err
	}
	<-s.level
	if err := errors.Join(s.managers[0].Warm(ctx), s.managers[1].Warm(ctx)); err != nil {
		return err
	}
	if !s.model.reached(ours.Level) || ours.Level != theirs.Level {
		return fmt.Errorf("load: %s has come to %v and %v", s.model.Name, ours.Level, theirs.Level)
	}
	return nil
}

// Encrypt encrypts the link with the bond, and returns when both sides know.
func (s *Stacks) Encrypt(ctx context.Context) error {
	ours, err := s.managers[0].Session(s.conn).Encrypt(ctx)
	if err != nil {
		return err
	}
	theirs, err := next(ctx, s.level)
	if err == nil && (ours != theirs || !s.model.reached(ours)) {
		err = fmt.Errorf("load: encrypted with %v and %v", ours, theirs)
	}
	return err
}

// Disconnect ends the link.
func (s *Stacks) Disconnect(ctx context.Context) error {
	ends := []*smp.Session{s.managers[0].Session(s.conn), nil}
	if links := s.hosts[1].Links(); len(links) == 1 {
		ends[1] = s.managers[1].Session(links[0])
	}
	if err := s.conn.Disconnect(bt.RemoteUserTerminated); err != nil {
		return err
	}
	for _, session := range ends {
		if session == nil {
			return errors.New("load: a side has no session")
		}
		if err := take(ctx, session.Done()); err != nil {
			return err
		}
	}
	return nil
}

// Forget drops the bonds of both sides.
func (s *Stacks) Forget() error {
	return errors.Join(
		s.stores[0].Delete(s.hosts[0].Identity(), s.hosts[1].Identity()),
		s.stores[1].Delete(s.hosts[1].Identity(), s.hosts[0].Identity()),
	)
}

// next takes a value, or gives up with the context.
func next[T any](ctx context.Context, c <-chan T) (T, error) {
	select {
	case v := <-c:
		return v, nil
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}
