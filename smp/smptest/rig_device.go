package smptest

import (
	"slices"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
)

// Device is one side of a Rig: its Procedure, its user, its bonds, and the
// record of what it has done since the Rig was made.
type Device struct {
	Role      bt.Role
	Procedure *smp.Procedure
	Features  smp.Features
	User      User
	Store     bond.Store

	// TooSoon says that the peer's waiting interval has not passed, unless the
	// Config has a Waiting of its own; LocalOOB is out-of-band data that we gave
	// out, unless it has a LocalOOB.
	TooSoon  bool
	LocalOOB *smp.LocalOOB

	// Question is what the user has not answered yet, or nil; Asked is the number
	// of the last question. Shown is the passkey that the device shows, or nil.
	Question *smp.Effect
	Asked    uint64
	Shown    *uint32

	// Arming is the number of the timer's last start.
	Arming uint64

	Sent       [][]byte            // PDUs
	Traces     []smp.Trace         // rules that were taken
	Reports    []smp.Effect        // pairings that have ended, in any way
	Bonds      []*bond.Bond        // that were to be kept
	Results    []*smp.Result       // of pairings that succeeded
	Failures   []*smp.PairingError // of those that did not
	Rejections []*smp.PairingError // requests that were turned down
	Links      []smp.Effect        // reports of encryption, and of its failure
	Keypress   []smp.KeypressType  // reported
	Refusals   []smp.Refusal       // of commands
	Keys       []smp.Effect        // what went to the controller: keys, and the answer that there is none

	rig    *Rig
	config smp.Config
	inbox  []mail
	timer  timer
	steps  []smp.Trace // of the step that is running

	sent, acknowledged uint64      // PDUs
	held               *smp.Effect // encryption that waits for acknowledgements
}

// timer is the procedure's timer on the Rig's clock.
type timer struct {
	running bool
	arming  uint64
	at      time.Time
}

// mail is something that a controller hands to its host.
type mail struct {
	input  smp.Input
	number uint64 // of a PDU, or of the last one that is acknowledged
}

func newDevice(r *Rig, role bt.Role, seed uint64, p Party) *Device {
	d := &Device{
		Role:     role,
		User:     p.User,
		Store:    p.Store,
		Features: smp.DefaultFeatures(),
		rig:      r,
		config:   p.Config,
	}
	if p.Features != nil {
		d.Features = *p.Features
	}
	if d.User == nil {
		d.User = Agreeable
	}
	if d.Store == nil {
		d.Store = bond.NewMemory()
	}
	d.complete(seed)
	return d
}

// complete fills in what the Config leaves open.
func (d *Device) complete(seed uint64) {
	c := &d.config
	c.Role = d.Role
	own, other := InitiatorAddress, ResponderAddress
	if d.Role == bt.Peripheral {
		own, other = other, own
	}
	if c.Local.IsZero() {
		c.Local = own
	}
	if c.Peer.IsZero() {
		c.Peer = other
	}
	if c.LocalIRK.IsZero() {
		c.LocalIRK = bt.Key{15: 0x10 + byte(d.Role)}
	}
	if c.Rand == nil {
		random := source(seed, d.Role)
		c.Rand = func(p []byte) { _, _ = random.Read(p) }
	}
	if c.FindBond == nil {
		c.FindBond = d.findBond
	}
	if c.Waiting == nil {
		c.Waiting = func() bool { return d.TooSoon }
	}
	if c.LocalOOB == nil {
		c.LocalOOB = func() *smp.LocalOOB { return d.LocalOOB }
	}
	tell := c.Trace
	c.Trace = func(t smp.Trace) {
		d.steps = append(d.steps, t)
		if tell != nil {
			tell(t)
		}
	}
}

// connect gives the device a new link.
func (d *Device) connect() error {
	procedure, err := smp.NewProcedure(d.config)
	if err != nil {
		return err
	}
	d.Procedure = procedure
	d.inbox, d.timer, d.held = nil, timer{}, nil
	d.Question, d.Shown, d.Asked, d.Arming = nil, nil, 0, 0
	d.sent, d.acknowledged = 0, 0
	return nil
}

// Bond gives the bond with the peer, or nil.
func (d *Device) Bond() *bond.Bond { return d.findBond(d.Procedure.PeerIdentity()) }

func (d *Device) findBond(peer bt.TypedAddress) *bond.Bond {
	local := d.config.LocalIdentity
	if local.IsZero() {
		local = d.config.Local
	}
	b, err := d.Store.Get(local, peer)
	if err != nil {
		return nil
	}
	return &b
}

// Peer is the other side.
func (d *Device) Peer() *Device { return d.rig.Device(1 - d.Role) }

// State is where the Procedure stands.
func (d *Device) State() smp.State { return d.Procedure.State() }

// Waiting is how many things the controller has for the device.
func (d *Device) Waiting() int { return len(d.inbox) }

