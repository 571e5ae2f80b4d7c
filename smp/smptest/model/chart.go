package model

import (
	"blesmp/bt"
	"blesmp/smp"
)

// Line is one PDU of a message chart: who sends it, and its code.
type Line struct {
	From bt.Role
	Code smp.PDUCode
}

// Chart gives the PDUs of an undisturbed pairing in order, as the message charts
// have them (Core Vol 3, Part H, appendix C). It is written from the charts and
// knows nothing of states.
func Chart(s Setup) []Line {
	c := chart{}
	c.add(bt.Central, smp.CodePairingRequest)
	c.add(bt.Peripheral, smp.CodePairingResponse)
	if s.SC {
		c.secure(s.Model)
	} else {
		c.exchange(1, smp.CodePairingConfirm, smp.CodePairingRandom)
	}
	for _, role := range []bt.Role{bt.Peripheral, bt.Central} {
		c.keys(role, s.keys(role))
	}
	return c.lines
}

type chart struct{ lines []Line }

func (c *chart) add(from bt.Role, codes ...smp.PDUCode) {
	for _, code := range codes {
		c.lines = append(c.lines, Line{from, code})
	}
}

// exchange adds rounds in which the initiator sends each PDU first.
func (c *chart) exchange(rounds int, codes ...smp.PDUCode) {
	for range rounds {
		for _, code := range codes {
			c.add(bt.Central, code)
			c.add(bt.Peripheral, code)
		}
	}
}

// secure is phase 2 of LE Secure Connections.
func (c *chart) secure(model smp.AssociationModel) {
	const passkeyRounds = 20
	c.exchange(1, smp.CodePublicKey)
	switch model {
	case smp.JustWorks, smp.NumericComparison:
		c.add(bt.Peripheral, smp.CodePairingConfirm)
		c.exchange(1, smp.CodePairingRandom)
	case smp.OutOfBand:
		c.exchange(1, smp.CodePairingRandom)
	default:
		c.exchange(passkeyRounds, smp.CodePairingConfirm, smp.CodePairingRandom)
	}
	c.exchange(1, smp.CodeDHKeyCheck)
}

// keys is what one side distributes.
func (c *chart) keys(from bt.Role, keys smp.KeyDistribution) {
	if keys.EncKey() {
		c.add(from, smp.CodeEncryptionInformation, smp.CodeCentralIdentification)
	}
	if keys.IdKey() {
		c.add(from, smp.CodeIdentityInformation, smp.CodeIdentityAddressInformation)
	}
	if keys.SignKey() {
		c.add(from, smp.CodeSigningInformation)
	}
}
