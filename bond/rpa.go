package bond

import "blesmp/bt"

// Resolves reports whether address is a resolvable private address that was
// made from irk. A zero IRK resolves nothing (Core Vol 6, Part B, 1.3.2.3).
func Resolves(irk bt.Key, address bt.TypedAddress) bool {
	return address.IsResolvable() && find([]bt.Key{irk}, address.Address) == 0
}
