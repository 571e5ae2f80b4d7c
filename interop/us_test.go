//go:build interop

package interop

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// us is our host in a case, through the public API.
type us struct {
	host    *hci.Host
	manager *smp.Manager
	store   bond.Store
	conn    *hci.Conn
	session *smp.Session
	irk     bt.Key
	own     bt.TypedAddress
	events  *events
	private bool // bonded peers see private addresses

	mu       sync.Mutex
	features smp.Features
	ask      smp.Prompter
}

// usOptions say how our host is to start.
type usOptions struct {
	static  bool // known by a static random address
	privacy bool // uses private addresses with bonded peers
	policy  smp.Policy
}

func newUs(ctx context.Context, w *world, o usOptions) (*us, error) {
	u := &us{store: bond.NewMemory(), events: newEvents(w.log), features: smp.DefaultFeatures(), irk: smp.NewIRK()}
	c := w.air.NewController(virtual.Config{})
	tapped, err := w.tap("us", c)
	if err != nil {
		return nil, err
	}
	u.own = bt.TypedAddress{Address: c.PublicAddress()}
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	options := hci.Options{Resolver: bond.NewResolver(u.store), Privacy: o.privacy, Logger: log}
	if o.static {
		options.RandomAddress = bt.Address{0xc0, 0x11, 0x22, 0x33, 0x44, 0x55}
		u.own = bt.TypedAddress{Type: bt.RandomAddress, Address: options.RandomAddress}
	}
	if err := u.store.PutIdentity(bond.LocalIdentity{Address: u.own, IRK: &u.irk}); err != nil {
		return nil, err
	}
	if u.host, err = hci.NewHost(ctx, tapped, options); err != nil {
		return nil, err
	}
	if o.policy.MinKeySize == 0 {
		o.policy.MinKeySize = 7
	}
	o.policy.Backoff.Off = true
	u.manager = smp.NewManager(u.store, smp.Options{
		Policy:  o.policy,
		Logger:  log,
		OnEvent: func(_ *smp.Session, e smp.Event) { u.events.put(e) },
		Trace:   func(_ *smp.Session, t smp.Trace) { w.log.printf("us: %v", t) },
		Prompter: smp.Prompter{
			PairingRequested: func(context.Context, *smp.Question) (smp.Features, error) { return u.offered(), nil },
			SecurityRequested: func(ctx context.Context, q *smp.Question) error {
				_, err := q.Session.Pair(ctx, u.offered())
				return err
			},
			DisplayPasskey: func(ctx context.Context, q *smp.Question) error { return u.asked().DisplayPasskey(ctx, q) },
			EnterPasskey:   func(ctx context.Context, q *smp.Question) (smp.Passkey, error) { return u.asked().EnterPasskey(ctx, q) },
			CompareNumber:  func(ctx context.Context, q *smp.Question) (bool, error) { return u.asked().CompareNumber(ctx, q) },
			ReplaceBond:    func(context.Context, *smp.Question) error { return nil },
		},
	})
	return u, u.manager.Serve(u.host)
}

// offered are our features in the pairing that comes.
func (u *us) offered() smp.Features {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.features
}

func (u *us) asked() smp.Prompter {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.ask
}

func (u *us) offer(f smp.Features, ask smp.Prompter) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.features, u.ask = f, ask
}

// accepted and connected take the link over.
func (u *us) linked(conn *hci.Conn) error {
	u.conn, u.session = conn, u.manager.Session(conn)
	if u.session == nil {
		return fmt.Errorf("link %v has no session", conn)
	}
	return nil
}

// bond is what we keep of somebody.
func (u *us) bond(who bt.TypedAddress) *bond.Bond {
	b, err := u.store.Get(u.own, who)
	if err != nil {
		return nil
	}
	return &b
}

// events keeps what our session reported.
type events struct {
	log     *journal
	mu      sync.Mutex
	pending []smp.Event
	all     []smp.Event
	changed chan struct{}
}

func newEvents(log *journal) *events { return &events{log: log, changed: make(chan struct{})} }

func (f *events) put(e smp.Event) {
	f.log.printf("us: event %T %+v", e, e)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = append(f.pending, e)
	f.all = append(f.all, e)
	close(f.changed)
	f.changed = make(chan struct{})
}

// await takes the first event out that is wanted.
func (f *events) await(ctx context.Context, what string, wanted func(smp.Event) bool) (smp.Event, error) {
	for {
		f.mu.Lock()
		for i, e := range f.pending {
			if wanted(e) {
				f.pending = append(f.pending[:i:i], f.pending[i+1:]...)
				f.mu.Unlock()
				return e, nil
			}
		}
		changed := f.changed
		f.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("we did not report %s: %w", what, ctx.Err())
		}
	}
}

// awaitEvent waits for an event of a type.
func awaitEvent[E smp.Event](ctx context.Context, f *events) (E, error) {
	var none E
	e, err := f.await(ctx, fmt.Sprintf("%T", none), func(e smp.Event) bool { _, ok := e.(E); return ok })
	if err != nil {
		return none, err
	}
	return e.(E), nil
}

// awaitOutcome waits for the end of a pairing.
func (f *events) awaitOutcome(ctx context.Context) (*smp.Result, error) {
	e, err := f.await(ctx, "the end of a pairing", func(e smp.Event) bool {
		switch e.(type) {
		case smp.PairingCompleteEvent, smp.PairingFailedEvent, smp.RequestRefusedEvent, smp.TimeoutEvent:
			return true
		}
		return false
	})
	if err != nil {
		return nil, err
	}
	switch e := e.(type) {
	case smp.PairingCompleteEvent:
		return e.Result, e.StoreErr
	case smp.PairingFailedEvent:
		return nil, e.Err
	case smp.RequestRefusedEvent:
		return nil, e.Err
	case smp.TimeoutEvent:
		return nil, e.Err
	}
	return nil, nil
}
