//go:build interop

package interop

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"blesmp/bt"
	"blesmp/smp"
)

// hear takes a line of the guest.
func (l *linux) hear(_ *guest, e guestEvent) {
	switch e.Event {
	case "ready":
		close(l.ready)
	case "mgmt":
		b, err := hex.DecodeString(e.Data)
		if err != nil || len(b) < 6 {
			l.feed.put(told{kind: trouble, text: "mgmt packet " + e.Data})
			return
		}
		l.hearMgmt(binary.LittleEndian.Uint16(b), b[6:])
	case "connected", "accepted":
		l.opened(e)
	case "done":
		l.feed.put(told{kind: "done"})
	case "error":
		l.feed.put(told{kind: trouble, text: e.Error})
	}
}

// hearMgmt takes a management event.
func (l *linux) hearMgmt(event uint16, b []byte) {
	switch event {
	case 0x0001, 0x0002: // Command Complete, Command Status
		if len(b) >= 3 {
			a := mgmtAnswer{binary.LittleEndian.Uint16(b), b[2], slices.Clone(b[3:])}
			if a.opcode == mgmtPairDevice {
				l.paired(a.status)
				return
			}
			l.answers <- a
		}
	case 0x0004: // Index Added
		l.feed.put(told{kind: "index"})
	case 0x000a:
		l.newLTK(b)
	case 0x000b:
		l.mu.Lock()
		l.peer = wireTyped(b)
		l.mu.Unlock()
		l.feed.put(told{kind: connected, who: wireTyped(b)})
	case 0x000c:
		l.feed.put(told{kind: disconnected, who: wireTyped(b), status: bt.Status(b[7])})
	case 0x000f:
		l.feed.put(told{kind: compareNumber, who: wireTyped(b), hint: b[7] == 1, passkey: smp.Passkey(binary.LittleEndian.Uint32(b[8:]))})
	case 0x0010:
		l.feed.put(told{kind: enterPasskey, who: wireTyped(b)})
	case 0x0011:
		l.feed.put(told{kind: pairingFailed, who: wireTyped(b), status: bt.Status(b[7])})
	case 0x0017:
		if b[11] == 0 {
			l.feed.put(told{kind: displayPasskey, who: wireTyped(b), passkey: smp.Passkey(binary.LittleEndian.Uint32(b[7:]))})
		}
	case 0x0018:
		l.newIRK(b)
	case 0x0019:
		l.newCSRK(b)
	}
}

// paired reports what came of Pair Device. Status 0x05 is every failure there is.
func (l *linux) paired(status uint8) {
	if status == 0 {
		l.feed.put(told{kind: complete})
		return
	}
	l.feed.put(told{kind: pairingFailed, text: fmt.Sprintf("Pair Device: status 0x%02x", status)})
}

// entry gives what is kept of a peer, made if need be; l.mu is held.
func (l *linux) entry(who bt.TypedAddress) *foreignBond {
	if l.bonds[who] == nil {
		l.bonds[who] = &foreignBond{}
	}
	return l.bonds[who]
}

// newLTK takes New Long Term Key.
func (l *linux) newLTK(b []byte) {
	who, kind, central := wireTyped(b[1:]), b[8], b[9] == 1
	ltk := &smp.LongTermKey{
		Key:  wireKey(b[21:37]),
		EDIV: binary.LittleEndian.Uint16(b[11:]),
		Rand: binary.LittleEndian.Uint64(b[13:]),
	}
	l.mu.Lock()
	x := l.entry(who)
	x.MITM, x.SC, x.level = kind&1 == 1, kind >= 2, true
	if x.SC || central {
		x.PeerLTK = ltk
	}
	if x.SC || !central {
		x.LocalLTK = ltk
	}
	l.mu.Unlock()
	l.feed.put(told{kind: "key"})
}

// newIRK takes New Identity Resolving Key, which says whose the address on the
// air is.
func (l *linux) newIRK(b []byte) {
	onAir := bt.TypedAddress{Type: bt.RandomAddress, Address: wireTyped(b[1:]).Address}
	who := wireTyped(b[7:])
	irk := wireKey(b[14:30])
	l.mu.Lock()
	l.irks[onAir] = who
	if !irk.IsZero() {
		l.entry(who).PeerIRK = &irk
	}
	l.mu.Unlock()
	l.feed.put(told{kind: "key"})
}

// newCSRK takes New Signature Resolving Key.
func (l *linux) newCSRK(b []byte) {
	who, kind := wireTyped(b[1:]), b[8]
	csrk := wireKey(b[9:25])
	l.mu.Lock()
	if x := l.entry(who); kind&1 == 0 {
		x.LocalCSRK = &csrk
	} else {
		x.PeerCSRK = &csrk
	}
	l.mu.Unlock()
	l.feed.put(told{kind: "key"})
}

func (l *linux) bond(who bt.TypedAddress) (*foreignBond, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bonds[who]
	if b == nil {
		return nil, nil
	}
	copied := *b
	return &copied, nil
}

// wireAddress gives an address least significant octet first.
func wireAddress(a bt.Address) []byte { return reversed(a[:]) }

// wireTyped reads an address and the type that mgmt gives it: 1 public, 2 random.
func wireTyped(b []byte) bt.TypedAddress {
	a := bt.TypedAddress{Address: bt.Address(reversed(b[:6]))}
	if b[6] == 2 {
		a.Type = bt.RandomAddress
	}
	return a
}

func mgmtAddress(a bt.TypedAddress) []byte { return append(wireAddress(a.Address), mgmtType(a)) }

func mgmtType(a bt.TypedAddress) byte { return byte(a.Type) + 1 }

func wireKey(b []byte) bt.Key { return bt.Key(reversed(b)) }

func reversed(b []byte) []byte {
	b = slices.Clone(b)
	slices.Reverse(b)
	return b
}
