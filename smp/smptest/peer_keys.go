package smptest

import (
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/toolbox"
)

// distribution is phase 3: the responder's keys, then the initiator's (Core
// Vol 3, Part H, 3.6.1).
func (plan Plan) distribution() Script {
	var s Script
	for _, side := range []bt.Role{bt.Peripheral, bt.Central} {
		keys := plan.Keys[side]
		if plan.SC {
			keys = keys.WithEncKey(false)
		}
		if side == plan.Role {
			s = append(s, sendKeys(keys)...)
		} else {
			s = append(s, receiveKeys(keys)...)
		}
	}
	return s
}

func sendKeys(keys smp.KeyDistribution) Script {
	var s Script
	if keys.EncKey() {
		s = append(s,
			send("Encryption Information", func(p *Peer) []byte {
				x := &p.exchange
				if short, err := toolbox.Shorten(x.Sent.LTK, x.KeySize); err == nil {
					x.Sent.LTK = short
				}
				pdu := smp.EncryptionInformation{LTK: x.Sent.LTK}
				return pdu.AppendTo(nil)
			}),
			send("Central Identification", func(p *Peer) []byte {
				pdu := smp.CentralIdentification{EDIV: p.exchange.Sent.EDIV, Rand: p.exchange.Sent.Rand}
				return pdu.AppendTo(nil)
			}))
	}
	if keys.IdKey() {
		s = append(s,
			send("Identity Information", func(p *Peer) []byte {
				pdu := smp.IdentityInformation{IRK: p.exchange.Sent.IRK}
				return pdu.AppendTo(nil)
			}),
			send("Identity Address Information", func(p *Peer) []byte {
				id := p.exchange.Sent.Identity
				pdu := smp.IdentityAddressInformation{AddressType: id.Type, Address: id.Address}
				return pdu.AppendTo(nil)
			}))
	}
	if keys.SignKey() {
		s = append(s, send("Signing Information", func(p *Peer) []byte {
			pdu := smp.SigningInformation{CSRK: p.exchange.Sent.CSRK}
			return pdu.AppendTo(nil)
		}))
	}
	return s
}

func receiveKeys(keys smp.KeyDistribution) Script {
	var s Script
	if keys.EncKey() {
		s = append(s,
			receivePDU("Encryption Information", func(p *Peer, pdu *smp.EncryptionInformation) error {
				p.exchange.Received.LTK = pdu.LTK
				short, err := toolbox.Shorten(pdu.LTK, p.exchange.KeySize)
				if err == nil && short != pdu.LTK {
					err = fmt.Errorf("the LTK is longer than %d octets", p.exchange.KeySize)
				}
				return err
			}),
			receivePDU("Central Identification", func(p *Peer, pdu *smp.CentralIdentification) error {
				p.exchange.Received.EDIV, p.exchange.Received.Rand = pdu.EDIV, pdu.Rand
				return nil
			}))
	}
	if keys.IdKey() {
		s = append(s,
			receivePDU("Identity Information", func(p *Peer, pdu *smp.IdentityInformation) error {
				p.exchange.Received.IRK = pdu.IRK
				return nil
			}),
			receivePDU("Identity Address Information", func(p *Peer, pdu *smp.IdentityAddressInformation) error {
				p.exchange.Received.Identity = bt.TypedAddress{Type: pdu.AddressType, Address: pdu.Address}
				return nil
			}))
	}
	if keys.SignKey() {
		s = append(s, receivePDU("Signing Information", func(p *Peer, pdu *smp.SigningInformation) error {
			p.exchange.Received.CSRK = pdu.CSRK
			return nil
		}))
	}
	return s
}
