package bondfile

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"blesmp/bond"
	"blesmp/bt"
)

// ParseBLEHost reads the keys.json of one peer. The addresses are not in it: in
// ble-host's folders they are the names of the folders. The error is an *Error,
// which is ErrNoKeys where the file has no key.
func ParseBLEHost(file string, data []byte, local, peer bt.TypedAddress) (bond.Bond, error) {
	root, err := parseJSON(file, data)
	if err != nil {
		return bond.Bond{}, err
	}
	if err := root.object("mitm", "sc", "irk", "localLtk", "peerLtk"); err != nil {
		return bond.Bond{}, err
	}
	b := bond.Bond{Local: local, Peer: peer, KeySize: bond.MaxKeySize}
	for _, f := range []struct {
		name string
		to   *bool
	}{{"mitm", &b.MITM}, {"sc", &b.SC}} {
		if _, err := root.need(f.name); err != nil {
			return bond.Bond{}, err
		}
		if *f.to, err = root.flag(f.name); err != nil {
			return bond.Bond{}, err
		}
	}
	if b.MITM {
		b.Model = bond.UnknownModel
	}
	if err := root.blehostKeys(&b); err != nil {
		return bond.Bond{}, err
	}
	if b.LocalLTK == nil && b.PeerLTK == nil && b.PeerIRK == nil {
		return bond.Bond{}, &Error{File: file, Problem: "no key", Remedy: "pair the device with bonding first, or choose the file of another", Err: ErrNoKeys}
	}
	if err := b.Validate(); err != nil {
		return bond.Bond{}, root.invalid(err)
	}
	return b, nil
}

func (n *node) blehostKeys(b *bond.Bond) error {
	if m := n.member("irk"); m != nil {
		text, err := m.text()
		if err != nil {
			return err
		}
		irk, err := parseWireKey(text)
		if err != nil {
			return m.wrong(remedyJSON, "irk is %v", err)
		}
		if !irk.IsZero() {
			b.PeerIRK = &irk
		}
	}
	own, ownSize, err := n.blehostLTK("localLtk", b.SC)
	if err != nil {
		return err
	}
	peers, peersSize, err := n.blehostLTK("peerLtk", b.SC)
	if err != nil {
		return err
	}
	b.LocalLTK, b.PeerLTK = own, peers
	switch {
	case own == nil && peers == nil:
	case b.SC && own != nil && peers != nil && ownSize != peersSize:
		return n.member("peerLtk").wrong("pair again", "localLtk and peerLtk are of different length")
	default:
		// A key of legacy pairing may end with zeros by chance, but not both.
		b.KeySize = max(ownSize, peersSize)
	}
	return nil
}

// blehostLTK reads an LTK and tells its size. Octets that are cut off are zero
// in a key of legacy pairing; where a whole key ends so by chance, its size is
// told too small, never too large.
func (n *node) blehostLTK(name string, sc bool) (*bond.LongTermKey, int, error) {
	m := n.member(name)
	if m == nil {
		return nil, 0, nil
	}
	if err := m.object("rand", "ediv", "ltk"); err != nil {
		return nil, 0, err
	}
	var ltk bond.LongTermKey
	random, _, err := m.octets("rand", 8, 8)
	if err != nil {
		return nil, 0, err
	}
	ltk.Rand = binary.LittleEndian.Uint64(random)
	ediv, err := m.need("ediv")
	if err != nil {
		return nil, 0, err
	}
	v, err := ediv.integer(0, math.MaxUint16)
	if err != nil {
		return nil, 0, err
	}
	ltk.EDIV = uint16(v)
	key, at, err := m.octets("ltk", bond.MinKeySize, bond.MaxKeySize)
	if err != nil {
		return nil, 0, err
	}
	size := len(key)
	for !sc && size > bond.MinKeySize && key[size-1] == 0 {
		size--
	}
	slices.Reverse(key)
	copy(ltk.Key[len(ltk.Key)-len(key):], key)
	if ltk.Key.IsZero() {
		return nil, 0, at.wrong("pair again", "%s is zero", at.name())
	}
	return &ltk, size, nil
}

// octets reads a member that is hexadecimal.
func (n *node) octets(name string, low, high int) ([]byte, *node, error) {
	m, err := n.need(name)
	if err != nil {
		return nil, nil, err
	}
	text, err := m.text()
	if err != nil {
		return nil, nil, err
	}
	octets, err := parseOctets(text, low, high)
	if err != nil {
		return nil, nil, m.wrong(remedyJSON, "%s is %v", m.name(), err)
	}
	return octets, m, nil
}

// The structs that AppendBLEHost encodes, members in ble-host's order.
type (
	blehostJSON struct {
		MITM     bool            `json:"mitm"`
		SC       bool            `json:"sc"`
		IRK      *string         `json:"irk"`
		LocalLTK *blehostLTKJSON `json:"localLtk"`
		PeerLTK  *blehostLTKJSON `json:"peerLtk"`
	}
	blehostLTKJSON struct {
		Rand string `json:"rand"`
		EDIV uint16 `json:"ediv"`
		LTK  string `json:"ltk"`
	}
)

// AppendBLEHost appends the keys.json of a bond. What it has no place for is
// left out; see Format.Omits. The error is bond.ErrInvalid, also for a bond of
// the debug key, which ble-host would take for a good one.
func AppendBLEHost(dst []byte, b *bond.Bond) ([]byte, error) {
	if err := b.Validate(); err != nil {
		return nil, err
	}
	if b.Debug {
		return nil, fmt.Errorf("%w: peer %v: the keys come from the debug key, which ble-host has no mark for", bond.ErrInvalid, b.Peer)
	}
	file := blehostJSON{MITM: b.MITM, SC: b.SC, LocalLTK: blehostFromLTK(b, b.LocalLTK), PeerLTK: blehostFromLTK(b, b.PeerLTK)}
	if b.PeerIRK != nil {
		irk := hex.EncodeToString(wire(*b.PeerIRK, len(b.PeerIRK)))
		file.IRK = &irk
	}
	text, err := json.Marshal(file)
	if err != nil {
		return nil, err
	}
	return append(dst, text...), nil
}

func blehostFromLTK(b *bond.Bond, ltk *bond.LongTermKey) *blehostLTKJSON {
	if ltk == nil {
		return nil
	}
	return &blehostLTKJSON{
		Rand: hex.EncodeToString(binary.LittleEndian.AppendUint64(nil, ltk.Rand)),
		EDIV: ltk.EDIV,
		LTK:  hex.EncodeToString(wire(ltk.Key, b.KeySize)),
	}
}

// blehostFolder names the folder of an address.
func blehostFolder(a bt.TypedAddress) string {
	return fmt.Sprintf("%02x-%s", uint8(a.Type), strings.ReplaceAll(a.Address.String(), ":", "-"))
}

// parseBLEHostFolder reads such a name.
func parseBLEHostFolder(name string) (bt.TypedAddress, bool) {
	kind, rest, found := strings.Cut(name, "-")
	address, err := bt.ParseAddress(strings.ReplaceAll(rest, "-", ":"))
	if !found || err != nil || kind != "00" && kind != "01" {
		return bt.TypedAddress{}, false
	}
	return bt.TypedAddress{Type: bt.AddressType(kind[1] - '0'), Address: address}, true
}
