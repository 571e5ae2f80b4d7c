package smp

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"blesmp/bond"
	"blesmp/bt"
)

// Session is the Security Manager of one link: it drives a Procedure, and owns
// its timer, its bond and its talk with the user. All methods may be called
// from any goroutine.
type Session struct {
	manager *Manager
	link    bt.Link

	// The lock, and what is under it and used with every job.
	mu        sync.Mutex
	workspace *workspace // the worker has it while it runs
	working   bool
	held      int       // sessions of the same peer that have to end before the worker starts
	deadline  time.Time // zero while no timer runs
	status    status

	// Used by the worker alone, which is one goroutine at a time.
	flush     flush       // but for what is under the lock
	inquiry   error       // refusal of the command that is being stepped
	found     []foundBond // by this step
	procedure Procedure
	asked     AuthReq // by our Security Request, for what the central begins then
	prompt    prompt
	pairing   *pairingWait
	encrypt   *encryptWait

	// What else is under the lock.
	err     error
	given   *bond.Bond    // SetLTK
	changed chan struct{} // closed when the status is another; nil while nobody waits
	failure *PairingError // how the last pairing failed

	events     eventQueue
	keypresses eventQueue // for Prompter.Keypress, which may be slow, too
	done       chan struct{}
}

// status is what can be asked of a session at any time.
type status struct {
	state        State
	level        Level
	encrypted    bool
	peerIdentity bt.TypedAddress
}

func newSession(m *Manager, link bt.Link) (*Session, error) {
	s := &Session{
		manager: m,
		link:    link,
		done:    make(chan struct{}),
	}
	s.events.start, s.keypresses.start = m.options.Go, m.options.Go
	if m.options.OnEvent != nil {
		s.events.deliver = func(e Event) { m.options.OnEvent(s, e) }
	}
	if m.options.Prompter.Keypress != nil {
		s.keypresses.deliver = func(e Event) {
			if k, ok := e.(askedKeypress); ok {
				m.options.Prompter.Keypress(k.question, k.kind)
			}
		}
	}
	irk, err := m.localIRK(link.LocalIdentity())
	if err != nil {
		return nil, err
	}
	config := m.config()
	config.Role = link.Role()
	config.Local, config.Peer = link.LocalAddress(), link.PeerAddress()
	config.LocalIdentity, config.PeerIdentity = link.LocalIdentity(), s.identify()
	config.LocalIRK = irk
	config.FindBond = s.findBondOnce
	config.Waiting = func() bool { return s.wait() > 0 }
	config.LocalOOB = func() *LocalOOB { return m.oobOf(link.LocalIdentity()) }
	if m.options.Trace != nil {
		config.Trace = func(t Trace) { m.options.Trace(s, t) }
	}
	if err := s.procedure.begin(config); err != nil {
		return nil, err
	}
	s.publish()
	return s, nil
}

// identify says who the peer is: its bond may know another name than the link,
// or whose private address it is.
func (s *Session) identify() bt.TypedAddress {
	known := s.link.PeerIdentity()
	b, err := bond.Find(s.manager.store, s.link.LocalIdentity(), known)
	if err != nil {
		s.checkStore(err)
		return known
	}
	return b.Peer
}

// encryptBonded has the link of a bonded peer encrypted: a central does it, a
// peripheral asks.
func (s *Session) encryptBonded() {
	b := s.usableBond()
	if b == nil {
		return
	}
	in := Input{Event: EventEncrypt}
	if s.link.Role() == bt.Peripheral {
		asked := SecurityRequirements{Bonding: true, MITM: b.MITM, SC: b.SC}
		in = Input{Event: EventRequestSecurity, Security: asked.authReq()}
	}
	s.post(&job{input: in})
}

// log is where to say what no event says.
func (s *Session) log() *slog.Logger {
	return s.manager.options.Logger.With("peer", s.link.PeerAddress(), "role", s.link.Role())
}

// Role is ours on this link.
func (s *Session) Role() bt.Role { return s.link.Role() }

// Link is the link itself.
func (s *Session) Link() bt.Link { return s.link }

// Peer is the peer's address on the air.
func (s *Session) Peer() bt.TypedAddress { return s.link.PeerAddress() }

// PeerIdentity is who the peer is, as far as it is known: the identity that it
// has distributed or that its address resolved to, else its address.
func (s *Session) PeerIdentity() bt.TypedAddress { return s.now().peerIdentity }

// State is where the procedure stands.
func (s *Session) State() State { return s.now().state }

