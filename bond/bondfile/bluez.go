package bondfile

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"blesmp/bond"
	"blesmp/bt"
)

// The values of Authenticated in BlueZ's files: the types that its management
// interface gives to LTKs.
const (
	bluezLegacy              = 0
	bluezLegacyAuthenticated = 1
	bluezSC                  = 2
	bluezSCAuthenticated     = 3
	bluezSCDebug             = 4
)

// The types of BlueZ's link keys that can come from an LTK.
const (
	bluezLinkKey              = 7 // P-256, unauthenticated
	bluezLinkKeyAuthenticated = 8 // P-256, authenticated
)

// ParseBlueZ reads the info file of one peer. The addresses are not in it: in
// BlueZ's folders they are the names of the folders, and the file adds the type
// of the peer's. The error is an *Error, which is ErrNoKeys where the file has
// no LE keys.
func ParseBlueZ(file string, data []byte, local bt.TypedAddress, peer bt.Address) (bond.Bond, error) {
	groups, err := parseINI(file, data)
	if err != nil {
		return bond.Bond{}, err
	}
	b := bond.Bond{Local: local, Peer: bt.TypedAddress{Address: peer}}
	info := &bluezInfo{file: file, groups: groups, bond: &b}
	for _, read := range []func() error{info.addressType, info.ltks, info.irk, info.csrks, info.linkKey} {
		if err := read(); err != nil {
			return bond.Bond{}, err
		}
	}
	if b.LocalLTK == nil && b.PeerLTK == nil && b.PeerIRK == nil && b.LocalCSRK == nil && b.PeerCSRK == nil {
		return bond.Bond{}, &Error{File: file, Problem: "no LE keys", Remedy: "pair the device over LE first, or choose the file of another", Err: ErrNoKeys}
	}
	if err := b.Validate(); err != nil {
		return bond.Bond{}, place{file, info.first}.invalid(err)
	}
	return b, nil
}

// bluezInfo is an info file while it is read.
type bluezInfo struct {
	file   string
	groups map[string]*group
	bond   *bond.Bond
	first  int // line of the first group with keys
}

// group gives a group that has a key, and checks what else is in it.
func (i *bluezInfo) group(name string, known ...string) (*group, error) {
	g := i.groups[name]
	if g == nil {
		return nil, nil
	}
	if i.first == 0 || g.line < i.first {
		i.first = g.line
	}
	unknown := value{}
	for _, v := range g.values {
		if !slices.Contains(known, v.key) && (unknown.line == 0 || v.line < unknown.line) {
			unknown = v
		}
	}
	if unknown.line != 0 {
		return nil, unknown.wrong("remove the line if you know that the key is good without it", "[%s] has a line %s that is not known", name, printable(unknown.key))
	}
	return g, nil
}

// number reads a decimal number that has to be there.
func (g *group) number(key string, low, high uint64) (uint64, error) {
	v, ok := g.values[key]
	if !ok {
		return 0, g.wrong(remedyINI, "[%s] has no %s", g.name, key)
	}
	n, err := strconv.ParseUint(v.text, 10, 64)
	if err != nil || n < low || n > high {
		return 0, v.wrong(remedyINI, "%s is %q, want a number from %d to %d", key, printable(v.text), low, high)
	}
	return n, nil
}

// flag reads a boolean that is false where it is left out.
func (g *group) flag(key string) (bool, error) {
	v, ok := g.values[key]
	switch {
	case !ok, v.text == "false", v.text == "0":
		return false, nil
	case v.text == "true", v.text == "1":
		return true, nil
	}
	return false, v.wrong(remedyINI, "%s is %q, want true or false", key, printable(v.text))
}

// key reads a key in the order of the wire. Old versions put 0x before it.
func (g *group) key(name string) (bt.Key, error) {
	v, ok := g.values[name]
	if !ok {
		return bt.Key{}, g.wrong(remedyINI, "[%s] has no %s", g.name, name)
	}
	k, err := parseWireKey(strings.TrimPrefix(v.text, "0x"))
	if err != nil {
		return bt.Key{}, v.wrong(remedyINI, "%s is %v", name, err)
	}
	return k, nil
}

