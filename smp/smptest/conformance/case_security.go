package conformance

import (
	"errors"
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// requestSecurity has our peripheral send a Security Request, and checks it.
func (s *Stage) requestSecurity(r smp.SecurityRequirements, want smp.AuthReq) error {
	session, err := s.device.session()
	if err != nil {
		return err
	}
	if err := session.RequestSecurity(s.ctx, r); err != nil {
		return err
	}
	return s.peer.Continue(smptest.Script{smptest.Do("receive Security Request", func(p *smptest.Peer) error {
		var pdu smp.SecurityRequest
		if err := p.Receive(&pdu); err != nil {
			return err
		}
		if pdu.AuthReq != want {
			return fmt.Errorf("AuthReq is %v, want %v", pdu.AuthReq, want)
		}
		return nil
	})})
}

// sendSecurityRequest is a step of a peripheral peer.
func sendSecurityRequest(a smp.AuthReq) smptest.Step {
	pdu := smp.SecurityRequest{AuthReq: a}
	return smptest.SendOctets("Security Request", pdu.AppendTo(nil))
}

// asksFirst puts a Security Request before a course's script, and another one
// behind our Pairing Request where twice is set.
func asksFirst(a smp.AuthReq, twice bool) edit {
	return func(s smptest.Script) smptest.Script {
		first := smptest.Script{sendSecurityRequest(a)}
		if !twice {
			return append(first, s...)
		}
		i := s.Index("receive Pairing Request") + 1
		return append(append(append(first, s[:i]...), sendSecurityRequest(a)), s[i:]...)
	}
}

// answers is a course that our central begins since the peer asks for it.
func (c course) answers() course {
	c.unasked = true
	return c
}

func securityRequestCases() []Scenario {
	mitm := smp.AuthReq(0).WithBonding(1).WithMITM(true).WithSC(true)
	passkey := func(role bt.Role) course {
		return newCourse(role, true, smp.InitiatorTypes).bonding(idKey, idKey)
	}
	asks := func(twice bool) []round {
		c := passkey(bt.Central).answers()
		return one(func(s *Stage) error {
			if err := s.prepare(c); err != nil {
				return err
			}
			if err := s.play(c, asksFirst(mitm, twice)); err != nil {
				return err
			}
			return s.succeeded(c)
		})
	}
	notPairable := func(s *Stage) error {
		c := passkey(bt.Central).secured(smp.Policy{NotPairable: true})
		if err := s.prepare(c); err != nil {
			return err
		}
		if err := s.peer.Continue(smptest.Script{sendSecurityRequest(mitm), failedStep(smp.PairingNotSupported)}); err != nil {
			return err
		}
		return s.rejected(smp.PairingNotSupported)
	}
	return []Scenario{
		{
			ID:    "SM/PER/PIS/BV-01-C",
			About: "no bond: we send a Security Request with MITM, the central pairs",
			rounds: one(func(s *Stage) error {
				c := passkey(bt.Peripheral)
				if err := s.prepare(c); err != nil {
					return err
				}
				if err := s.requestSecurity(smp.SecurityRequirements{Bonding: true, MITM: true, SC: true}, mitm); err != nil {
					return err
				}
				return s.succeed(c)
			}),
		},
		{
			ID:     "SM/CEN/PIS/BV-02-C",
			About:  "a Security Request with MITM: we pair, or answer 0x05 where the policy lets nobody pair",
			rounds: all(asks(false), named("not pairable", notPairable)),
		},
		{
			ID:    "SM/PER/PIS/BV-02-C",
			About: "bonded, on a new link: we send a Security Request, the central encrypts",
			rounds: one(func(s *Stage) error {
				c := passkey(bt.Peripheral)
				if err := c.succeed(s); err != nil {
					return err
				}
				if err := s.reconnect(c.role); err != nil {
					return err
				}
				if err := s.requestSecurity(smp.SecurityRequirements{Bonding: true, MITM: true, SC: true}, mitm); err != nil {
					return err
				}
				return errors.Join(s.encryptBonded(c), s.resting(smp.StateIdle), s.unchanged())
			}),
		},
		{
			ID:     "SM/CEN/PIS/BV-03-C",
			About:  "no bond: our Pairing Request goes out; a second Security Request before the response is ignored, and the pairing completes",
			rounds: asks(true),
		},
	}
}
