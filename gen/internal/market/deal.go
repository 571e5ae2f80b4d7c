// Package market is a toy: a generated state machine with the least that has to
// be written by hand, for the tests of gen.
package market

import (
	"errors"

	"blesmp/gen/table"
)

//go:generate go run blesmp/cmd/smpgen gen ../../testdata/market.yaml

// The roles of a deal.
const (
	Buyer  uint8 = 0
	Seller uint8 = 1
)

// Effect is one thing that a Deal wants done.
type Effect struct {
	Kind    EffectKind
	PDU     []byte // EffectSend
	Timer   Timer  // EffectStartTimer, EffectStopTimer
	Reason  Reason // EffectBroken
	Excuse  Excuse // EffectRefuse
	Payment Payment
}

// Deal is one deal between a buyer and a seller.
type Deal struct {
	// Wants is what a buyer orders, Limit what a buyer pays at most and a
	// seller takes at least, in cents.
	Wants Goods
	Limit uint16

	// Took is told of each rule.
	Took func(table.Step)

	table   *table.Table
	machine table.Machine
	message message
	effects []Effect
	out     []byte

	goods Goods
	cents uint16
	bag   int // parts in it
	waved int
}

// New starts a deal over a table.
func New(t *table.Table, role uint8) *Deal {
	return &Deal{table: t, machine: t.New(role)}
}

// State is where the deal stands.
func (d *Deal) State() State { return State(d.machine.State) }

// Bag is the number of things that were handed over.
func (d *Deal) Bag() int { return d.bag }

// Receive takes a PDU from the other side.
func (d *Deal) Receive(dst []Effect, pdu []byte) []Effect {
	event, err := d.message.unmarshal(pdu)
	if event == EventGarbled && len(pdu) > 0 {
		d.vars().setCode(PDUCode(pdu[0]))
		if e, ok := errors.AsType[*table.FormatError](err); ok {
			d.vars().setReason(Reason(e.Answer))
		}
	}
	return d.Step(dst, event)
}

// Rain tells of the weather.
func (d *Deal) Rain(raining bool) { d.vars().setRaining(raining) }

// Step takes what has happened.
func (d *Deal) Step(dst []Effect, event EventKind) []Effect {
	d.effects = dst
	if d.table == defaultTable {
		binding{d}.step(&d.machine, uint8(event))
	} else {
		d.table.Step(&d.machine, binding{d}, uint8(event))
	}
	d.vars().setReason(0)
	d.vars().setCode(0)
	dst, d.effects = d.effects, nil
	return dst
}

func (d *Deal) vars() *vars { return (*vars)(&d.machine.Slots) }

// The engine.

func (d *Deal) newEffect(kind EffectKind) *Effect {
	d.effects = append(d.effects, Effect{Kind: kind})
	return &d.effects[len(d.effects)-1]
}

func (d *Deal) scratch() []byte { return d.out }

func (d *Deal) sent(_ PDUCode, out []byte) {
	d.newEffect(EffectSend).PDU = out[len(d.out):]
	d.out = out
}

func (d *Deal) startTimer(t Timer) { d.newEffect(EffectStartTimer).Timer = t }

func (d *Deal) stopTimer(t Timer) { d.newEffect(EffectStopTimer).Timer = t }

func (d *Deal) took(step table.Step) {
	if d.Took != nil {
		d.Took(step)
	}
}

// Actions.

func (d *Deal) makeOrder() {
	d.goods = d.Wants
	d.vars().setToGive(0)
	d.vars().setToGet(d.Wants)
}

func (d *Deal) keepOrder() {
	d.goods = d.message.Order.Wants
	d.vars().setToGive(d.goods)
	d.vars().setToGet(0)
	d.vars().setPayment(d.message.Order.Payment)
}

func (d *Deal) makePrice() { d.cents = d.Limit }

func (d *Deal) keepPrice() { d.cents = d.message.Price.Cents }

func (d *Deal) keepCoin() { d.bag++ }

func (d *Deal) pay() { d.bag = 0 }

func (d *Deal) keepGoods() { d.bag++ }

func (d *Deal) wipe() { d.goods, d.cents = 0, 0 }

func (d *Deal) wave() { d.waved++ }

// Guards.

func (d *Deal) fairPrice() bool { return d.message.Price.Cents <= d.Limit }

func (d *Deal) coinGood() bool { return d.message.Coin.Metal == 1 }

func (d *Deal) wanted() bool { return d.message.Order.Wants.Bread() }

// PDUs.

func (d *Deal) order() Order {
	return Order{Payment: d.vars().Payment(), Wants: d.goods, Offer: d.Limit}
}

func (d *Deal) agree() Agree { return Agree{Wants: d.goods} }

func (d *Deal) price() Price { return Price{Cents: d.cents} }

func (d *Deal) sorry(why Reason) Sorry { return Sorry{Why: why} }

func (d *Deal) loaf() Loaf { return Loaf{Slices: 12} }

func (d *Deal) label() Label { return Label{Text: []byte("rye")} }

func (d *Deal) bottle() Bottle { return Bottle{Seal: [2]byte{0xaa, 0x55}} }

func (d *Deal) box() Box { return Box{Eggs: []Egg{{Size: 1}, {Size: 4}}} }

func (d *Deal) invite() Invite { return Invite{} }

func (d *Deal) coin() Coin { return Coin{Metal: 1} }

// Effects.

func (d *Deal) askPerson(*Effect) {}

func (d *Deal) ring(*Effect) {}

func (d *Deal) done(*Effect) {}

func (d *Deal) broken(e *Effect, why Reason) { e.Reason = why }

func (d *Deal) refuse(e *Effect, why Excuse) { e.Excuse = why }

func (d *Deal) slam(*Effect) {}

func (d *Deal) nod(e *Effect, p Payment) { e.Payment = p }
