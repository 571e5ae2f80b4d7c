package arq

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// line is two sides with a channel between them that loses packets.
type line struct {
	sides  [2]*Conn
	random *rand.Rand
	loss   float64

	queue     []packet
	running   [2]bool // timers
	delivered [2][]string
	endings   [2][]Ending
	excuses   [2][]Excuse
}

type packet struct {
	to     uint8
	octets []byte
}

func newLine(seed uint64, loss float64) *line {
	return &line{sides: [2]*Conn{New(Caller), New(Listener)}, random: rand.New(rand.NewPCG(seed, 1)), loss: loss}
}

// take carries out what a side wants done.
func (l *line) take(role uint8, effects []Effect) {
	for _, e := range effects {
		switch e.Kind {
		case EffectSend:
			if l.random.Float64() >= l.loss {
				l.queue = append(l.queue, packet{1 - role, e.PDU})
			}
		case EffectStartTimer:
			l.running[role] = true
		case EffectStopTimer:
			l.running[role] = false
		case EffectDeliver:
			l.delivered[role] = append(l.delivered[role], string(e.Payload))
		case EffectReportEnd:
			l.endings[role] = append(l.endings[role], e.Ending)
		case EffectRefuse:
			l.excuses[role] = append(l.excuses[role], e.Excuse)
		}
	}
}

// settle lets packets arrive and timers end until nothing is left to do.
func (l *line) settle() {
	for {
		switch {
		case len(l.queue) > 0:
			next := l.queue[0]
			l.queue = l.queue[1:]
			l.take(next.to, l.sides[next.to].Receive(next.octets))
		case l.running[Caller] || l.running[Listener]:
			for role, running := range l.running {
				if running {
					l.running[role] = false
					l.take(uint8(role), l.sides[role].Step(EventTimeout))
				}
			}
		default:
			return
		}
	}
}

// TestLostPackets writes in both directions at once while every fifth packet is
// lost. What arrives is what was written, in order, nothing twice.
func TestLostPackets(t *testing.T) {
	whole := 0
	for seed := range uint64(200) {
		l := newLine(seed, 0.2)
		l.take(Caller, l.sides[Caller].Step(EventDial))
		l.settle()
		var written [2][]string
		for i := range 10 {
			for role, side := range l.sides {
				if side.State() != StateReady {
					continue
				}
				text := fmt.Sprintf("%d from %d", i, role)
				written[role] = append(written[role], text)
				l.take(uint8(role), side.Write([]byte(text)))
			}
			l.settle()
		}
		lost := len(l.endings[Caller])+len(l.endings[Listener]) > 0
		for role := range l.sides {
			got, want := l.delivered[1-role], written[role]
			if lost && len(got) < len(want) {
				want = want[:len(got)]
			}
			if d := cmp.Diff(append([]string{}, want...), append([]string{}, got...)); d != "" {
				t.Errorf("seed %d, from role %d (-want +got)\n%s", seed, role, d)
			}
		}
		if !lost {
			whole++
		}
	}
	if whole < 100 {
		t.Errorf("%d of 200 connections stayed", whole)
	}
}

func TestNobodyThere(t *testing.T) {
	l := newLine(1, 1)
	l.take(Caller, l.sides[Caller].Step(EventDial))
	l.settle()
	if d := cmp.Diff([]Ending{Silence}, l.endings[Caller]); d != "" || l.sides[Caller].State() != StateIdle {
		t.Errorf("%v (-want +got)\n%s", l.sides[Caller].State(), d)
	}
}

func TestHangUp(t *testing.T) {
	l := newLine(1, 0)
	l.take(Caller, l.sides[Caller].Step(EventDial))
	l.settle()
	l.take(Caller, l.sides[Caller].Write([]byte("a")))
	l.take(Caller, l.sides[Caller].Write([]byte("b")))
	l.settle()
	l.take(Listener, l.sides[Listener].Step(EventHangUp))
	l.settle()
	if d := cmp.Diff([2][]Ending{{ByPeer}, {ByUs}}, l.endings); d != "" {
		t.Errorf("endings (-want +got)\n%s", d)
	}
	if d := cmp.Diff([2][]Excuse{{NotAcknowledged}, nil}, l.excuses); d != "" {
		t.Errorf("excuses (-want +got)\n%s", d)
	}
}
