package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"blesmp/bt"
	"blesmp/cmd/smp/internal/terminal"
	"blesmp/smp"
)

// entry is one event as a line of JSON. What does not apply is left out. Keys
// are never in it.
type entry struct {
	Time  time.Time `json:"time"`
	Event string    `json:"event"`
	Role  string    `json:"role,omitempty"`

	// Address is the peer's on the air, Identity the one that it is known by;
	// in the event advertising both are ours.
	Address  *bt.TypedAddress `json:"address,omitempty"`
	Identity *bt.TypedAddress `json:"identity,omitempty"`

	Level  *levelRecord `json:"level,omitempty"`
	Bonded *bool        `json:"bonded,omitempty"`
	Stored []string     `json:"stored,omitempty"` // which keys are kept
	Error  *errorRecord `json:"error,omitempty"`
	Status *int         `json:"status,omitempty"` // of HCI
	What   string       `json:"what,omitempty"`   // a rule that was taken, or a key that was pressed
	OOB    string       `json:"oob,omitempty"`

	Device *scanRecord `json:"device,omitempty"` // of the event device
}

// levelRecord is a level.
type levelRecord struct {
	Model         string `json:"model"`
	SC            bool   `json:"sc"`
	MITM          bool   `json:"mitm"`
	KeySize       int    `json:"key_size"`
	Authenticated bool   `json:"authenticated"`
}

// errorRecord is what happened, whose fault it was and what to try.
type errorRecord struct {
	Message string `json:"message"`
	Reason  *int   `json:"reason,omitempty"` // of Pairing Failed
	Remote  bool   `json:"remote,omitempty"` // the peer sent it
	Fault   string `json:"fault,omitempty"`
	Try     string `json:"try,omitempty"`
}

// reporter tells what happens: lines for a person, or JSON for a program.
type reporter struct {
	console *terminal.Console
	policy  smp.Policy

	mu    sync.Mutex
	json  io.Writer                   // nil without --json
	known map[*smp.Session]*sync.Once // tells that they are connected
}

func newReporter(s streams, c *terminal.Console, asJSON bool, policy smp.Policy) *reporter {
	r := &reporter{console: c, policy: policy, known: map[*smp.Session]*sync.Once{}}
	if asJSON {
		r.json = s.out
	}
	return r
}

// tell says a line, or writes a record.
func (r *reporter) tell(e entry, format string, args ...any) {
	if r.json == nil {
		r.console.Say(format, args...)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Time = time.Now().UTC()
	line, err := json.Marshal(e)
	if err != nil {
		return // no record holds what JSON has not
	}
	_, _ = r.json.Write(append(line, '\n'))
}

// of begins the record of a session's event.
func (r *reporter) of(s *smp.Session, event string) entry {
	peer, identity := s.Peer(), s.PeerIdentity()
	return entry{Event: event, Role: s.Role().String(), Address: &peer, Identity: &identity}
}

// connected tells of a new link, before anything else of it.
func (r *reporter) connected(s *smp.Session) {
	r.mu.Lock()
	if r.known[s] == nil {
		r.known[s] = new(sync.Once)
	}
	once := r.known[s]
	r.mu.Unlock()
	once.Do(func() { r.tellConnected(s) })
}

func (r *reporter) tellConnected(s *smp.Session) {
	bonded := s.Bonded()
	e := r.of(s, "connected")
	e.Bonded = &bonded
	known := "not bonded"
	if bonded {
		known = "bonded"
	}
	r.tell(e, "connected with %s, %s", peerName(s.Peer(), s.PeerIdentity()), known)
}

// pairing tells what a pairing that begins will be.
func (r *reporter) pairing(q *smp.Question) {
	x := r.of(q.Session, "pairing")
	x.Level = r.level(q.Level)
	kind := "legacy pairing"
	if q.Level.SC {
		kind = "LE Secure Connections"
	}
	r.tell(x, "pairing with %s: %v, %s", peerName(q.Peer, q.PeerIdentity), q.Level.Model, kind)
}

// event tells of what a session reports.
func (r *reporter) event(s *smp.Session, event smp.Event) {
	r.connected(s)
	switch e := event.(type) {
	case smp.EncryptionEvent:
		r.encryption(s, e)
	case smp.PairingCompleteEvent:
		r.paired(s, e)
	case smp.PairingFailedEvent:
		r.failed(s, "pairing_failed", "pairing failed", e.Err)
	case smp.TimeoutEvent:
		r.failed(s, "pairing_failed", "pairing failed", e.Err)
	case smp.RequestRefusedEvent:
		r.failed(s, "request_refused", "a request was refused", e.Err)
	case smp.BondLostEvent:
		r.note(s, "bond_lost", "") // the encryption that failed has told it
	case smp.KeypressEvent:
		r.note(s, "keypress", e.Type.String()) // the user's last line shows it
	case smp.DisconnectedEvent:
		status := int(e.Reason)
		x := r.of(s, "disconnected")
		x.Status = &status
		r.tell(x, "disconnected: %s", describeEnd(e.Reason))
		r.forget(s)
	}
}

// forget drops a session whose last event this was.
func (r *reporter) forget(s *smp.Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, s)
}