// Armed reports whether the procedure's timer runs, and when it will fire.
func (d *Device) Armed() (at time.Time, armed bool) { return d.timer.at, d.timer.running }

// step gives one input to the Procedure, checks the rules and carries out what
// comes of it.
func (d *Device) step(in smp.Input) []smp.Effect {
	given := in
	if d.rig.Unnumbered {
		in = d.unnumbered(in)
	}
	d.steps = nil
	before := d.State()
	effects := d.Procedure.Step(nil, in)
	m := Moment{
		Device: d, Input: in, Event: in.Event,
		Before: before, After: d.State(), Effects: effects, Traces: d.steps,
	}
	if in.PDU != nil {
		m.Event = eventOf(d.steps)
	}
	d.Traces = append(d.Traces, d.steps...)
	if d.Question != nil && in.Question == d.Question.Question && isAnswer(in.Event) {
		d.Question = nil
	}
	d.rig.watchNumbers(m, given)
	d.rig.watch(m)
	if d.rig.OnStep != nil {
		d.rig.OnStep(m)
	}
	for i := range effects {
		d.carryOut(&effects[i])
	}
	if d.Procedure.Idle() {
		d.Question, d.Shown = nil, nil
	}
	return effects
}

// unnumbered makes an answer one to the last question, and a timeout one of the
// last start.
func (d *Device) unnumbered(in smp.Input) smp.Input {
	switch {
	case isAnswer(in.Event):
		in.Question = d.Asked
	case in.Event == smp.EventTimeout && d.timer.running:
		in.Arming = d.Arming
	}
	return in
}

// carryOut does what the Procedure wants done, and keeps a record.
func (d *Device) carryOut(e *smp.Effect) {
	switch e.Kind {
	case smp.EffectSend:
		d.send(e.PDU)
	case smp.EffectStartTimer:
		d.Arming = e.Arming
		d.timer = timer{running: true, arming: e.Arming, at: d.rig.now.Add(e.After)}
	case smp.EffectStopTimer:
		d.timer = timer{}
	case smp.EffectStartPairingEncryption, smp.EffectStartStoredEncryption:
		d.Keys = append(d.Keys, *e)
		d.startEncryption(e)
	case smp.EffectReplyPairingKey, smp.EffectReplyStoredKey, smp.EffectNegativeReply:
		d.Keys = append(d.Keys, *e)
		d.rig.reply(e)
	case smp.EffectDisconnect:
		d.rig.drop(d, e.Status)
	case smp.EffectStoreBond:
		d.keep(e.Bond)
	case smp.EffectReportComplete:
		d.Reports = append(d.Reports, *e)
		d.Results = append(d.Results, e.Result)
	case smp.EffectReportFailure, smp.EffectReportEnd, smp.EffectReportTimeout:
		d.Reports = append(d.Reports, *e)
		d.Failures = append(d.Failures, e.Err)
	case smp.EffectReportRejection:
		d.Rejections = append(d.Rejections, e.Err)
	case smp.EffectReportLevel, smp.EffectReportEncryptionFailure:
		d.Links = append(d.Links, *e)
	case smp.EffectReportKeypress:
		d.Keypress = append(d.Keypress, e.Keypress)
	case smp.EffectRefuse:
		d.Refusals = append(d.Refusals, e.Refusal)
	case smp.EffectShowPasskey:
		d.Shown, d.Asked = &e.Number, e.Question
	default:
		d.Question, d.Asked = e, e.Question
	}
}

// keep stores a bond, dated.
func (d *Device) keep(b *bond.Bond) {
	b.Created = d.rig.now
	d.Bonds = append(d.Bonds, b)
	if err := d.Store.Put(*b); err != nil {
		d.rig.broken("%v: bond not kept: %v", d.Role, err)
	}
}

// SentCodes gives the codes of all PDUs that the device has sent.
func (d *Device) SentCodes() []smp.PDUCode {
	codes := make([]smp.PDUCode, len(d.Sent))
	for i, pdu := range d.Sent {
		codes[i] = smp.PDUCode(pdu[0])
	}
	return codes
}

// LastSent is the last PDU that the device has sent, or nil.
func (d *Device) LastSent() []byte {
	if len(d.Sent) == 0 {
		return nil
	}
	return slices.Clone(d.Sent[len(d.Sent)-1])
}

// eventOf says as which event the Procedure took a PDU.
func eventOf(steps []smp.Trace) smp.EventKind {
	for _, t := range steps {
		if t.Event != smp.EventChoose {
			return t.Event
		}
	}
	return smp.EventReservedPDU
}

func isAnswer(event smp.EventKind) bool {
	switch event {
	case smp.EventConsentGiven, smp.EventFeaturesConfirmed, smp.EventPasskeyEntered, smp.EventNumbersEqual, smp.EventUserRefused:
		return true
	}
	return false
}
