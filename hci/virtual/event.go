package virtual

import (
	"blesmp/bt"
	"blesmp/hci"
)

const (
	aesCCM  = 0x01 // Encryption_Enabled of an encrypted LE link
	keySize = 16   // octets of every LTK that a link layer sees
)

// send queues an event, unless the host has masked it. The bit of an event on
// the first page of the mask is its code less one (Core Vol 4, Part E, 7.3.1).
func (c *Controller) send(e hci.Event) {
	switch code := e.EventCode(); code {
	case hci.EventCodeCommandComplete, hci.EventCodeCommandStatus, hci.EventCodeNumberOfCompletedPackets:
		// These cannot be masked.
	case hci.EventCodeEncryptionChangeV2:
		if !c.eventMaskPage2.EncryptionChangeV2() {
			return
		}
	default:
		if c.eventMask>>(code-1)&1 == 0 {
			return
		}
	}
	c.packet = hci.AppendEvent(c.packet[:0], e)
	c.push(c.packet)
}

// hears reports whether the host wants an LE meta event. Its bit in the mask is
// its code less one (Core Vol 4, Part E, 7.8.1).
func (c *Controller) hears(subevent hci.Subevent) bool {
	return c.eventMask.LEMeta() && c.leEventMask>>(subevent-1)&1 == 1
}

// sendLE queues an LE meta event, unless the host has masked it.
func (c *Controller) sendLE(e hci.LEEvent) {
	if !c.hears(e.Subevent()) {
		return
	}
	c.packet = hci.AppendLEEvent(c.packet[:0], e)
	c.push(c.packet)
}

// sendEncryptionChange reports an encryption in the newest form that the host
// wants (Core Vol 4, Part E, 7.7.8).
func (c *Controller) sendEncryptionChange(handle uint16, status bt.Status) {
	var enabled, size uint8
	if status == bt.Success {
		enabled, size = aesCCM, keySize
	}
	if c.eventMaskPage2.EncryptionChangeV2() {
		c.send(&hci.EncryptionChangeV2{
			Status: status, ConnectionHandle: handle, EncryptionEnabled: enabled, EncryptionKeySize: size,
		})
		return
	}
	c.send(&hci.EncryptionChange{Status: status, ConnectionHandle: handle, EncryptionEnabled: enabled})
}