func (i *bluezInfo) addressType() error {
	g := i.groups["General"]
	if g == nil {
		return nil
	}
	v, ok := g.values["AddressType"]
	switch {
	case !ok, v.text == "public":
		i.bond.Peer.Type = bt.PublicAddress
	case v.text == "static":
		i.bond.Peer.Type = bt.RandomAddress
	default:
		return v.wrong("write the one that the device has", "AddressType is %q, want public or static", printable(v.text))
	}
	return nil
}

// bluezLTK is one group with an LTK.
type bluezLTK struct {
	place
	name    string
	ltk     bond.LongTermKey
	kind    uint64 // Authenticated
	keySize int
	peers   bool // distributed by the peer
}

// ltks reads the three groups that can hold one.
func (i *bluezInfo) ltks() error {
	var all []bluezLTK
	for _, name := range []string{"LongTermKey", "PeripheralLongTermKey", "SlaveLongTermKey"} {
		g, err := i.group(name, "Key", "Authenticated", "EncSize", "EDiv", "Rand", "Master")
		if err != nil {
			return err
		}
		if g == nil {
			continue
		}
		l, err := g.ltk()
		if err != nil {
			return err
		}
		for _, other := range all {
			if err := l.agrees(&other); err != nil {
				return err
			}
		}
		all = append(all, l)
	}
	b := i.bond
	b.KeySize = bond.MaxKeySize
	b.MITM = len(all) > 0
	for _, l := range all {
		b.SC, b.Debug, b.KeySize = l.kind >= bluezSC, l.kind == bluezSCDebug, l.keySize
		b.MITM = b.MITM && (l.kind == bluezLegacyAuthenticated || l.kind == bluezSCAuthenticated)
		ltk := l.ltk
		if b.SC || l.peers {
			b.PeerLTK = &ltk
		}
		if own := ltk; b.SC || !l.peers {
			b.LocalLTK = &own
		}
	}
	if b.MITM {
		b.Model = bond.UnknownModel
	}
	return nil
}

// ltk reads the LTK of a group.
func (g *group) ltk() (bluezLTK, error) {
	l := bluezLTK{place: g.place, name: g.name, peers: g.name == "LongTermKey"}
	key, err := g.key("Key")
	if err != nil {
		return l, err
	}
	for _, n := range []struct {
		key       string
		low, high uint64
		to        func(uint64)
	}{
		{"Authenticated", bluezLegacy, bluezSCDebug, func(n uint64) { l.kind = n }},
		{"EncSize", bond.MinKeySize, bond.MaxKeySize, func(n uint64) { l.keySize = int(n) }},
		{"EDiv", 0, math.MaxUint16, func(n uint64) { l.ltk.EDIV = uint16(n) }},
	} {
		v, err := g.number(n.key, n.low, n.high)
		if err != nil {
			return l, err
		}
		n.to(v)
	}
	if l.ltk.Rand, err = g.rand(); err != nil {
		return l, err
	}
	if _, ok := g.values["Master"]; ok { // before the groups were split
		if l.peers, err = g.flag("Master"); err != nil {
			return l, err
		}
	}
	l.ltk.Key = cut(key, l.keySize) // as the kernel does before it uses the key
	return l, nil
}

// rand reads Rand: a number, or in old files 0x and the octets in the order of
// the wire.
func (g *group) rand() (uint64, error) {
	v, ok := g.values["Rand"]
	if text, old := strings.CutPrefix(v.text, "0x"); ok && old {
		octets, err := parseOctets(text, 8, 8)
		if err != nil {
			return 0, v.wrong(remedyINI, "Rand is %v", err)
		}
		return binary.LittleEndian.Uint64(octets), nil
	}
	return g.number("Rand", 0, math.MaxUint64)
}

