package smp

import (
	"sync"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/smp/toolbox"
)

// Procedure is the Security Manager Protocol on one connection, without input
// or output: Step takes what happens and gives back what is to be done. It
// starts no goroutine, reads no clock and locks nothing; one goroutine at a
// time may use it.
//
// Whoever steps it promises four things. PDUs and link events come in the
// controller's order. EffectStartPairingEncryption and
// EffectStartStoredEncryption are carried out only when all PDUs sent before
// are acknowledged. Answers and timeouts repeat the number of their question or
// arming. The result of an encryption that was started before is not passed off
// as that of the one that the Procedure has asked for.
type Procedure struct {
	config  Config
	machine table.Machine
	own     int // index of our role where both sides have a value
	peer    int // index of the peer's

	addresses [2]bt.TypedAddress // of the initiator and the responder on the air

	supplied bool // with random octets of the system: Config has no Rand

	// What the link has, and what it will have once encryption has started.
	encrypted     bool
	level         Level
	onBond        bool // encrypted with a stored key
	pending       Level
	pendingOnBond bool

	peerIdentity bt.TypedAddress
	question     uint64 // number of the last question
	arming       uint64 // number of the last start of a timer

	*memory // while a step runs, and while something is remembered for the next

	// The step that is running.
	in        given
	event     EventKind
	malformed error
	step      table.Step
	effects   []Effect
	lent      *Scratch   // by the step's Input, or made where it has none
	sending   int        // octets of lent that PDUs of this step have
	made      *bond.Bond // in this step; the store does not have it yet
}

// memory is what a procedure needs only while it is not at rest: idle links
// share it.
type memory struct {
	pairing pairing
	message message      // the PDU of the step that is running
	tools   pairingTools // where Config has no Toolbox
	supply  supply       // where Config has no Rand
}

var memories = sync.Pool{New: func() any { return new(memory) }}

// release wipes the memory and gives it back, and forgets the caller's.
func (p *Procedure) release() {
	p.effects, p.lent = nil, nil
	*p.memory = memory{}
	memories.Put(p.memory)
	p.memory = nil
}

// pairing is what one pairing knows; it is wiped when the pairing ends.
// Indexes of 2 are roles: the initiator's value, then the responder's.
type pairing struct {
	features Features
	asked    AuthReq // by the peripheral's Security Request
	wanted   AuthReq // for ours
	request  PairingRequest
	response PairingResponse
	asSent   [2][7]byte // request and response, code octet first
	oob      *LocalOOB

	passkey uint32 //vet:secret
	tk      bt.Key
	nonce   [2][16]byte

	confirm     [16]byte //vet:secret
	peerConfirm [16]byte //vet:secret

	pair   KeyPair
	public [2]toolbox.PublicKey
	dhKey  toolbox.DHKey
	r      [2][16]byte // of f6

	macKey     bt.Key
	sessionKey bt.Key   // STK or LTK, cut to the key size
	uncutLTK   bt.Key   // of f5, for the link key
	check      [16]byte //vet:secret
	peerCheck  [16]byte //vet:secret
	number     uint32

	keys     [2]keyring // that were distributed
	ownLTK   LongTermKey
	ownCSRK  bt.Key
	octets   [8]byte //vet:secret // random, on their way to EDIV and Rand
	keypress KeypressType
}

// NewProcedure gives the procedure of a connection that has just been made.
func NewProcedure(config Config) (*Procedure, error) {
	p := &Procedure{}
	if err := p.begin(config); err != nil {
		return nil, err
	}
	return p, nil
}

// begin makes p the procedure of a connection that has just been made.
func (p *Procedure) begin(config Config) error {
	supplied := config.Rand == nil
	if err := config.complete(); err != nil {
		return err
	}
	*p = Procedure{
		supplied:     supplied,
		config:       config,
		machine:      config.Table.New(uint8(config.Role)),
		own:          int(config.Role),
		peer:         1 - int(config.Role),
		encrypted:    config.Encrypted,
		level:        config.Level,
		peerIdentity: config.PeerIdentity,
	}
	p.addresses[p.own], p.addresses[p.peer] = config.Local, config.Peer
	return nil
}

