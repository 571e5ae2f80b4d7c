package virtual

import (
	"crypto/ecdh"

	"blesmp/bt"
	"blesmp/hci"
)

// keyPair is the P-256 pair of LE Read Local P-256 Public Key: a new one for
// each command (Core Vol 4, Part E, 7.8.36).
type keyPair struct {
	private *ecdh.PrivateKey
}

func (c *Controller) leReadLocalP256PublicKey(*hci.LEReadLocalP256PublicKey) bt.Status {
	c.keys.private = c.air.newPrivateKey()
	public := c.keys.private.PublicKey().Bytes() // 0x04, X, Y
	complete := hci.LEReadLocalP256PublicKeyComplete{
		KeyXCoordinate: [32]byte(public[1:33]), KeyYCoordinate: [32]byte(public[33:]),
	}
	c.air.soon(func() { c.sendLE(&complete) })
	return bt.Success
}

// newPrivateKey draws scalars until one is below the order of the curve, which
// nearly all are.
func (a *Air) newPrivateKey() *ecdh.PrivateKey {
	for {
		var scalar [32]byte
		a.random(scalar[:])
		if key, err := ecdh.P256().NewPrivateKey(scalar[:]); err == nil {
			return key
		}
	}
}

// leGenerateDHKey needs a key pair first. A point that is not on the curve is
// answered in the event (Core Vol 4, Part E, 7.8.37).
func (c *Controller) leGenerateDHKey(cmd *hci.LEGenerateDHKey) bt.Status {
	if c.keys.private == nil {
		return bt.CommandDisallowed
	}
	complete := hci.LEGenerateDHKeyComplete{Status: bt.InvalidParameters}
	point := append([]byte{4}, cmd.KeyXCoordinate[:]...)
	point = append(point, cmd.KeyYCoordinate[:]...)
	if public, err := ecdh.P256().NewPublicKey(point); err == nil {
		if secret, err := c.keys.private.ECDH(public); err == nil {
			complete.Status, complete.DHKey = bt.Success, [32]byte(secret)
		}
	}
	c.air.soon(func() { c.sendLE(&complete) })
	return bt.Success
}
