package model

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// Sequence is a Setup and the moves that are made on it: what a failed property
// is shrunk to. Its text is a line for the setup and a line for each move.
// Numbers are decimal, the octets of a PDU hexadecimal, and # begins a remark:
//
//	# what this is about
//	setup sc=true model=NumericComparison initiator=7 responder=7 seed=1 keypress
//	Begin central
//	Go central 12
//	Inject peripheral 0 0b0d
type Sequence struct {
	Setup Setup
	Moves []Move
}

// AppendTo appends the text.
func (s Sequence) AppendTo(b []byte) []byte {
	u := s.Setup
	b = fmt.Appendf(b, "setup sc=%v model=%s initiator=%d responder=%d seed=%d first=%v",
		u.SC, modelNames[u.Model], u.InitiatorKeys, u.ResponderKeys, u.Seed, u.FirstUser)
	for _, w := range u.words() {
		if *w.set {
			b = append(b, " "+w.name...)
		}
	}
	b = append(b, '\n')
	for _, m := range s.Moves {
		b = fmt.Appendf(b, "%v %v", m.Kind, m.Role)
		if m.N != 0 || m.PDU != "" {
			b = fmt.Appendf(b, " %d", m.N)
		}
		if m.PDU != "" {
			b = fmt.Appendf(b, " %x", m.PDU)
		}
		b = append(b, '\n')
	}
	return b
}

// ParseSequence reads the text of a Sequence. The error names the line.
func ParseSequence(text string) (Sequence, error) {
	var s Sequence
	begun, number := false, 0
	for line := range strings.Lines(text) {
		number++
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		var err error
		switch {
		case len(words) == 0:
			continue
		case !begun && words[0] == "setup":
			begun = true
			s.Setup, err = parseSetup(words[1:])
		case !begun:
			err = errors.New("the first line is not the setup")
		default:
			var m Move
			m, err = parseMove(words)
			s.Moves = append(s.Moves, m)
		}
		if err != nil {
			return Sequence{}, fmt.Errorf("model: line %d: %w", number, err)
		}
	}
	if !begun {
		return Sequence{}, errors.New("model: the sequence has no setup")
	}
	return s, nil
}

// modelNames are the names of the association models as the specification file
// has them, by number.
var modelNames = [...]string{"JustWorks", "InitiatorTypes", "ResponderTypes", "BothType", "NumericComparison", "OutOfBand"}

// word is a part of a Setup that is written as its name, where it is set.
type word struct {
	name string
	set  *bool
}

func (s *Setup) words() []word {
	return []word{
		{"nobonding", &s.NoBonding}, {"repairany", &s.RepairAny}, {"usersfirst", &s.UsersFirst},
		{"keypress", &s.Keypress}, {"unnumbered", &s.Unnumbered},
	}
}

func parseSetup(words []string) (Setup, error) {
	var s Setup
	for _, w := range words {
		key, value, valued := strings.Cut(w, "=")
		var err error
		switch {
		case !valued:
			i := slices.IndexFunc(s.words(), func(w word) bool { return w.name == key })
			if i < 0 {
				return Setup{}, fmt.Errorf("unknown word %q", key)
			}
			*s.words()[i].set = true
		case key == "sc":
			s.SC, err = strconv.ParseBool(value)
		case key == "model":
			i := slices.Index(modelNames[:], value)
			if i < 0 {
				return Setup{}, fmt.Errorf("unknown model %q", value)
			}
			s.Model = smp.AssociationModel(i)
		case key == "initiator":
			s.InitiatorKeys, err = parseKeys(value)
		case key == "responder":
			s.ResponderKeys, err = parseKeys(value)
		case key == "seed":
			s.Seed, err = strconv.ParseUint(value, 10, 64)
		case key == "first":
			s.FirstUser, err = parseRole(value)
		default:
			err = fmt.Errorf("unknown key %q", key)
		}
		if err != nil {
			return Setup{}, err
		}
	}
	if !s.SC && s.Model == smp.NumericComparison {
		return Setup{}, errors.New("legacy pairing has no numeric comparison")
	}
	return s, nil
}

func parseKeys(text string) (smp.KeyDistribution, error) {
	const all = smp.KeyDistributionEncKey | smp.KeyDistributionIdKey | smp.KeyDistributionSignKey
	n, err := strconv.ParseUint(text, 10, 8)
	if err == nil && n > uint64(all) {
		err = fmt.Errorf("keys %d: the largest is %d", n, all)
	}
	return smp.KeyDistribution(n), err
}

func parseRole(text string) (bt.Role, error) {
	for _, role := range []bt.Role{bt.Central, bt.Peripheral} {
		if text == role.String() {
			return role, nil
		}
	}
	return 0, fmt.Errorf("there is no role %q", text)
}

func parseMove(words []string) (Move, error) {
	kind := slices.Index(kindNames[:], words[0])
	if kind < 0 {
		return Move{}, fmt.Errorf("unknown move %q", words[0])
	}
	if len(words) < 2 || len(words) > 4 {
		return Move{}, errors.New("a move is its name, a role, and perhaps a number and octets")
	}
	m := Move{Kind: Kind(kind)}
	var err error
	if m.Role, err = parseRole(words[1]); err != nil {
		return Move{}, err
	}
	if len(words) > 2 {
		n, err := strconv.ParseUint(words[2], 10, 16)
		if err != nil {
			return Move{}, err
		}
		m.N = int(n)
	}
	if len(words) > 3 {
		pdu, err := hex.DecodeString(words[3])
		if err != nil {
			return Move{}, err
		}
		m.PDU = string(pdu)
	}
	return m, nil
}

// Play makes the moves and tells what was wrong, nil for nothing. Watch, where
// it is not nil, is told of every step; machine is nil for smp.Table().
func (s Sequence) Play(machine *table.Table, watch func(smptest.Moment) error) ([]string, error) {
	t, err := newTrial(s.Setup, machine, watch)
	if err != nil {
		return nil, err
	}
	for _, m := range s.Moves {
		t.apply(m)
		if problems := t.Problems(); len(problems) > 0 {
			return append([]string{m.String()}, problems...), nil
		}
	}
	return nil, nil
}

// ReadSequences reads every *.txt of a folder, in the order of their names.
func ReadSequences(folder string) ([]Sequence, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		return nil, err
	}
	var all []Sequence
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		s, err := ParseSequence(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, s)
	}
	return all, nil
}