// Step tells the procedure what has happened and appends to dst what is to be
// done, in order.
func (p *Procedure) Step(dst []Effect, in Input) []Effect {
	if in.PDU == nil && p.Ignores(in.Event) {
		return dst
	}
	if p.memory == nil {
		p.memory = memories.Get().(*memory)
	}
	dst = p.take(dst, &in)
	if p.Idle() {
		p.release()
	}
	return dst
}

// Ignores reports whether Step would do nothing with an event now, whatever comes
// with it, so that a driver can save itself the step: most acknowledgements are
// such events. Where there is a tracer, it hears of all events, and none is
// ignored.
func (p *Procedure) Ignores(event EventKind) bool {
	switch event {
	case EventEncryptionOn, EventEncryptionOff, EventDisconnected:
		return false // the link is remembered whatever the table does
	}
	return p.config.Trace == nil && p.config.Table.Ignores(p.machine.Role, p.machine.State, uint8(event))
}

// take is Step with a memory.
func (p *Procedure) take(dst []Effect, in *Input) []Effect {
	event := p.receive(in)
	if p.stale(event, in) {
		return dst
	}
	p.event, p.effects, p.sending = event, dst, 0
	if p.lent != in.Scratch {
		p.lent = in.Scratch
	}
	p.in.take(in)
	v := p.vars()
	v.setEncrypted(p.encrypted)
	if event == EventEncryptionOn {
		p.level, p.onBond = p.pending, p.pendingOnBond
	}
	if event == EventEncryptionOff {
		p.level, p.onBond = Level{}, false
	}
	if p.config.Table == defaultTable {
		binding{p}.step(&p.machine, uint8(event))
	} else {
		p.config.Table.Step(&p.machine, binding{p}, uint8(event))
	}
	switch event {
	case EventEncryptionOn:
		p.encrypted = true
	case EventEncryptionOff, EventDisconnected:
		p.encrypted = false
	}
	dst = p.effects
	p.in.drop()
	if p.malformed != nil {
		p.malformed = nil
	}
	if p.made != nil {
		p.made = nil
	}
	return dst
}

// toolbox is the cryptography of this pairing.
func (p *Procedure) toolbox() Toolbox {
	if p.config.Toolbox != nil {
		return p.config.Toolbox
	}
	return &p.tools
}

// receive finds out which event the input is, and sets the event's fields.
func (p *Procedure) receive(in *Input) EventKind {
	v := p.vars()
	v.setCode(0)
	v.setReason(in.Reason)
	v.setReplace(in.Replace)
	if in.PDU == nil {
		return in.Event
	}
	event, err := p.message.unmarshal(in.PDU)
	p.malformed = err
	if event == EventMalformedPDU {
		v.setReason(answerTo(err))
		if len(in.PDU) > 0 {
			v.setCode(PDUCode(in.PDU[0]))
		}
	}
	return event
}

// stale reports whether the input belongs to a question that is no longer
// asked, or to a timer that was started again or stopped.
func (p *Procedure) stale(event EventKind, in *Input) bool {
	switch event {
	case EventConsentGiven, EventFeaturesConfirmed, EventPasskeyEntered, EventNumbersEqual, EventUserRefused:
		return in.Question != p.question
	case EventTimeout:
		return in.Arming != p.arming
	}
	return false
}

// State is where the procedure stands.
func (p *Procedure) State() State { return State(p.machine.State) }

// Idle reports whether no procedure is running.
func (p *Procedure) Idle() bool {
	return p.config.Table.States[p.machine.State].Flags&table.Rest != 0
}

// awaitsController reports whether it is for the controller to go on.
func (p *Procedure) awaitsController() bool {
	return p.config.Table.States[p.machine.State].Flags&table.WaitController != 0
}

// Level is what encrypts the link now; false where it is not encrypted.
func (p *Procedure) Level() (Level, bool) { return p.level, p.encrypted }

// PeerIdentity is the peer's identity as far as it is known: the one that it
// has distributed or that its address resolved to, else its address.
func (p *Procedure) PeerIdentity() bt.TypedAddress { return p.peerIdentity }

// vars gives the machine's memory its types.
func (p *Procedure) vars() *vars { return (*vars)(&p.machine.Slots) }
