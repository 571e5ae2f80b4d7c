package bondfile

import (
	"encoding/binary"
	"math"
	"strings"
	"time"

	"blesmp/bond"
	"blesmp/bt"
)

// The marks of this project's own files.
const (
	jsonFormat  = "blesmp bonds"
	jsonVersion = 1
)

// ParseJSON reads this project's own format, strictly. The error is an *Error.
func ParseJSON(file string, data []byte) (*Set, error) {
	c := &collection{}
	if err := c.json(file, data); err != nil {
		return nil, err
	}
	return c.set(0)
}

func (c *collection) json(file string, data []byte) error {
	root, err := parseJSON(file, data)
	if err != nil {
		return err
	}
	if err := checkHeader(root); err != nil {
		return err
	}
	identities, err := root.list("identities")
	if err != nil {
		return err
	}
	for _, n := range identities {
		l, err := n.identity()
		if err != nil {
			return err
		}
		c.identities = append(c.identities, origin[bond.LocalIdentity]{n.place, l})
	}
	bonds, err := root.list("bonds")
	if err != nil {
		return err
	}
	for _, n := range bonds {
		b, err := n.bond()
		if err != nil {
			return err
		}
		c.bonds = append(c.bonds, origin[bond.Bond]{n.place, b})
	}
	return nil
}

// checkHeader looks at the version first: what else is in a file of another
// version is not for this one to judge.
func checkHeader(root *node) error {
	if root.kind != "an object" {
		return root.want("an object")
	}
	format, err := root.need("format")
	if err != nil {
		return err
	}
	if format.value != jsonFormat {
		return format.wrong("choose a file that smp bonds export made, or name the format of this one", "format is not %q", jsonFormat)
	}
	version, err := root.need("version")
	if err != nil {
		return err
	}
	n, err := version.integer(1, math.MaxUint32)
	if err != nil {
		return err
	}
	if n != jsonVersion {
		return version.wrong("use the newer version of the program that wrote it", "version %d is not known, only %d", n, jsonVersion)
	}
	return root.object("format", "version", "identities", "bonds")
}

func (n *node) identity() (bond.LocalIdentity, error) {
	var l bond.LocalIdentity
	if err := n.object("address", "irk"); err != nil {
		return l, err
	}
	address, err := n.need("address")
	if err != nil {
		return l, err
	}
	if l.Address, err = address.address(); err != nil {
		return l, err
	}
	if l.IRK, err = n.key("irk"); err != nil {
		return l, err
	}
	if err := l.Validate(); err != nil {
		return l, n.invalid(err)
	}
	return l, nil
}

func (n *node) bond() (bond.Bond, error) {
	var b bond.Bond
	err := n.object("local", "peer", "on_air", "sc", "mitm", "debug", "model", "key_size",
		"local_ltk", "peer_ltk", "peer_irk", "local_csrk", "peer_csrk", "link_key", "created")
	if err != nil {
		return b, err
	}
	for _, read := range []func(*bond.Bond) error{n.addresses, n.level, n.keys, n.created} {
		if err := read(&b); err != nil {
			return b, err
		}
	}
	if err := b.Validate(); err != nil {
		return b, n.invalid(err)
	}
	return b, nil
}

func (n *node) addresses(b *bond.Bond) error {
	for _, a := range []struct {
		name string
		to   *bt.TypedAddress
		must bool
	}{{"local", &b.Local, true}, {"peer", &b.Peer, true}, {"on_air", &b.OnAir, false}} {
		m := n.member(a.name)
		if m == nil {
			if a.must {
				_, err := n.need(a.name)
				return err
			}
			continue
		}
		var err error
		if *a.to, err = m.address(); err != nil {
			return err
		}
	}
	return nil
}

// address reads an address that names its type.
func (n *node) address() (bt.TypedAddress, error) {
	text, err := n.text()
	if err != nil {
		return bt.TypedAddress{}, err
	}
	a, err := bt.ParseTypedAddress(text)
	if err != nil || !strings.Contains(text, "/") {
		return bt.TypedAddress{}, n.wrong("write it as C0:11:22:33:44:55/random or with /public", "%s is %q, no address with its type", n.name(), printable(text))
	}
	return a, nil
}