// describeEnd says why a link has ended.
func describeEnd(reason bt.Status) string {
	switch reason {
	case bt.RemoteUserTerminated:
		return "the other device ended the link"
	case bt.LocalHostTerminated:
		return "this side ended the link"
	}
	return explain(reason)
}

// encryption tells that a link is encrypted, or why not. What follows on a
// missing key is told of the bond.
func (r *reporter) encryption(s *smp.Session, e smp.EncryptionEvent) {
	status := int(e.Status)
	x := r.of(s, "encryption")
	x.Status = &status
	if e.Encrypted {
		x.Level = r.level(e.Level)
	}
	switch {
	case e.Status == bt.PINOrKeyMissing && s.Role() == bt.Peripheral:
		x.Error = &errorRecord{Message: "the other device wants to encrypt with a key that is not here", Fault: faultKeyNotHere, Try: tryPairThere}
		r.tell(x, "%s: the other device wants to encrypt with a key that is not here; %s; try: %s", r.console.Paint(terminal.Bad, "not encrypted"), faultKeyNotHere, tryPairThere)
	case e.Status == bt.PINOrKeyMissing:
		x.Error = errorOf(e.Status)
		r.tell(x, "%s: the other device has no key for the bond with %s: it has forgotten it, or somebody is in its place; the bond stays", r.console.Paint(terminal.Bad, "key lost"), peerName(s.Peer(), s.PeerIdentity()))
	case e.Status != bt.Success:
		x.Error = errorOf(e.Status)
		r.tell(x, "%s: %s", r.console.Paint(terminal.Bad, "not encrypted"), explain(e.Status))
	case e.Encrypted:
		r.tell(x, "%s: %s", r.console.Paint(terminal.Good, "encrypted"), r.describe(e.Level))
	default:
		r.tell(x, "%s", r.console.Paint(terminal.Bad, "the link is not encrypted any more"))
	}
}

const (
	faultKeyNotHere = "its bond was removed on this side, or it takes this device for another"
	tryPairThere    = "remove the bond at the other device too, and pair again from there"
)

// paired tells what a pairing has brought.
func (r *reporter) paired(s *smp.Session, e smp.PairingCompleteEvent) {
	x := r.of(s, "paired")
	x.Level, x.Bonded = r.level(e.Result.Level), &e.Result.Bonded
	c := r.console
	kept := "nothing was stored"
	switch {
	case e.StoreErr != nil:
		x.Error = errorOf(e.StoreErr)
		kept = c.Paint(terminal.Bad, "the bond could not be stored: "+explain(e.StoreErr))
	case e.Result.Bonded:
		x.Stored = stored(s.Role(), e.Result)
		kept = "stored " + strings.Join(x.Stored, ", ")
	}
	if e.Result.Debug {
		kept += "; " + c.Paint(terminal.Bad, "the published debug keys were used: everybody can listen")
	}
	r.tell(x, "%s with %s\n  level:  %s\n  bond:   %s", c.Paint(terminal.Good, "paired"), peerName(s.Peer(), s.PeerIdentity()), r.describe(e.Result.Level), kept)
}

// stored names the keys that a bond holds now.
func stored(role bt.Role, result *smp.Result) []string {
	own, peer := result.Initiator, result.Responder
	if role == bt.Peripheral {
		own, peer = peer, own
	}
	var names []string
	for _, k := range []struct {
		name string
		is   bool
	}{
		{"LTK", result.Level.SC && own.LTK != nil},
		{"our LTK", !result.Level.SC && own.LTK != nil},
		{"peer's LTK", !result.Level.SC && peer.LTK != nil},
		{"peer's IRK", peer.IRK != nil},
		{"our CSRK", own.CSRK != nil},
		{"peer's CSRK", peer.CSRK != nil},
	} {
		if k.is {
			names = append(names, k.name)
		}
	}
	return names
}

// failed tells of an error.
func (r *reporter) failed(s *smp.Session, event, what string, err error) {
	x := r.of(s, event)
	x.Error = errorOf(err)
	r.tell(x, "%s: %s", r.console.Paint(terminal.Bad, what), explain(err))
}

// note writes a record of what lines need not say.
func (r *reporter) note(s *smp.Session, event, what string) {
	if r.json == nil {
		return
	}
	x := r.of(s, event)
	x.What = what
	r.tell(x, "")
}

// rule tells of a rule that was taken.
func (r *reporter) rule(s *smp.Session, t smp.Trace) {
	x := r.of(s, "rule")
	x.What = t.String()
	r.tell(x, "%s", r.console.Paint(terminal.Dim, t.String()))
}

func (r *reporter) level(l smp.Level) *levelRecord {
	return &levelRecord{
		Model: l.Model.String(), SC: l.SC, MITM: l.MITM, KeySize: l.KeySize, Authenticated: l.Authenticated(r.policy),
	}
}

// describe gives a level for a person.
func (r *reporter) describe(l smp.Level) string {
	return fmt.Sprintf("%v, %s", l, authenticated(l.Authenticated(r.policy)))
}

func errorOf(err error) *errorRecord {
	a, _ := adviceOn(err)
	x := &errorRecord{Message: describe(err), Fault: a.fault, Try: a.try}
	if pairing, ok := asPairingError(err); ok && pairing.Reason != 0 {
		reason := int(pairing.Reason)
		x.Reason, x.Remote = &reason, pairing.Remote
	}
	return x
}
