package model

import (
	"fmt"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/commands"
	"github.com/leanovate/gopter/gen"

	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// Commands are the moves on two linked Procedures, for commands.Prop. NewWatch,
// where it is not nil, gives each sequence its own watch. Table is the machine
// that both sides follow, smp.Table() by default. Failed, where it is not nil, is
// given the moves of every try that fails, up to the one that showed it; the
// shortest of them is what gopter has shrunk the failure to. Unnumbered takes a
// promise of the driver away, see Setup.
type Commands struct {
	NewWatch func() func(smptest.Moment) error
	Table    *table.Table
	Failed   func(Sequence)

	Unnumbered bool
}

var _ commands.Commands = Commands{}

// NewSystemUnderTest builds a Trial. A Setup that cannot be built is a mistake
// of this package: it panics, which gopter reports.
func (c Commands) NewSystemUnderTest(initial commands.State) commands.SystemUnderTest {
	var watch func(smptest.Moment) error
	if c.NewWatch != nil {
		watch = c.NewWatch()
	}
	t, err := newTrial(initial.(State).Setup, c.Table, watch)
	if err != nil {
		panic(fmt.Sprintf("model: %v", err))
	}
	t.failed = c.Failed
	return t
}

// DestroySystemUnderTest has nothing to do.
func (Commands) DestroySystemUnderTest(commands.SystemUnderTest) {}

// InitialPreCondition holds.
func (Commands) InitialPreCondition(commands.State) bool { return true }

// GenInitialState draws a Setup.
func (c Commands) GenInitialState() gopter.Gen {
	return func(p *gopter.GenParameters) *gopter.GenResult {
		s := Setup{
			SC:            p.NextBool(),
			Seed:          p.NextUint64(),
			InitiatorKeys: smp.KeyDistribution(p.Rng.Intn(8)),
			ResponderKeys: smp.KeyDistribution(p.Rng.Intn(8)),
			NoBonding:     p.Rng.Intn(8) == 0,
			RepairAny:     p.NextBool(),
			UsersFirst:    p.NextBool(),
			FirstUser:     bt.Role(p.Rng.Intn(2)),
			Keypress:      p.NextBool(),
			Unnumbered:    c.Unnumbered,
		}
		s.Model = models[p.Rng.Intn(len(models))]
		if !s.SC && s.Model == smp.NumericComparison {
			s.Model = smp.BothType
		}
		return gopter.NewGenResult(State{Setup: s, Clean: true}, gopter.NoShrinker)
	}
}

var models = []smp.AssociationModel{smp.JustWorks, smp.InitiatorTypes, smp.ResponderTypes, smp.BothType, smp.NumericComparison, smp.OutOfBand}

// GenCommand draws a move: nine in ten are legal.
func (Commands) GenCommand(state commands.State) gopter.Gen {
	s := state.(State)
	return gen.Weighted([]gen.WeightedGen{
		{Weight: 9, Gen: legal(s)},
		{Weight: 1, Gen: disturbing},
	})
}

// legal draws what comes next in an undisturbed exchange.
func legal(s State) gopter.Gen {
	return moves(func(p *gopter.GenParameters) Move {
		if s.Pairings == 0 && p.Rng.Intn(3) > 0 {
			return Move{Kind: Begin}
		}
		switch n := p.Rng.Intn(40); {
		case n == 0:
			return Move{Kind: Begin}
		case n == 1:
			return Move{Kind: RequestSecurity, N: p.Rng.Intn(16)}
		case n == 2:
			return Move{Kind: Encrypt}
		case n < 5:
			return Move{Kind: Finish}
		case n < 7:
			return Move{Kind: Keypress, Role: role(p), N: p.Rng.Intn(5)}
		case n < 17:
			return Move{Kind: Deliver, Role: role(p)}
		case n < 22:
			return Move{Kind: Answer, Role: role(p)}
		}
		return Move{Kind: Go, N: 1 + p.Rng.Intn(30)}
	})
}

// disturbing draws what an attacker, a person or a controller may do.
var disturbing = moves(func(p *gopter.GenParameters) Move {
	kinds := Disturbing()
	m := Move{Kind: kinds[p.Rng.Intn(len(kinds))], Role: role(p), N: p.Rng.Intn(1 << 16)}
	if p.Rng.Intn(3) == 0 {
		m.Kind = Inject // there are many PDUs
	}
	switch m.Kind {
	case Inject:
		m.PDU = string(octets(p))
	case Refuse, Cancel:
		m.N = p.Rng.Intn(0x11)
	case RequestLTK:
		m.N = p.Rng.Intn(2) * m.N
	}
	return m
})

// lengths are those of the PDUs, by code.
var lengths = [...]int{1, 7, 7, 17, 17, 2, 17, 11, 17, 8, 17, 2, 65, 17, 2, 3}

// octets draws a PDU: mostly well-formed, else of a wrong length, with values
// out of range, or of a reserved code.
func octets(p *gopter.GenParameters) []byte {
	code := p.Rng.Intn(len(lengths))
	pdu := make([]byte, lengths[code])
	if p.Rng.Intn(6) == 0 {
		pdu = make([]byte, p.Rng.Intn(70))
	}
	p.Rng.Read(pdu)
	if len(pdu) == 0 {
		return pdu
	}
	pdu[0] = byte(code)
	if features := smp.PDUCode(code) <= smp.CodePairingResponse; features && len(pdu) == 7 && p.Rng.Intn(4) > 0 {
		copy(pdu[1:], []byte{pdu[1] % 5, pdu[2] % 2, pdu[3], 7 + pdu[4]%10, pdu[5] & 0x0f, pdu[6] & 0x0f})
	}
	return pdu
}

func role(p *gopter.GenParameters) bt.Role { return bt.Role(p.Rng.Intn(2)) }

func moves(draw func(*gopter.GenParameters) Move) gopter.Gen {
	return func(p *gopter.GenParameters) *gopter.GenResult {
		return gopter.NewGenResult(draw(p), gopter.NoShrinker)
	}
}
