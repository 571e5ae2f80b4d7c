// Package arq is a connection that survives lost packets, as an example of a
// protocol that is described and generated: arq.yaml says what happens, and this
// file what data cannot say. A Conn does no input or output.
package arq

import "blesmp/gen/table"

//go:generate go run blesmp/cmd/smpgen gen arq.yaml
//go:generate go run blesmp/cmd/smpgen diagram -o diagrams arq.yaml

// The roles.
const (
	Caller   uint8 = 0
	Listener uint8 = 1
)

// Effect is one thing that a Conn wants done.
type Effect struct {
	Kind    EffectKind
	PDU     []byte // EffectSend
	Timer   Timer  // EffectStartTimer, EffectStopTimer
	Payload []byte // EffectDeliver
	Ending  Ending // EffectReportEnd
	Excuse  Excuse // EffectRefuse
}

// Conn is one side of a connection.
type Conn struct {
	machine table.Machine
	message message
	effects []Effect

	writing      []byte // of the command
	payload      []byte // under way
	acknowledged Number
}

// New makes a side that is not connected.
func New(role uint8) *Conn { return &Conn{machine: Table().New(role)} }

// State is where the connection stands.
func (c *Conn) State() State { return State(c.machine.State) }

// Receive takes a packet of the peer.
func (c *Conn) Receive(packet []byte) []Effect {
	event, _ := c.message.unmarshal(packet) // a bad packet is an event too
	switch event {
	case EventData:
		c.vars().setNumber(c.message.Data.Number)
	case EventAck:
		c.vars().setNumber(c.message.Ack.Number)
	}
	return c.Step(event)
}

// Write sends octets. A second packet has to wait until the first has arrived.
func (c *Conn) Write(payload []byte) []Effect {
	c.writing = payload
	return c.Step(EventWrite)
}

// Step takes another command, or the end of a timer.
func (c *Conn) Step(event EventKind) []Effect {
	c.effects = nil
	binding{c}.step(&c.machine, uint8(event))
	return c.effects
}

func (c *Conn) vars() *vars { return (*vars)(&c.machine.Slots) }

// The engine.

func (c *Conn) newEffect(kind EffectKind) *Effect {
	c.effects = append(c.effects, Effect{Kind: kind})
	return &c.effects[len(c.effects)-1]
}

func (c *Conn) scratch() []byte { return nil }

func (c *Conn) sent(_ PDUCode, packet []byte) { c.newEffect(EffectSend).PDU = packet }

func (c *Conn) startTimer(t Timer) { c.newEffect(EffectStartTimer).Timer = t }

func (c *Conn) stopTimer(t Timer) { c.newEffect(EffectStopTimer).Timer = t }

func (c *Conn) took(table.Step) {}

// Actions.

func (c *Conn) restart() {
	c.vars().setNext(Even)
	c.vars().setExpected(Even)
}

func (c *Conn) count() { c.vars().setNext(c.vars().Next() ^ 1) }

func (c *Conn) countPeer() { c.vars().setExpected(c.vars().Expected() ^ 1) }

func (c *Conn) acknowledge() { c.acknowledged = c.message.Data.Number }

func (c *Conn) keepPayload() { c.payload = append([]byte(nil), c.writing...) }

// Packets.

func (c *Conn) open() Open { return Open{} }

func (c *Conn) opened() Opened { return Opened{} }

func (c *Conn) data() Data { return Data{Number: c.vars().Next(), Payload: c.payload} }

func (c *Conn) ack() Ack { return Ack{Number: c.acknowledged} }

func (c *Conn) close() Close { return Close{} }

func (c *Conn) closed() Closed { return Closed{} }

// Effects.

func (c *Conn) reportOpen(*Effect) {}

func (c *Conn) deliver(e *Effect) { e.Payload = append([]byte(nil), c.message.Data.Payload...) }

func (c *Conn) reportSent(*Effect) {}

func (c *Conn) reportEnd(e *Effect, ending Ending) { e.Ending = ending }

func (c *Conn) refuse(e *Effect, excuse Excuse) { e.Excuse = excuse }
