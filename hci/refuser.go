package hci

import "blesmp/bt"

// refuser handles a link that nobody else does: it has no keys and refuses to
// pair, so that the peer need not wait.
type refuser struct{ link bt.Link }

// The SMP PDUs that begin something, and the answer (Core Vol 3, Part H, 3.3 and
// 3.5.5).
const (
	smpPairingRequest      = 0x01
	smpPairingFailed       = 0x05
	smpSecurityRequest     = 0x0b
	smpPairingNotSupported = 0x05
)

// HandleSMP answers what asks for a pairing with Pairing Not Supported.
func (r refuser) HandleSMP(pdu []byte) {
	if len(pdu) == 0 {
		return
	}
	asked := pdu[0] == smpPairingRequest && r.link.Role() == bt.Peripheral ||
		pdu[0] == smpSecurityRequest && r.link.Role() == bt.Central
	if asked {
		_, _ = r.link.SendSMP([]byte{smpPairingFailed, smpPairingNotSupported})
	}
}

// HandleLTKRequest has no key.
func (r refuser) HandleLTKRequest(uint64, uint16) { _ = r.link.RejectLTK() }

// HandleDelivered has nothing to do.
func (r refuser) HandleDelivered(uint64) {}

// HandleEncryption has nothing to do.
func (r refuser) HandleEncryption(bt.Status, bool, bool) {}

// HandleDisconnected has nothing to do.
func (r refuser) HandleDisconnected(bt.Status) {}
