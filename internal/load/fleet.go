package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"
	"blesmp/smp"
)

// Fleet is many links of one process: as few hosts as have room for them, one
// Manager for all, and peers that pair by Just Works.
type Fleet struct {
	Manager *smp.Manager
	Store   bond.Store

	stations []*station
	links    []link // by age
	peers    uint32 // number of the last peer
	greeted  chan struct{}
	crew     *crew
	keyPairs *keyPairs // of the peers
}

// station is one host and its controller.
type station struct {
	host       *hci.Host
	controller *controller
	links      int
}

// link is one link of a fleet.
type link struct {
	station *station
	conn    *hci.Conn
}

// NewFleet gives a fleet without links that keeps its bonds in store.
func NewFleet(store bond.Store, options smp.Options) *Fleet {
	return &Fleet{
		Manager: smp.NewManager(store, options), Store: store,
		greeted: make(chan struct{}, 1), crew: newCrew(), keyPairs: &keyPairs{},
	}
}

// Close ends all links and hosts.
func (f *Fleet) Close() error {
	var all []error
	for _, s := range f.stations {
		all = append(all, s.host.Close())
		<-s.host.Done()
	}
	f.crew.dismiss()
	f.stations, f.links = nil, nil
	return errors.Join(all...)
}

// Hosts is how many hosts the links are spread over.
func (f *Fleet) Hosts() int { return len(f.stations) }

// Links is how many links there are.
func (f *Fleet) Links() int { return len(f.links) }

// Sessions gives the sessions of the n youngest links.
func (f *Fleet) Sessions(n int) []*smp.Session {
	sessions := make([]*smp.Session, 0, n)
	for _, l := range f.links[len(f.links)-n:] {
		sessions = append(sessions, f.Manager.Session(l.conn))
	}
	return sessions
}

// Grow connects until there are n links. Each of them is used: the peer asks for
// the MTU of ATT, and has the answer before Grow returns.
func (f *Fleet) Grow(ctx context.Context, n int) error {
	for len(f.links) < n {
		s, err := f.free(ctx)
		if err != nil {
			return err
		}
		f.peers++
		conn, err := s.host.Connect(ctx, peerAddress(f.peers))
		if err != nil {
			return fmt.Errorf("load: link %d: %w", len(f.links)+1, err)
		}
		s.links++
		f.links = append(f.links, link{s, conn})
		s.controller.deliver(conn.Handle(), l2cap.ATT, []byte{0x02, 0x17, 0x00}) // Exchange MTU Request, 23
		if err := take(ctx, f.greeted); err != nil {
			return fmt.Errorf("load: link %d does not answer: %w", len(f.links), err)
		}
	}
	return nil
}

// peerAddress is the static random address of a peer.
func peerAddress(number uint32) bt.TypedAddress {
	return bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{
		0xc0, 0x00, byte(number >> 24), byte(number >> 16), byte(number >> 8), byte(number),
	}}
}

// free gives a station with room for a link.
func (f *Fleet) free(ctx context.Context) (*station, error) {
	for _, s := range f.stations {
		if s.links < MaxLinks {
			return s, nil
		}
	}
	c := newController(bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, byte(len(f.stations) + 1)}, f)
	host, err := hci.NewHost(ctx, c, hci.Options{})
	if err != nil {
		return nil, err
	}
	if err := f.Manager.Serve(host); err != nil {
		return nil, errors.Join(err, host.Close())
	}
	s := &station{host: host, controller: c}
	f.stations = append(f.stations, s)
	return s, nil
}

// Renew ends the n youngest links and connects to as many new peers, and drops
// the bonds with the old ones.
func (f *Fleet) Renew(ctx context.Context, n int) error {
	old := f.links[len(f.links)-n:]
	for _, l := range old {
		session := f.Manager.Session(l.conn)
		if err := l.conn.Disconnect(bt.RemoteUserTerminated); err != nil {
			return err
		}
		if err := take(ctx, session.Done()); err != nil {
			return fmt.Errorf("load: a link does not end: %w", err)
		}
		err := f.Store.Delete(l.conn.LocalIdentity(), session.PeerIdentity())
		if err != nil && !errors.Is(err, bond.ErrNotFound) {
			return err
		}
		l.station.links--
	}
	want := len(f.links)
	f.links = f.links[:len(f.links)-n]
	return f.Grow(ctx, want)
}

// Prepare has both sides make the key pairs ahead that they will need: the Manager
// as many as its options say, and the peers n.
func (f *Fleet) Prepare(ctx context.Context, n int) error {
	peers := make(chan error, 1)
	go func() { peers <- f.keyPairs.fill(ctx, n) }()
	return errors.Join(f.Manager.Warm(ctx), <-peers)
}

// Pair pairs with the peers of the n youngest links, all at the same time, and
// tells how long each took from the moment when all began.
func (f *Fleet) Pair(ctx context.Context, n int) ([]time.Duration, error) {
	return f.BeginPairing(ctx, n).Wait()
}

// Pairings are pairings that run at the same time.
type Pairings struct {
	waiting sync.WaitGroup
	took    []time.Duration
	errs    []error
}

// BeginPairing is Pair without the wait.
func (f *Fleet) BeginPairing(ctx context.Context, n int) *Pairings {
	p := &Pairings{took: make([]time.Duration, n), errs: make([]error, n)}
	begin := time.Now()
	for i, session := range f.Sessions(n) {
		p.waiting.Go(func() {
			result, err := session.Pair(ctx, smp.DefaultFeatures())
			p.took[i] = time.Since(begin)
			if err == nil && (!result.Level.SC || result.Level.Model != smp.JustWorks || !result.Bonded) {
				err = fmt.Errorf("load: paired with %v", result.Level)
			}
			p.errs[i] = err
		})
	}
	return p
}

// Wait gives how long each pairing took.
func (p *Pairings) Wait() ([]time.Duration, error) {
	p.waiting.Wait()
	return p.took, errors.Join(p.errs...)
}

// Hold has n pairings stop in their middle: when the key pairs, the DHKey and the
// nonces are there, and the checks are still to come. It returns when all are
// there; release lets them go on.
func (f *Fleet) Hold(ctx context.Context, n int) (pairings *Pairings, release func(), err error) {
	full := make(chan struct{}, n)
	for _, s := range f.stations {
		s.controller.hold.at(smp.CodeDHKeyCheck, full)
	}
	release = func() {
		for _, s := range f.stations {
			s.controller.hold.release()
		}
	}
	pairings = f.BeginPairing(ctx, n)
	for i := range n {
		if err := take(ctx, full); err != nil {
			release()
			return nil, nil, fmt.Errorf("load: only %d of %d pairings are under way: %w", i, n, err)
		}
	}
	return pairings, release, nil
}

// take waits for a token, or for the end of the context.
func take(ctx context.Context, token <-chan struct{}) error {
	select {
	case <-token:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
