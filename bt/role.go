package bt

import "fmt"

// Role is the side of a link that a device has, with HCI's values (Core Vol 4,
// Part E, 7.7.65.1). The central is the initiator of a pairing, the peripheral
// the responder (Core Vol 3, Part H, 2.1).
type Role uint8

// The two roles.
const (
	Central    Role = 0x00
	Peripheral Role = 0x01
)

// String gives "central" or "peripheral".
func (r Role) String() string {
	switch r {
	case Central:
		return "central"
	case Peripheral:
		return "peripheral"
	}
	return fmt.Sprintf("Role(0x%02x)", uint8(r))
}
