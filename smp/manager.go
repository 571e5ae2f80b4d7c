package smp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/gen/table"
)

// Options are what all sessions of a Manager share. The zero value is a device
// without input and output that pairs with everybody by Just Works.
type Options struct {
	// Features serve both roles and all answers that the user is not asked
	// for; DefaultFeatures by default.
	Features Features
	Prompter Prompter
	Policy   Policy

	// OnEvent is called for everything that a session reports, in order, from
	// one goroutine a session; it may be slow.
	OnEvent func(*Session, Event)

	// EncryptBonded encrypts the link of a bonded peer as soon as it is up; as
	// peripheral it asks the central to.
	EncryptBonded bool

	// KeepLinkOnTimeout keeps a link on which a pairing has timed out.
	KeepLinkOnTimeout bool

	// CTKD offers the LinkKey bit: a link key for BR/EDR is derived from the
	// LTK and kept with the bond (Core Vol 3, Part H, 2.3.5.7).
	CTKD bool

	// Logger is told what no event says; nothing is logged by default.
	Logger *slog.Logger

	// Trace is told of every rule that a session takes, on the goroutine that
	// steps it.
	Trace func(*Session, Trace)

	// UnsafeFixedPasskey is shown in place of a random passkey. Every attempt
	// tells whoever listens some of it, and twenty are enough to know it all.
	UnsafeFixedPasskey *Passkey

	// Now is the clock of waiting intervals and of Bond.Created; time.Now by
	// default.
	Now func() time.Time

	// AfterFunc replaces time.AfterFunc for the timer of a procedure; what it
	// returns calls the timer off. Go replaces the go statement, so that a
	// program that keeps time itself can tell when a session is at rest.
	AfterFunc func(d time.Duration, f func()) (stop func() bool)
	Go        func(f func())

	// KeyPairs is how many P-256 key pairs are made ahead at most, so that a
	// pairing waits for its DHKey alone; 0 stands for 16. A program in which many
	// pairings begin at the same time sets as many: each takes some 430 octets.
	// They are made from the first pairing on, all of them while nothing pairs,
	// and each is used once. See Manager.Warm.
	KeyPairs int

	// Rand, NewKeyPair, NewPasskey, Toolbox and Table replace what Config has
	// under these names, for tests and replays. With Rand or NewKeyPair no key
	// pairs are made ahead.
	Rand       func(p []byte)
	NewKeyPair func() KeyPair
	NewPasskey func() uint32
	Toolbox    Toolbox
	Table      *table.Table
}

// Manager keeps the sessions of all links, and their bonds.
type Manager struct {
	store    bond.Store
	options  Options
	attempts *attempts

	staff *staff
	pool  *keyPool // nil where Options say where key pairs come from

	mu       sync.Mutex
	sessions map[bt.Link]*Session
	ending   map[*Session][]*Session       // whose links are gone, and who waits for each
	oob      map[bt.TypedAddress]*LocalOOB // by our identity
}

// Host is what gives a Manager its links: a host stack. hci.Host is one. A Manager
// keeps a few goroutines ready for a Host that has a method Done, as hci.Host has,
// until the channel that it gives is closed.
type Host interface {
	// ServeLinks has attach called for every new link, before anything of it
	// is delivered; what it returns hears of the link.
	ServeLinks(attach func(bt.Link) bt.LinkHandler)
}

