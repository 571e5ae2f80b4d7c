package smp_test

import (
	"context"
	"testing"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
	"blesmp/internal/floor"
	"blesmp/smp"
)

// devices is two whole devices: managers, sessions, L2CAP, HCI octets and virtual
// controllers, on an air without delay, with bonds in memory. It runs in real
// time.
type devices struct {
	t        testing.TB
	hosts    [2]*hci.Host
	managers [2]*smp.Manager
	sessions [2]*smp.Session
	heard    [2]chan smp.Event // PairingCompleteEvent and what went wrong
}

// newDevices makes two devices with a link. Change may be nil.
func newDevices(t testing.TB, features [2]smp.Features, change func(bt.Role, *smp.Options)) *devices {
	t.Helper()
	s := &devices{t: t}
	air := virtual.NewAir(virtual.Options{})
	shown := make(chan smp.Passkey, 1)
	for role, address := range [2]bt.TypedAddress{centralAddress, peripheralAddress} {
		host, err := hci.NewHost(t.Context(), air.NewController(virtual.Config{PublicAddress: address.Address}), hci.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = host.Close()
			<-host.Done()
		})
		heard := make(chan smp.Event, 16)
		options := smp.Options{
			Features: features[role],
			Prompter: person(shown),
			Policy:   smp.Policy{Repairing: smp.RepairAlways},
			OnEvent: func(_ *smp.Session, e smp.Event) {
				switch e.(type) {
				case smp.PairingCompleteEvent, smp.PairingFailedEvent, smp.TimeoutEvent, smp.DisconnectedEvent:
					heard <- e
				}
			},
		}
		if change != nil {
			change(bt.Role(role), &options)
		}
		s.hosts[role], s.heard[role] = host, heard
		s.managers[role] = smp.NewManager(bond.NewMemory(), options)
		if err := s.managers[role].Serve(host); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.connect(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *devices) connect() error {
	if err := s.hosts[1].Advertise(s.t.Context(), hci.AdvertisingParameters{}); err != nil {
		return err
	}
	central, err := s.hosts[0].Connect(s.t.Context(), s.hosts[1].Identity())
	if err != nil {
		return err
	}
	peripheral, err := s.hosts[1].Accept(s.t.Context())
	if err != nil {
		return err
	}
	s.sessions = [2]*smp.Session{s.managers[0].Session(central), s.managers[1].Session(peripheral)}
	return nil
}

// pair pairs on the link that is there, and waits until both sides say so.
func (s *devices) pair(features smp.Features) error {
	if _, err := s.sessions[0].Pair(s.t.Context(), features); err != nil {
		return err
	}
	for _, heard := range s.heard {
		if e, ok := (<-heard).(smp.PairingCompleteEvent); !ok || e.StoreErr != nil {
			s.t.Fatalf("event %#v", e)
		}
	}
	return nil
}

// reconnect ends the link, makes another one and encrypts it with the bond.
func (s *devices) reconnect() error {
	_ = s.sessions[0].Close()
	for i, session := range s.sessions {
		<-session.Done()
		<-s.heard[i]
	}
	if err := s.connect(); err != nil {
		return err
	}
	return s.encrypt()
}

func (s *devices) encrypt() error {
	_, err := s.sessions[0].Encrypt(s.t.Context())
	return err
}

// stack gives a pairing of this scene through everything, and the floor, which
// makes its key pairs too.
func (s scene) stack(t testing.TB) (base, subject floor.Work) {
	t.Helper()
	crypto, err := floor.New(s.floor, true)
	if err != nil {
		t.Fatal(err)
	}
	answer := s.features
	w := newDevices(t, s.features, func(_ bt.Role, o *smp.Options) {
		if s.oob { // the user's part, since Options.Features hold no peer's data
			o.Prompter.PairingRequested = func(context.Context, *smp.Question) (smp.Features, error) { return answer[1], nil }
		}
	})
	once := func() error { return w.pair(s.features[0]) }
	if s.oob {
		once = func() error {
			for role, manager := range w.managers {
				data, err := manager.NewOOB(w.hosts[role].Identity())
				if err != nil {
					return err
				}
				answer[1-role].PeerOOB = &smp.PeerOOB{Address: data.Address, Confirm: &data.Confirm, Random: &data.Random}
			}
			return w.pair(answer[0])
		}
	}
	return floor.Work{Run: crypto.RunN}, floor.Each(once)
}

// BenchmarkStack pairs two whole devices.
func BenchmarkStack(b *testing.B) {
	for _, s := range scenes() {
		b.Run(s.name, func(b *testing.B) {
			base, subject := s.stack(b)
			b.ReportAllocs()
			for b.Loop() {
				if err := subject.Run(1); err != nil {
					b.Fatal(err)
				}
			}
			report(b, base, subject)
		})
	}
}
