package smp

import (
	"context"
	"testing"

	"github.com/looplab/fsm"

	"blesmp/bt"
	"blesmp/internal/floor"
)

// waiting is a Procedure in the middle of a pairing, where an acknowledgement is
// an event that changes nothing.
func waiting(t testing.TB) *Procedure {
	t.Helper()
	p, err := NewProcedure(Config{Role: bt.Central, Local: ourselves, Peer: public})
	if err != nil {
		t.Fatal(err)
	}
	features := DefaultFeatures()
	p.Step(nil, Input{Event: EventPair, Features: &features})
	if p.State() != StateAwaitResponse {
		t.Fatalf("state %v, want %v", p.State(), StateAwaitResponse)
	}
	return p
}

// dispatch finds the row for an event that changes nothing, as often as asked.
func dispatch(p *Procedure) floor.Work {
	return floor.Work{Run: func(n int) error {
		for range n {
			binding{p}.step(&p.machine, uint8(EventDelivered))
		}
		return nil
	}}
}

// bareTable is the least that a state machine of two levels can be: states by
// events, and a switch on what stands there.
type bareTable struct {
	cells [2][][]uint8
	taken [4]int
}

func newBareTable() *bareTable {
	b := &bareTable{}
	for role := range b.cells {
		b.cells[role] = make([][]uint8, len(defaultTable.States))
		for state := range b.cells[role] {
			b.cells[role][state] = make([]uint8, len(defaultTable.Events))
		}
	}
	return b
}

//go:noinline
func (b *bareTable) step(role, state, event uint8) {
	switch b.cells[role][state][event] {
	case 0:
		b.taken[0]++
	case 1:
		b.taken[1]++
	case 2:
		b.taken[2]++
	default:
		b.taken[3]++
	}
}

func bareDispatch() floor.Work {
	b := newBareTable()
	return floor.Work{Run: func(n int) error {
		for range n {
			b.step(uint8(bt.Central), uint8(StateAwaitResponse), uint8(EventDelivered))
		}
		return nil
	}}
}

// BenchmarkDispatch finds the row of an event, beside the least that could do so
// and beside looplab/fsm, whose machine has two states and one event.
func BenchmarkDispatch(b *testing.B) {
	b.Run("dense table", func(b *testing.B) {
		p := waiting(b)
		b.ReportAllocs()
		for b.Loop() {
			binding{p}.step(&p.machine, uint8(EventDelivered))
		}
		ratio(b, bareDispatch(), dispatch(p))
	})
	b.Run("looplab", func(b *testing.B) {
		machine := fsm.NewFSM("a", fsm.Events{
			{Name: "go", Src: []string{"a"}, Dst: "b"},
			{Name: "go", Src: []string{"b"}, Dst: "a"},
		}, nil)
		once := func() error { return machine.Event(context.Background(), "go") }
		b.ReportAllocs()
		for b.Loop() {
			if err := once(); err != nil {
				b.Fatal(err)
			}
		}
		ratio(b, bareDispatch(), floor.Each(once))
	})
}

// BenchmarkStep is a whole step: the dispatch of a command that is refused, its
// effect, and what surrounds both. An acknowledgement would not be stepped here.
func BenchmarkStep(b *testing.B) {
	p := waiting(b)
	effects, scratch := make([]Effect, 0, 16), new(Scratch)
	once := func() error {
		p.Step(effects, Input{Event: EventNotifyKeypress, Scratch: scratch})
		return nil
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = once()
	}
	ratio(b, bareDispatch(), floor.Each(once))
}

// BenchmarkCodec encodes and decodes the largest PDU, beside a copy of its octets
// there and back.
func BenchmarkCodec(b *testing.B) {
	key := PublicKey{X: [32]byte{1}, Y: [32]byte{2}}
	buffer, other := make([]byte, 0, 65), make([]byte, 65)
	var m message
	once := func() error {
		buffer = key.AppendTo(buffer[:0])
		_, err := m.unmarshal(buffer)
		return err
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := once(); err != nil {
			b.Fatal(err)
		}
	}
	ratio(b, floor.Each(func() error {
		copy(other, buffer)
		copy(buffer, other)
		return nil
	}), floor.Each(once))
}

// ratio adds what the subject takes of the floor, measured in turn with it.
func ratio(b *testing.B, base, subject floor.Work) {
	b.Helper()
	c, err := floor.Compare(base, subject, floor.Options{Rounds: 31, Clock: floor.CPUTime})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(c.Ratio(), "x-floor")
}
