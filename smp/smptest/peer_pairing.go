package smptest

import (
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/toolbox"
)

// passkeyRounds is how many bits a passkey has (Core Vol 3, Part H, 2.3.5.6.3).
const passkeyRounds = 20

// Script gives the steps of a pairing in which the peer does everything right
// and checks everything that the device sends: values, order and keys.
func (plan Plan) Script() Script {
	initiator := plan.Role == bt.Central
	s := plan.features(initiator)
	if plan.SC {
		s = append(s, plan.publicKeys(initiator)...)
		s = append(s, plan.stageOne(initiator)...)
		s = append(s, plan.stageTwo(initiator)...)
	} else {
		s = append(s, plan.legacy(initiator)...)
	}
	s = append(s, plan.encryption(initiator)...)
	return append(s, plan.distribution()...)
}

func (plan Plan) features(initiator bool) Script {
	response := smp.PairingResponse(plan.Features)
	if initiator {
		return Script{
			send("Pairing Request", func(p *Peer) []byte { return p.ownFeatures(plan.Features.AppendTo(nil)) }),
			receivePDU("Pairing Response", func(p *Peer, pdu *smp.PairingResponse) error {
				p.agree(bt.Peripheral, pdu.AppendTo(nil))
				return plan.check(p)
			}),
		}
	}
	return Script{
		receivePDU("Pairing Request", func(p *Peer, pdu *smp.PairingRequest) error {
			p.agree(bt.Central, pdu.AppendTo(nil))
			return nil
		}),
		send("Pairing Response", func(p *Peer) []byte { return p.ownFeatures(response.AppendTo(nil)) }),
	}
}

// ownFeatures keeps the peer's own feature PDU as it is sent.
func (p *Peer) ownFeatures(pdu []byte) []byte {
	p.agree(p.plan.Role, pdu)
	return pdu
}

// check holds a response against the request: it may distribute no key that was
// not asked for (Core Vol 3, Part H, 3.6.1).
func (plan Plan) check(p *Peer) error {
	request, response := p.exchange.AsSent[0], p.exchange.AsSent[1]
	if response[5]&^request[5] != 0 || response[6]&^request[6] != 0 {
		return fmt.Errorf("the response distributes keys 0x%02x and 0x%02x, the request had 0x%02x and 0x%02x", response[5], response[6], request[5], request[6])
	}
	return nil
}

func (plan Plan) publicKeys(initiator bool) Script {
	sent := send("Pairing Public Key", func(p *Peer) []byte {
		key := smp.PublicKey(p.exchange.Public[plan.Role])
		return key.AppendTo(nil)
	})
	received := receivePDU("Pairing Public Key", func(p *Peer, pdu *smp.PublicKey) error {
		p.exchange.Public[1-plan.Role] = toolbox.PublicKey(*pdu)
		if p.exchange.Public[0].SameX(p.exchange.Public[1]) {
			return nil // the script reflects
		}
		return p.computeDHKey()
	})
	if initiator {
		return Script{sent, received}
	}
	return Script{received, sent}
}

func (plan Plan) stageOne(initiator bool) Script {
	switch plan.Model {
	case smp.InitiatorTypes, smp.ResponderTypes, smp.BothType:
		return plan.passkeyEntry(initiator)
	case smp.OutOfBand:
		return plan.outOfBand(initiator)
	}
	return plan.numeric(initiator)
}

// numeric is Just Works and Numeric Comparison: only the responder commits.
func (plan Plan) numeric(initiator bool) Script {
	var s Script
	if initiator {
		s = Script{
			plan.receiveConfirm(""),
			plan.sendRandom(""),
			plan.receiveRandom("", 0),
		}
	} else {
		s = Script{
			plan.sendConfirm("", 0),
			plan.receiveRandomUnchecked(),
			plan.sendNonce(""),
		}
	}
	if plan.Model == smp.NumericComparison {
		s = append(s, Do("compare the number", func(p *Peer) error {
			x := &p.exchange
			number := toolbox.Digits(toolbox.G2(x.Public[0].X, x.Public[1].X, x.Nonce[0], x.Nonce[1]))
			if plan.Compare == nil {
				return nil
			}
			return plan.Compare(number)
		}))
	}
	return s
}

func (plan Plan) passkeyEntry(initiator bool) Script {
	s := Script{Do("learn the passkey", (*Peer).learnPasskey)}
	for round := range passkeyRounds {
		suffix := RoundSuffix(round)
		bit := func(p *Peer) byte { return 0x80 | byte(p.exchange.Passkey>>round&1) }
		sendConfirm := send("Pairing Confirm"+suffix, func(p *Peer) []byte {
			p.newNonce()
			return p.confirm(p.f4(plan.Role, bit(p)))
		})
		receiveRandom := receivePDU("Pairing Random"+suffix, func(p *Peer, pdu *smp.PairingRandom) error {
			p.exchange.Nonce[1-plan.Role] = pdu.Value
			return p.expect("confirm value", p.exchange.Confirm[1-plan.Role], p.f4(1-plan.Role, bit(p)))
		})
		if initiator {
			s = append(s, sendConfirm, plan.receiveConfirm(suffix), plan.sendNonce(suffix), receiveRandom)
		} else {
			s = append(s, plan.receiveConfirm(suffix), sendConfirm, receiveRandom, plan.sendNonce(suffix))
		}
	}
	return s
}

// RoundSuffix is what stands behind the names of the steps of one round of
// Passkey Entry, counted from 0.
func RoundSuffix(round int) string { return fmt.Sprintf(", round %d", round) }

