package conformance

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// sends gives the indexes of the steps that send a PDU before a step.
func sends(script smptest.Script, end string) []int {
	var indexes []int
	for i, step := range script {
		if step.Name == end {
			break
		}
		if step.PDU != nil {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// encryptionBegins is the peer's first step of encryption.
func (c course) encryptionBegins() string {
	if c.role == bt.Central {
		return "receive LE Long Term Key Request"
	}
	return "LE Enable Encryption"
}

// disorder is every PDU of the peer left out, sent twice or exchanged with the
// next one.
func disorder(role bt.Role) []round {
	var rounds []round
	for _, c := range courses(role) {
		c.plan.Trusting = true
		script := c.plan.Script()
		steps := sends(script, c.encryptionBegins())
		for n, i := range steps {
			name := script[i].Name
			if middleRound(name) {
				continue
			}
			twice := func(s smptest.Script) smptest.Script {
				again := smptest.Step{Name: name + " again", PDU: func(p *smptest.Peer) ([]byte, error) { return p.LastPDU(), nil }}
				return s[:i+1].Then(again)
			}
			rounds = append(rounds, round{fmt.Sprintf("%v: %s twice", c, name), fails(c, twice)})
			if n+1 == len(steps) {
				continue
			}
			next := script[steps[n+1]]
			ahead := func(s smptest.Script) smptest.Script { return s[:i].Then(next) }
			early := fails(c, ahead)
			if i == 0 && role == bt.Peripheral {
				early = ignores(c, ahead) // nothing has begun
			}
			rounds = append(rounds, round{fmt.Sprintf("%v: %s before %s", c, next.Name, name), early})
		}
	}
	return rounds
}

// fails is a round of disorder: no key, no bond, at most one Pairing Failed.
func fails(c course, change edit) func(*Stage) error {
	return func(s *Stage) error {
		if err := s.prepare(c); err != nil {
			return err
		}
		if err := s.play(c, change); err != nil {
			return err
		}
		s.settle()
		return s.endsBadly()
	}
}

// ignores is a round in which our device takes no notice.
func ignores(c course, change edit) func(*Stage) error {
	return func(s *Stage) error {
		if err := s.prepare(c); err != nil {
			return err
		}
		if err := s.play(c, change); err != nil {
			return err
		}
		return s.silent()
	}
}

// endsBadly takes what our device still sends and checks that the pairing is
// over without a bond. Just before encryption a key may be with the controller:
// then the link may not be encrypted.
func (s *Stage) endsBadly() error {
	pending, err := s.peer.Pending()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(pending, func(a smptest.Arrival) bool { return a.LTKRequest != nil }) {
		// Our device was faster: its controller lets nothing through before this.
		if err := s.peer.RejectLTK(); err != nil {
			return err
		}
		s.settle()
		rest, err := s.peer.Pending()
		if err != nil {
			return err
		}
		pending = append(pending, rest...)
	}
	failed := 0
	for _, a := range pending {
		switch {
		case len(a.PDU) > 0 && smp.PDUCode(a.PDU[0]) == smp.CodePairingFailed:
			failed++
		case a.Encryption != nil && a.Encryption.Status == bt.Success:
			return errors.New("the link is encrypted")
		}
	}
	if failed > 1 {
		return fmt.Errorf("our device has sent Pairing Failed %d times", failed)
	}
	if s.device == nil {
		return nil
	}
	failures, err := s.failures()
	switch {
	case err != nil:
		return err
	case len(failures) != 1:
		return fmt.Errorf("our device reports %d failures, want 1", len(failures))
	}
	return s.unchanged()
}

// failedEverywhere has the peer send Pairing Failed behind every step: it is
// never answered.
func failedEverywhere(role bt.Role) []round {
	c := newCourse(role, true, smp.JustWorks)
	rounds := named("idle", func(s *Stage) error {
		if err := s.prepare(c); err != nil {
			return err
		}
		for _, pdu := range [][]byte{{0x05, 0x08}, {0x05}, {0x05, 0x08, 0x00}} {
			if err := s.peer.SendPDU(pdu); err != nil {
				return err
			}
		}
		return s.silent()
	})
	for _, c := range courses(role) {
		script := c.plan.Script()
		for _, step := range script[1:] {
			if !isPDU(step.Name) || middleRound(step.Name) || strings.HasPrefix(step.Name, "receive") {
				continue
			}
			rounds = append(rounds, round{fmt.Sprintf("%v: in place of %s", c, step.Name), func(s *Stage) error {
				if err := s.prepare(c); err != nil {
					return err
				}
				return s.abort(c, step.Name, smp.UnspecifiedReason)
			}})
		}
	}
	return rounds
}

// lengths of the PDUs by code, the code octet included.
var lengths = map[smp.PDUCode]int{
	0x01: 7, 0x02: 7, 0x03: 17, 0x04: 17, 0x05: 2, 0x06: 17, 0x07: 11, 0x08: 17, 0x09: 8, 0x0a: 17, 0x0b: 2, 0x0c: 65, 0x0d: 17, 0x0e: 2,
}

// fuzz sends every code, in three lengths, in every state of a pairing.
func fuzz(role bt.Role) []round {
	c := newCourse(role, true, smp.NumericComparison).bonding(idKey, idKey)
	var rounds []round
	script := c.plan.Script()
	for i, step := range script {
		if !isPDU(step.Name) {
			continue
		}
		rounds = append(rounds, round{"after " + step.Name, func(s *Stage) error {
			return s.everyCode(c, func(p smptest.Script) smptest.Script { return p[:i+1] })
		}})
	}
	for seed := range uint64(8) {
		rounds = append(rounds, round{fmt.Sprintf("random walk %d", seed), func(s *Stage) error { return s.walk(c, seed) }})
	}
	return rounds
}

// everyCode plays a prefix of the course for every code and length, each time on
// a new link.
func (s *Stage) everyCode(c course, prefix edit) error {
	if err := s.prepare(c); err != nil {
		return err
	}
	for code := smp.PDUCode(0x00); code <= 0x10; code++ {
		right := max(lengths[code], 1)
		for _, n := range []int{right - 1, right, right + 1} {
			if n == 0 {
				continue
			}
			if err := s.oneCode(c, prefix, append([]byte{byte(code)}, make([]byte, n-1)...)); err != nil {
				return fmt.Errorf("code 0x%02x of %d octets: %w", uint8(code), n, err)
			}
		}
	}
	return nil
}

func (s *Stage) oneCode(c course, prefix edit, pdu []byte) error {
	if err := s.play(c, prefix); err != nil {
		return err
	}
	s.settle()
	if err := s.peer.SendPDU(pdu); err != nil {
		return err
	}
	s.settle()
	if err := s.atMostOneReport(); err != nil {
		return err
	}
	if err := s.leave(); err != nil {
		return err
	}
	s.clock.Sleep(waitingInterval)
	return s.connect(c.role)
}

// leave ends the link, whatever our device has sent before.
func (s *Stage) leave() error {
	if _, err := s.peer.Pending(); err != nil {
		return err
	}
	return s.disconnect()
}

// atMostOneReport checks what every wrong PDU may come to.
func (s *Stage) atMostOneReport() error {
	events, _, _ := s.device.happened(s.since)
	reports := 0
	for _, e := range events {
		switch e.(type) {
		case smp.PairingFailedEvent, smp.RequestRefusedEvent:
			reports++
		}
	}
	if reports > 1 {
		return fmt.Errorf("our device reports %d failures", reports)
	}
	return nil
}

// walk sends random PDUs, and then pairs: a device that has lost its way does
// not.
func (s *Stage) walk(c course, seed uint64) error {
	if err := s.prepare(c); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(seed, 0))
	if _, err := s.begin(c); err != nil {
		return err
	}
	for range 60 {
		code := smp.PDUCode(random.IntN(0x10))
		n := max(lengths[code], 1)
		if random.IntN(4) == 0 {
			n = 1 + random.IntN(66)
		}
		pdu := make([]byte, n)
		pdu[0] = byte(code)
		for i := 1; i < n; i++ {
			pdu[i] = byte(random.IntN(256))
			if n == 7 {
				pdu[i] &= 0x1f
			}
		}
		if err := s.peer.SendPDU(pdu); err != nil {
			return err
		}
		s.clock.Sleep(time.Duration(random.IntN(3000)) * time.Millisecond)
	}
	if err := s.keyless(); err != nil {
		return err
	}
	s.clock.Sleep(31 * time.Second)
	session, err := s.device.session()
	if err != nil {
		return err
	}
	if state := session.State(); !slices.Contains([]smp.State{smp.StateIdle, smp.StateMute}, state) {
		return fmt.Errorf("our device is in %v after 31 seconds of silence", state)
	}
	if err := s.leave(); err != nil {
		return err
	}
	s.clock.Sleep(waitingInterval)
	if err := s.connect(c.role); err != nil {
		return err
	}
	return s.succeed(c)
}

func orderAttacks() []Scenario {
	return []Scenario{
		{
			ID:     "A33/CVE-2022-46399",
			About:  "every PDU left out, sent twice or before its turn: never encrypted, nothing stored, one report",
			rounds: bothRoles(disorder),
		},
		{
			ID:     "A34/zephyr-4044",
			About:  "Pairing Failed in every state: silence",
			rounds: bothRoles(failedEverywhere),
		},
		{
			ID:     "A35/CVE-2023-45866",
			About:  "pairing that nobody wants: 0x05 where nobody may pair; Just Works asks where somebody can be asked, and 0x03 for no",
			rounds: uninvited(),
		},
		{
			ID:     "A36/BLEDiff-BSFuzzer",
			About:  "every code in every state and wrong length, and random walks: no panic, no stuck timer",
			rounds: bothRoles(fuzz),
		},
		{
			ID: "A37/erratum-26047", Versions: "Core 6.2 and earlier: signing is gone from Core 6.3",
			About:  "signed data sent again: the counter has to rise",
			rounds: replay(),
		},
	}
}