// NewManager gives a Manager that keeps its bonds in store. What is wrong with
// the options is said by Serve and Attach.
func NewManager(store bond.Store, options Options) *Manager {
	if options.Features == (Features{}) {
		options.Features = DefaultFeatures()
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Now == nil {
		options.Now = time.Now //vet:allow deterministic: the default of a clock that Options replaces
	}
	stay := options.Go == nil
	if stay {
		options.Go = func(f func()) { go f() }
	}
	if fixed := options.UnsafeFixedPasskey; fixed != nil {
		options.NewPasskey = func() uint32 { return uint32(*fixed) }
	}
	staff := newStaff(options.Go, stay)
	var pool *keyPool
	if options.Rand == nil && options.NewKeyPair == nil {
		pool = newKeyPool(options.Go, options.KeyPairs, staff.busy)
		options.NewKeyPair, staff.rest = pool.take, pool.rest
	}
	return &Manager{
		store:    store,
		options:  options,
		attempts: newAttempts(store, options.Policy.Backoff, options.Now),

		staff:    staff,
		pool:     pool,
		sessions: map[bt.Link]*Session{},
		ending:   map[*Session][]*Session{},
		oob:      map[bt.TypedAddress]*LocalOOB{},
	}
}

// Serve attaches the manager to every link that the host makes from now on.
func (m *Manager) Serve(host Host) error {
	if err := m.validate(); err != nil {
		return err
	}
	host.ServeLinks(func(link bt.Link) bt.LinkHandler {
		session, err := m.Attach(link)
		if err != nil {
			m.options.Logger.Error("link without a Security Manager", "peer", link.PeerAddress(), "err", err)
			return nil
		}
		return session.handler()
	})
	if host, ends := host.(interface{ Done() <-chan struct{} }); ends {
		m.staff.serve(host.Done())
	}
	return nil
}

// Attach makes the session of a link, for a host stack that Serve does not fit.
// Handler gives what the link's events go to.
func (m *Manager) Attach(link bt.Link) (*Session, error) {
	if err := m.validate(); err != nil {
		return nil, err
	}
	session, err := newSession(m, link)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	m.sessions[link] = session
	m.follow(session)
	follows := session.held > 0
	m.mu.Unlock()
	switch {
	case follows:
		session.post(&job{run: session.recognize})
	case m.options.EncryptBonded:
		session.encryptBonded()
	}
	return session, nil
}

// Session is the session of a link that is up, nil where there is none.
func (m *Manager) Session(link bt.Link) *Session {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sessions[link]
}

// Sessions are those of all links that are up.
func (m *Manager) Sessions() []*Session {
	m.mu.Lock()
	defer m.mu.Unlock()
	sessions := make([]*Session, 0, len(m.sessions))
	for _, s := range m.sessions {
		sessions = append(sessions, s)
	}
	return sessions
}

// NewOOB makes out-of-band data of ours for a peer that gets it over another
// channel. It serves one pairing of this identity, and is dropped with the end
// of it, also where that failed. Nothing in a pairing tells which data the peer
// holds, so data that was made before for this identity no longer serves
// (Core Vol 3, Part H, 2.3.5.6.4).
func (m *Manager) NewOOB(identity bt.TypedAddress) (*LocalOOB, error) {
	if !identity.IsIdentity() {
		return nil, fmt.Errorf("smp: out-of-band data for %v: not a public or static random address", identity)
	}
	config := m.config()
	if err := config.complete(); err != nil {
		return nil, err
	}
	var random [16]byte
	config.Rand(random[:])
	tools := config.Toolbox
	if tools == nil {
		tools = realToolbox{}
	}
	oob := newLocalOOB(identity, config.NewKeyPair(), random, tools)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.oob[identity] = oob
	return oob, nil
}

// NewIRK draws an identity resolving key, to be kept with a local identity.
func NewIRK() bt.Key {
	var irk bt.Key
	_, _ = rand.Read(irk[:])
	return irk
}

// oobOf gives the data that was given out for an identity, nil where there is
// none or where another pairing uses it.
func (m *Manager) oobOf(identity bt.TypedAddress) *LocalOOB {
	m.mu.Lock()
	defer m.mu.Unlock()
	if oob := m.oob[identity]; oob != nil && !oob.taken {
		return oob
	}
	return nil
}

// takeOOB has a pairing use data, and reports false where another one was
// faster.
func (m *Manager) takeOOB(oob *LocalOOB) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.oob[oob.Address] != oob || oob.taken {
		return false
	}
	oob.taken = true
	return true
}

// dropOOB forgets data whose pairing has ended.
func (m *Manager) dropOOB(used *LocalOOB) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if used != nil && m.oob[used.Address] == used {
		delete(m.oob, used.Address)
	}
}

// config is the part of a procedure's Config that all sessions share.
func (m *Manager) config() Config {
	o := &m.options
	return Config{
		Policy:     o.Policy,
		CTKD:       o.CTKD,
		Rand:       o.Rand,
		NewKeyPair: o.NewKeyPair,
		NewPasskey: o.NewPasskey,
		Toolbox:    o.Toolbox,
		Table:      o.Table,
	}
}

// expectPairing has key pairs made for a pairing that begins with these flags of
// the initiator.
func (m *Manager) expectPairing(asked AuthReq) {
	if m.pool != nil && asked.SC() {
		m.pool.warm()
	}
}

// Warm makes all key pairs now that Options.KeyPairs lets be made ahead, and
// returns when they are there: for a program that knows that many will pair soon,
// or that has nothing else to do when it starts. Without it, the first pairing has
// them made. The only error is the context's end; what was made until then is
// kept.
func (m *Manager) Warm(ctx context.Context) error {
	if m.pool == nil {
		return nil
	}
	return m.pool.fillUp(ctx)
}

// validate reports what is wrong with the options.
func (m *Manager) validate() error {
	if m.store == nil {
		return errors.New("smp: NewManager needs a store; bond.NewMemory is one")
	}
	if err := m.options.Policy.Validate(); err != nil {
		return err
	}
	if m.options.KeyPairs < 0 {
		return fmt.Errorf("smp: Options.KeyPairs is %d: it is how many wait, or 0 for %d", m.options.KeyPairs, fewKeyPairs)
	}
	if fixed := m.options.UnsafeFixedPasskey; fixed != nil && *fixed >= passkeyLimit {
		return errors.New("smp: Options.UnsafeFixedPasskey has more than six digits")
	}
	return m.checkFeatures(&m.options.Features)
}

// checkFeatures reports why a pairing cannot begin with these features.
func (m *Manager) checkFeatures(f *Features) error {
	if err := f.Validate(); err != nil {
		return err
	}
	if err := m.options.Policy.keySizeError(f.MaxKeySize); err != nil {
		return fmt.Errorf("smp: Features.MaxKeySize: %w", err)
	}
	if (f.InitiatorKeys | f.ResponderKeys).LinkKey() && !m.options.CTKD {
		return errors.New("smp: Features ask for LinkKey, but Options.CTKD is not set")
	}
	return m.options.Prompter.supports(f)
}

// localIRK gives the IRK of a local identity, zero where it has none.
func (m *Manager) localIRK(identity bt.TypedAddress) (bt.Key, error) {
	identities, err := m.store.Identities()
	if err != nil {
		return bt.Key{}, fmt.Errorf("smp: local identities: %w", err)
	}
	for _, local := range identities {
		if local.Address == identity && local.IRK != nil {
			return *local.IRK, nil
		}
	}
	return bt.Key{}, nil
}
