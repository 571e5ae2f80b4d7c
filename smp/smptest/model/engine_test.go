package model_test

import (
	"encoding/hex"
	"path/filepath"
	"testing"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest/model"
)

// sequenceOf reads octets as a setup and moves: seven octets of setup, then for
// each move its kind and role, a number, and for an injected PDU a length and
// octets. Every input is a sequence.
func sequenceOf(octets []byte) model.Sequence {
	next := func() (b byte) {
		if len(octets) > 0 {
			b, octets = octets[0], octets[1:]
		}
		return b
	}
	flags := next()
	s := model.Sequence{Setup: model.Setup{
		SC: flags&1 != 0, NoBonding: flags&2 != 0, RepairAny: flags&4 != 0, UsersFirst: flags&8 != 0, Keypress: flags&16 != 0,
		FirstUser: bt.Role(flags >> 5 & 1), Model: smp.AssociationModel(next() % 6), Seed: uint64(next()),
		InitiatorKeys: smp.KeyDistribution(next() & 7), ResponderKeys: smp.KeyDistribution(next() & 7),
	}}
	if !s.Setup.SC && s.Setup.Model == smp.NumericComparison {
		s.Setup.Model = smp.BothType
	}
	const most = 60
	for len(octets) > 0 && len(s.Moves) < most {
		kind := next()
		m := model.Move{Kind: model.Kind(kind & 0x7f % 23), Role: bt.Role(kind >> 7), N: int(next())}
		if m.Kind == model.Inject {
			n := min(int(next()), len(octets))
			m.PDU, octets = string(octets[:n]), octets[n:]
		}
		s.Moves = append(s.Moves, m)
	}
	return s
}

// FuzzEngine turns octets into moves on two linked Procedures, and holds both
// to the rules of smptest and to the executor.
func FuzzEngine(f *testing.F) {
	for _, seed := range []string{
		"0104010707" + "0000" + "0700",                         // numeric comparison, to its end
		"0002020303" + "0000" + "0304" + "0800020508" + "0700", // legacy, and a forged Pairing Failed
		"1502030707" + "0000" + "030c" + "8601" + "0700",       // passkey with keypresses
		"0100040000" + "0000" + "0900" + "030a" + "0f00",       // an octet altered, then a request for the key
	} {
		octets, err := hex.DecodeString(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(octets)
	}
	spec := load(f)
	f.Fuzz(func(t *testing.T, octets []byte) {
		s := sequenceOf(octets)
		problems, err := s.Play(nil, spec.Follow().Step)
		if err != nil {
			t.Fatal(err)
		}
		if len(problems) > 0 {
			t.Errorf("%q\nsave this under %s:\n%s", problems, filepath.ToSlash(sequences), s.AppendTo(nil))
		}
	})
}
