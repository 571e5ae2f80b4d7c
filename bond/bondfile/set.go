package bondfile

import (
	"fmt"

	"blesmp/bond"
	"blesmp/bt"
)

// Set is what one file, or a folder of them, holds.
type Set struct {
	Identities []bond.LocalIdentity
	Bonds      []bond.Bond

	// Skipped tells, one line each, what Read left out of a folder because it
	// cannot be a bond.
	Skipped []string
}

// Format is one of the formats that the package knows.
type Format string

// The formats.
const (
	JSON    Format = "json"
	BlueZ   Format = "bluez"
	BLEHost Format = "ble-host"
)

// Formats lists all.
func Formats() []Format { return []Format{JSON, BlueZ, BLEHost} }

// ParseFormat finds a format by its name.
func ParseFormat(name string) (Format, error) {
	for _, f := range Formats() {
		if name == string(f) {
			return f, nil
		}
	}
	return "", fmt.Errorf("bondfile: there is no format %q; the formats are json, bluez and ble-host", name)
}

// Omits tells what of a bond the format has no place for; what is read back
// lacks it.
func (f Format) Omits(b *bond.Bond) []string {
	var omitted []string
	omit := func(what string, there bool) {
		if there {
			omitted = append(omitted, what)
		}
	}
	if f == JSON {
		return nil
	}
	omit("on-air address", !b.OnAir.IsZero())
	omit("association model", b.MITM && b.Model != bond.UnknownModel)
	omit("time of pairing", !b.Created.IsZero())
	omit("link key of the debug key or of legacy pairing", f == BlueZ && b.LinkKey != nil && (b.Debug || !b.SC))
	if f == BLEHost {
		omit("CSRKs", b.LocalCSRK != nil || b.PeerCSRK != nil)
		omit("link key", b.LinkKey != nil)
	}
	return omitted
}

// origin is a bond or an identity and where it was read.
type origin[T any] struct {
	place
	value T
}

// collection gathers what several files hold.
type collection struct {
	identities []origin[bond.LocalIdentity]
	bonds      []origin[bond.Bond]
	skipped    []string
}

// set refuses what could not all be in one store: two bonds of one address, or
// two IRKs of one identity. A bond below the key size is refused, too.
func (c *collection) set(minKeySize int) (*Set, error) {
	type name struct{ local, peer bt.TypedAddress }
	s := &Set{Skipped: c.skipped}
	bonds := map[name]place{}
	for _, b := range c.bonds {
		if b.value.KeySize < minKeySize {
			return nil, b.wrong("pair again, or accept shorter keys",
				"the bond with %v has a key of %d octets, fewer than %d", b.value.Peer, b.value.KeySize, minKeySize)
		}
		for _, address := range []bt.TypedAddress{b.value.Peer, b.value.OnAir} {
			if address.IsZero() {
				continue
			}
			n := name{b.value.Local, address}
			if old, ok := bonds[n]; ok {
				return nil, b.wrong("leave one of them out", "%v has a bond with %v already, in %s:%d", n.local, n.peer, old.file, old.line)
			}
			bonds[n] = b.place
		}
		s.Bonds = append(s.Bonds, b.value)
	}
	identities := map[bt.TypedAddress]place{}
	for _, l := range c.identities {
		if old, ok := identities[l.value.Address]; ok {
			return nil, l.wrong("leave one of them out", "the identity %v is there already, in %s:%d", l.value.Address, old.file, old.line)
		}
		identities[l.value.Address] = l.place
		s.Identities = append(s.Identities, l.value)
	}
	return s, nil
}
