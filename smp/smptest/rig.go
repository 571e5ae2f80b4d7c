package smptest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
)

// Rig is two Procedures on one link, without hosts and radio: what one sends,
// the other receives in order, two controllers encrypt the link, and two users
// answer. Nothing happens by itself. Every method is one move; Next makes the
// next one of an undisturbed exchange, and Run all of them. The clock stands
// still but for Elapse.
//
// A Rig draws its random numbers from a seed, so that the same moves bring the
// same octets. It is no place for secrets. One goroutine at a time may use it.
type Rig struct {
	// Initiator and Responder are the two sides, as Device gives them by role.
	Initiator, Responder *Device

	// OnStep, where it is set, is told of every step of a Procedure, before its
	// effects are carried out.
	OnStep func(Moment)

	// FirstUser says whose user is faster where both are asked; UsersFirst lets
	// users answer before the link moves on.
	FirstUser  bt.Role
	UsersFirst bool

	// Unnumbered takes the numbers off answers and timeouts: each counts for what
	// was asked or started last. It is there to show what the numbers are for.
	Unnumbered bool

	// Broken lists what the two sides have done that no pairing may do, in
	// words: see the package's rules.
	Broken []string

	now      time.Time
	controls control
	rules    rules
}

// Party is what one side of a Rig brings along.
type Party struct {
	// Features are what the side asks for and answers with; DefaultFeatures
	// where nil.
	Features *smp.Features

	// Config is the Procedure's. Role, addresses, sources of random numbers,
	// FindBond, Waiting, LocalOOB and Trace are filled in where they are zero.
	Config smp.Config

	// User answers questions; Agreeable where nil.
	User User

	// Store keeps the bonds; an empty bond.Memory where nil.
	Store bond.Store
}

// Moment is one step of one side.
type Moment struct {
	Device        *Device
	Input         smp.Input
	Event         smp.EventKind // also where Input has a PDU
	Before, After smp.State
	Effects       []smp.Effect // PDUs in them stay valid
	Traces        []smp.Trace  // the rules that were taken, in order
}

// String names the side, the event, and the way that was taken.
func (m Moment) String() string {
	return fmt.Sprintf("%v: %v on %v -> %v", m.Device.Role, m.Before, m.Event, m.After)
}

// The addresses of the two sides where a Party says nothing else.
var (
	InitiatorAddress = bt.TypedAddress{Type: bt.PublicAddress, Address: bt.Address{0x00, 0x1b, 0xdc, 0x00, 0x00, 0x01}}
	ResponderAddress = bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xc0, 0x1b, 0xdc, 0x00, 0x00, 0x02}}
)

// New connects two sides. The error is that of smp.NewProcedure.
func New(seed uint64, initiator, responder Party) (*Rig, error) {
	r := &Rig{now: time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)}
	r.Initiator = newDevice(r, bt.Central, seed, initiator)
	r.Responder = newDevice(r, bt.Peripheral, seed, responder)
	if err := r.Reconnect(); err != nil {
		return nil, err
	}
	return r, nil
}

// Device gives the side that has a role.
func (r *Rig) Device(role bt.Role) *Device {
	if role == bt.Central {
		return r.Initiator
	}
	return r.Responder
}

// Reconnect makes a new link, with new Procedures. Bonds, users and the record
// of what has happened stay.
func (r *Rig) Reconnect() error {
	r.controls = control{}
	r.rules = rules{stored: r.rules.stored}
	return errors.Join(r.Initiator.connect(), r.Responder.connect())
}

// source gives random numbers that only a test may use.
func source(seed uint64, role bt.Role) *rand.ChaCha8 {
	var s [32]byte
	for i := range 8 {
		s[i] = byte(seed >> (8 * i))
	}
	s[8] = byte(role)
	return rand.NewChaCha8(s)
}