func (n *node) level(b *bond.Bond) error {
	for _, f := range []struct {
		name string
		to   *bool
	}{{"sc", &b.SC}, {"mitm", &b.MITM}, {"debug", &b.Debug}} {
		var err error
		if *f.to, err = n.flag(f.name); err != nil {
			return err
		}
	}
	b.Model = bond.UnknownModel
	if m := n.member("model"); m != nil {
		model, err := m.integer(0, 5)
		if err != nil {
			return err
		}
		b.Model = uint8(model)
		if (b.Model != 0) != b.MITM {
			return m.wrong(remedyJSON, "%s is %d, but mitm is %t; Just Works is 0 and alone has no MITM protection", m.name(), b.Model, b.MITM)
		}
	} else if !b.MITM {
		b.Model = 0
	}
	size, err := n.need("key_size")
	if err != nil {
		return err
	}
	octets, err := size.integer(bond.MinKeySize, bond.MaxKeySize)
	b.KeySize = int(octets)
	return err
}

func (n *node) keys(b *bond.Bond) error {
	var err error
	if b.LocalLTK, err = n.ltk("local_ltk"); err != nil {
		return err
	}
	if b.PeerLTK, err = n.ltk("peer_ltk"); err != nil {
		return err
	}
	if b.PeerIRK, err = n.key("peer_irk"); err != nil {
		return err
	}
	if b.LocalCSRK, b.LocalSignCounter, err = n.csrk("local_csrk"); err != nil {
		return err
	}
	if b.PeerCSRK, b.PeerSignCounter, err = n.csrk("peer_csrk"); err != nil {
		return err
	}
	b.LinkKey, err = n.key("link_key")
	return err
}

// key reads a member that is a key, nil where it is left out.
func (n *node) key(name string) (*bt.Key, error) {
	m := n.member(name)
	if m == nil {
		return nil, nil
	}
	text, err := m.text()
	if err != nil {
		return nil, err
	}
	k, err := parseKey(text)
	if err != nil {
		return nil, m.wrong("export the bond anew, with its keys", "%s is %v", m.name(), err)
	}
	return &k, nil
}

func (n *node) needKey() (bt.Key, error) {
	if _, err := n.need("key"); err != nil {
		return bt.Key{}, err
	}
	k, err := n.key("key")
	if err != nil {
		return bt.Key{}, err
	}
	return *k, nil
}

func (n *node) ltk(name string) (*bond.LongTermKey, error) {
	m := n.member(name)
	if m == nil {
		return nil, nil
	}
	if err := m.object("key", "ediv", "rand"); err != nil {
		return nil, err
	}
	var ltk bond.LongTermKey
	var err error
	if ltk.Key, err = m.needKey(); err != nil {
		return nil, err
	}
	if ediv := m.member("ediv"); ediv != nil {
		v, err := ediv.integer(0, math.MaxUint16)
		if err != nil {
			return nil, err
		}
		ltk.EDIV = uint16(v)
	}
	if r := m.member("rand"); r != nil {
		text, err := r.text()
		if err != nil {
			return nil, err
		}
		octets, err := parseOctets(text, 8, 8)
		if err != nil {
			return nil, r.wrong(remedyJSON, "%s is %v", r.name(), err)
		}
		ltk.Rand = binary.BigEndian.Uint64(octets)
	}
	return &ltk, nil
}

func (n *node) csrk(name string) (*bt.Key, uint32, error) {
	m := n.member(name)
	if m == nil {
		return nil, 0, nil
	}
	if err := m.object("key", "counter"); err != nil {
		return nil, 0, err
	}
	k, err := m.needKey()
	if err != nil {
		return nil, 0, err
	}
	var counter uint64
	if c := m.member("counter"); c != nil {
		if counter, err = c.integer(0, math.MaxUint32); err != nil {
			return nil, 0, err
		}
	}
	return &k, uint32(counter), nil
}

func (n *node) created(b *bond.Bond) error {
	m := n.member("created")
	if m == nil {
		return nil
	}
	text, err := m.text()
	if err != nil {
		return err
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return m.wrong("write it as 2024-02-29T23:59:59Z", "%s is %q, no time", m.name(), printable(text))
	}
	b.Created = t.UTC()
	return nil
}
