package table_test

import (
	"fmt"
	"log"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// gate is a turnstile: the generator has its table as data.
const gate = `
protocol: Gate
go: {package: gate, dir: .}
roles: [gate]
enums:
  Person: {values: {Child: 0, Adult: 1}}
  Fare: {values: {Free: 0, Paid: 1}}
association:
  result: Fare
  rows: {who: Person}
  columns: {guide: Person}
  inputs: [night]
  grids:
    usual:
      exceptions: [{if: night, result: Free}]
      columns: [Child, Adult]
      rows:
        Child: [Paid, Free]
        Adult: [Paid, Paid]
events:
  command: [Coin, Push]
effects:
  Ring: {doc: rings a bell}
phases:
  All:
    states:
      Locked:
        initial: true
        rest: true
        when:
          Coin: {goto: Open}
          Push: {emit: [Ring]}
      Open:
        rest: true
        when:
          Coin: {emit: [Ring]}
          Push: {goto: Locked}
`

// bell is the hand-written side of the gate. smpgen writes one for a real protocol.
type bell struct{ t *table.Table }

func (bell) Guard(uint8) bool   { return false }
func (bell) Do(uint8)           {}
func (bell) Send(_, _ uint8)    {}
func (b bell) Emit(id, _ uint8) { fmt.Println(b.t.Effects[id]) }
func (bell) StartTimer(uint8)   {}
func (bell) StopTimer(uint8)    {}
func (b bell) Took(s table.Step) {
	fmt.Println(b.t.States[s.From].Name, "on", b.t.Events[s.Event], "to", b.t.States[s.To].Name)
}

// gateTable reads the specification.
func gateTable() *table.Table {
	f, err := spec.Parse("gate.yaml", []byte(gate))
	if err != nil {
		log.Fatal(err)
	}
	m, err := machine.Resolve(f)
	if err != nil {
		log.Fatal(err)
	}
	return m.Table()
}

// A table is data, and a machine on it is a small value.
func ExampleTable_Step() {
	t := gateTable()
	m := t.New(0)
	const coin, push = 1, 2 // in the order of t.Events
	for _, event := range []uint8{push, coin, push} {
		t.Step(&m, bell{t}, event)
	}
	fmt.Println(m == t.New(0))
	// Output:
	// Locked on Push to Locked
	// Ring
	// Locked on Coin to Open
	// Open on Push to Locked
	// true
}

// A grid is looked up by its row and column, its exceptions first.
func ExampleTable_Outcome() {
	t := gateTable()
	fmt.Println(t.Outcome(0, 1, 0, false))
	fmt.Println(t.Outcome(0, 1, 0, true)) // at night
	fmt.Println(t.Outcome(0, 7, 0, true))
	// Output:
	// 1 true
	// 0 true
	// 0 true
}

// Who reasons about conditions calculates as the machine does.
func ExampleCombine() {
	fmt.Println(table.Combine(table.Sub, 1, 2), table.Combine(table.Sub, uint8(1), 2), table.Combine(table.Has, 0b110, 0b010))
	// Output: -1 255 1
}

// A slot holds a truth value as 0 or 1.
func ExampleTruth() {
	fmt.Println(table.Truth(2 > 1), table.Truth(1 > 2))
	// Output: 1 0
}

// A key that is written most significant octet first, and sent the other way round.
func ExampleAppendReversed() {
	pdu := []byte{0x03}
	pdu = table.AppendReversed(pdu, []byte{0x11, 0x22, 0x33})
	fmt.Printf("% x\n", pdu)
	table.Reverse(pdu[1:])
	fmt.Printf("% x\n", pdu)
	// Output:
	// 03 33 22 11
	// 03 11 22 33
}

// What a state ignores on purpose can be asked for; here each event does something.
func ExampleTable_Ignores() {
	t := gateTable()
	fmt.Println(t.Ignores(0, t.New(0).State, 1))
	// Output: false
}