// Level is what encrypts the link; false where it is not encrypted.
func (s *Session) Level() (Level, bool) {
	at := s.now()
	return at.level, at.encrypted
}

// Bonded reports whether there is a bond with the peer. A key of SetLTK is none.
func (s *Session) Bonded() bool { return s.storedBond(s.PeerIdentity()) != nil }

// AvailableLevel is what encryption with the stored key, or that of SetLTK,
// would give; false where there is no key for our role, or none that the policy
// accepts.
func (s *Session) AvailableLevel() (Level, bool) {
	b := s.usableBond()
	if b == nil {
		return Level{}, false
	}
	return LevelOf(b), true
}

// usableBond is the bond whose key our role can use now, nil where there is
// none.
func (s *Session) usableBond() *bond.Bond {
	b := s.findBond(s.PeerIdentity())
	switch {
	case b == nil, s.manager.options.Policy.bondError(b) != nil:
		return nil
	case s.Role() == bt.Central && b.PeerLTK == nil, s.Role() == bt.Peripheral && b.LocalLTK == nil:
		return nil
	}
	return b
}

// Deadline is when the procedure that runs times out, by Options.Now, unless
// something happens before; false where nothing is waited for. What it is for is
// to show a user how much time there is (Core Vol 3, Part H, 3.4).
func (s *Session) Deadline() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deadline, !s.deadline.IsZero()
}

func (s *Session) setDeadline(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline = t
}

// Done is closed when the link is gone and all of its events are reported.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err says why the link is gone: a bt.Status, nil while it is up.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close ends the link. Done tells when it is gone.
func (s *Session) Close() error { return s.link.Disconnect(bt.RemoteUserTerminated) }

// now gives the published status.
func (s *Session) now() status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// publish makes the procedure's state known outside of the worker, and reports
// whether it is another one.
func (s *Session) publish() (changed bool) {
	level, encrypted := s.procedure.Level()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flush.awaited = s.flush.start != nil || len(s.flush.then) > 0 || s.procedure.awaitsController()
	before := s.status
	s.status = status{
		state:        s.procedure.State(),
		level:        level,
		encrypted:    encrypted,
		peerIdentity: s.procedure.PeerIdentity(),
	}
	return s.status != before
}

// watch gives the status, and a channel that is closed when it has changed.
func (s *Session) watch() (status, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.status, s.changed
}

// wake wakes who watches.
func (s *Session) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// findBond gives the bond with a peer, or the key that SetLTK gave for ours.
func (s *Session) findBond(peer bt.TypedAddress) *bond.Bond {
	s.mu.Lock()
	given := s.given
	s.mu.Unlock()
	if given != nil && given.Peer == peer {
		return given
	}
	return s.storedBond(peer)
}

// foundBond is the answer to one question for a bond; bond is nil for none.
type foundBond struct {
	peer bt.TypedAddress
	bond *bond.Bond
}

// findBondOnce is findBond with one answer during a step, whatever others do to
// the store.
func (s *Session) findBondOnce(peer bt.TypedAddress) *bond.Bond {
	for _, found := range s.found {
		if found.peer == peer {
			return found.bond
		}
	}
	b := s.findBond(peer)
	s.found = append(s.found, foundBond{peer, b})
	return b
}

// storedBond gives the bond with a peer.
func (s *Session) storedBond(peer bt.TypedAddress) *bond.Bond {
	s.manager.staff.leave()
	b, err := s.manager.store.Get(s.link.LocalIdentity(), peer)
	s.manager.staff.back()
	if err != nil {
		s.checkStore(err)
		return nil
	}
	found := b // so that nothing is allocated for none
	return &found
}

// checkStore logs what a store could not read.
func (s *Session) checkStore(err error) {
	if !errors.Is(err, bond.ErrNotFound) {
		s.log().Error("bond store", "err", err)
	}
}

// step gives one input to the procedure and carries out what comes of it.
func (s *Session) step(in *Input) {
	clear(s.found)
	s.inquiry, s.found = nil, s.found[:0]
	d := s.workspace.desk
	in.Scratch = &d.scratch
	d.effects = s.procedure.Step(d.effects[:0], *in)
	changed := s.publish()
	for i := range d.effects {
		s.carryOut(&d.effects[i])
	}
	d.clear()
	if s.procedure.Idle() {
		s.prompt.end(context.Canceled)
		s.asked, s.found = 0, nil
	}
	if changed {
		s.wake()
	}
}