// agrees holds two LTKs of one pairing against each other.
func (l *bluezLTK) agrees(other *bluezLTK) error {
	const remedy = "remove the group that is out of date"
	sc := l.kind >= bluezSC
	switch {
	case sc != (other.kind >= bluezSC) || sc && l.kind != other.kind:
		return l.wrong(remedy, "Authenticated is %d in [%s], but %d in [%s]", l.kind, l.name, other.kind, other.name)
	case l.keySize != other.keySize:
		return l.wrong(remedy, "EncSize is %d in [%s], but %d in [%s]", l.keySize, l.name, other.keySize, other.name)
	case !sc && l.peers != other.peers:
		return nil
	case !l.ltk.Key.Equal(other.ltk.Key) || l.ltk.EDIV != other.ltk.EDIV || l.ltk.Rand != other.ltk.Rand || l.kind != other.kind:
		return l.wrong(remedy, "[%s] and [%s] are one key, but differ", l.name, other.name)
	}
	return nil
}

func (i *bluezInfo) irk() error {
	g, err := i.group("IdentityResolvingKey", "Key")
	if err != nil || g == nil {
		return err
	}
	k, err := g.key("Key")
	if err == nil && !k.IsZero() {
		i.bond.PeerIRK = &k
	}
	return err
}

func (i *bluezInfo) csrks() error {
	for _, c := range []struct {
		name    string
		key     **bt.Key
		counter *uint32
	}{
		{"LocalSignatureKey", &i.bond.LocalCSRK, &i.bond.LocalSignCounter},
		{"RemoteSignatureKey", &i.bond.PeerCSRK, &i.bond.PeerSignCounter},
	} {
		g, err := i.group(c.name, "Key", "Counter", "Authenticated")
		if err != nil {
			return err
		}
		if g == nil {
			continue
		}
		k, err := g.key("Key")
		if err != nil {
			return err
		}
		counter, err := g.number("Counter", 0, math.MaxUint32-1)
		if err != nil {
			return err
		}
		if _, err := g.flag("Authenticated"); err != nil {
			return err
		}
		if k.IsZero() {
			continue
		}
		*c.key, *c.counter = &k, uint32(counter)
	}
	// BlueZ keeps the last value that it took; we keep the next that we take.
	if i.bond.PeerSignCounter > 0 {
		i.bond.PeerSignCounter++
	}
	return nil
}

// linkKey reads the BR/EDR key, if it is of a type that comes from an LTK.
func (i *bluezInfo) linkKey() error {
	g := i.groups["LinkKey"]
	if g == nil {
		return nil
	}
	switch g.values["Type"].text {
	case strconv.Itoa(bluezLinkKey), strconv.Itoa(bluezLinkKeyAuthenticated):
	default:
		return nil
	}
	k, err := g.key("Key")
	if err == nil && i.bond.SC && !k.IsZero() {
		i.bond.LinkKey = &k
	}
	return err
}

// ParseBlueZIdentity reads the identity file of an adapter: our own IRK.
func ParseBlueZIdentity(file string, data []byte, local bt.TypedAddress) (bond.LocalIdentity, error) {
	groups, err := parseINI(file, data)
	if err != nil {
		return bond.LocalIdentity{}, err
	}
	g := groups["General"]
	if g == nil {
		return bond.LocalIdentity{}, place{file: file}.wrong(remedyINI, "no group [General]")
	}
	k, err := g.key("IdentityResolvingKey")
	if err != nil {
		return bond.LocalIdentity{}, err
	}
	l := bond.LocalIdentity{Address: local, IRK: &k}
	if err := l.Validate(); err != nil {
		return bond.LocalIdentity{}, g.invalid(err)
	}
	return l, nil
}

// noKeys reports whether a file was left without an error of its own.
func noKeys(err error) bool { return errors.Is(err, ErrNoKeys) }