func (plan Plan) outOfBand(initiator bool) Script {
	checked := Do("check the out-of-band data", func(p *Peer) error {
		p.useOOB()
		if plan.DeviceOOB == nil || p.exchange.AsSent[plan.Role][2] == 0 {
			return nil
		}
		x := p.exchange.Public[1-plan.Role].X
		return p.expect("out-of-band confirm value", plan.DeviceOOB.Confirm, toolbox.F4(x, x, plan.DeviceOOB.Random, 0))
	})
	if initiator {
		return Script{checked, plan.sendRandom(""), plan.receiveRandomUnchecked()}
	}
	return Script{checked, plan.receiveRandomUnchecked(), plan.sendRandom("")}
}

func (plan Plan) stageTwo(initiator bool) Script {
	sent := send("Pairing DHKey Check", func(p *Peer) []byte {
		check := smp.DHKeyCheck{Value: p.exchange.Check[plan.Role]}
		return check.AppendTo(nil)
	})
	received := receivePDU("Pairing DHKey Check", func(p *Peer, pdu *smp.DHKeyCheck) error {
		return p.expect("DHKey Check", pdu.Value, p.exchange.Check[1-plan.Role])
	})
	s := Script{Do("compute the keys", (*Peer).computeKeys)}
	if initiator {
		return append(s, sent, received)
	}
	return append(s, received, sent)
}

func (plan Plan) legacy(initiator bool) Script {
	var s Script
	switch plan.Model {
	case smp.InitiatorTypes, smp.ResponderTypes, smp.BothType:
		s = Script{Do("learn the passkey", (*Peer).learnPasskey)}
	}
	sendConfirm := send("Pairing Confirm", func(p *Peer) []byte {
		p.newNonce()
		return p.confirm(p.c1(p.exchange.Nonce[plan.Role]))
	})
	receiveRandom := receivePDU("Pairing Random", func(p *Peer, pdu *smp.PairingRandom) error {
		p.exchange.Nonce[1-plan.Role] = pdu.Value
		return p.expect("confirm value", p.exchange.Confirm[1-plan.Role], p.c1(pdu.Value))
	})
	if initiator {
		s = append(s, sendConfirm, plan.receiveConfirm(""), plan.sendNonce(""), receiveRandom)
	} else {
		s = append(s, plan.receiveConfirm(""), sendConfirm, receiveRandom, plan.sendNonce(""))
	}
	return append(s, Do("compute the key", (*Peer).computeSTK))
}

func (plan Plan) encryption(initiator bool) Script {
	on := Do("receive Encryption Change", func(p *Peer) error { return p.ReceiveEncryption(bt.Success) })
	if initiator {
		return Script{
			Do("LE Enable Encryption", func(p *Peer) error { return p.Encrypt(p.exchange.Key, 0, 0) }),
			on,
		}
	}
	return Script{
		Do("receive LE Long Term Key Request", func(p *Peer) error {
			r, err := p.ReceiveLTKRequest()
			if err == nil && (r.EDIV != 0 || r.Rand != 0) {
				err = fmt.Errorf("EDIV is 0x%04x and Rand 0x%016x, want zeros", r.EDIV, r.Rand)
			}
			return err
		}),
		Do("LE Long Term Key Request Reply", func(p *Peer) error { return p.ReplyLTK(p.exchange.Key) }),
		on,
	}
}

// sendConfirm commits to a new random.
func (plan Plan) sendConfirm(suffix string, z byte) Step {
	return send("Pairing Confirm"+suffix, func(p *Peer) []byte {
		p.newNonce()
		return p.confirm(p.f4(plan.Role, z))
	})
}

func (p *Peer) confirm(value [16]byte) []byte {
	p.exchange.Confirm[p.plan.Role] = value
	pdu := smp.PairingConfirm{Value: value}
	return pdu.AppendTo(nil)
}

func (plan Plan) receiveConfirm(suffix string) Step {
	return receivePDU("Pairing Confirm"+suffix, func(p *Peer, pdu *smp.PairingConfirm) error {
		p.exchange.Confirm[1-plan.Role] = pdu.Value
		return nil
	})
}

// sendRandom sends a new random, sendNonce the one that was committed to.
func (plan Plan) sendRandom(suffix string) Step {
	return send("Pairing Random"+suffix, func(p *Peer) []byte {
		p.newNonce()
		return p.random()
	})
}

func (plan Plan) sendNonce(suffix string) Step {
	return send("Pairing Random"+suffix, (*Peer).random)
}

func (p *Peer) random() []byte {
	pdu := smp.PairingRandom{Value: p.exchange.Nonce[p.plan.Role]}
	return pdu.AppendTo(nil)
}

func (plan Plan) receiveRandomUnchecked() Step {
	return receivePDU("Pairing Random", func(p *Peer, pdu *smp.PairingRandom) error {
		p.exchange.Nonce[1-plan.Role] = pdu.Value
		return nil
	})
}

// receiveRandom checks the confirm value that the random opens.
func (plan Plan) receiveRandom(suffix string, z byte) Step {
	return receivePDU("Pairing Random"+suffix, func(p *Peer, pdu *smp.PairingRandom) error {
		p.exchange.Nonce[1-plan.Role] = pdu.Value
		return p.expect("confirm value", p.exchange.Confirm[1-plan.Role], p.f4(1-plan.Role, z))
	})
}

// send makes a step that sends a PDU.
func send(name string, pdu func(p *Peer) []byte) Step {
	return Step{Name: "send " + name, PDU: func(p *Peer) ([]byte, error) { return pdu(p), nil }}
}

// receivePDU makes a step that receives a PDU and looks at it.
func receivePDU[T any, P interface {
	*T
	PDU
}](name string, look func(p *Peer, pdu P) error) Step {
	return Do("receive "+name, func(p *Peer) error {
		pdu := P(new(T))
		if err := p.Receive(pdu); err != nil {
			return err
		}
		return look(p, pdu)
	})
}
