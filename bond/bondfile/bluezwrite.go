package bondfile

import (
	"encoding/hex"
	"fmt"
	"strings"

	"blesmp/bond"
	"blesmp/bt"
)

// AppendBlueZ appends the info file of a bond. What it has no place for is left
// out; see Format.Omits. The error is bond.ErrInvalid.
func AppendBlueZ(dst []byte, b *bond.Bond) ([]byte, error) {
	if err := b.Validate(); err != nil {
		return nil, err
	}
	w := &iniWriter{dst: dst}
	kind := "public"
	if b.Peer.Type == bt.RandomAddress {
		kind = "static"
	}
	w.group("General", "AddressType", kind, "SupportedTechnologies", "LE;", "Trusted", "false", "Blocked", "false")
	if b.PeerIRK != nil {
		w.group("IdentityResolvingKey", "Key", w.key(*b.PeerIRK))
	}
	if b.LocalCSRK != nil {
		w.group("LocalSignatureKey", "Key", w.key(*b.LocalCSRK), "Counter", b.LocalSignCounter, "Authenticated", b.MITM)
	}
	if b.PeerCSRK != nil {
		w.group("RemoteSignatureKey", "Key", w.key(*b.PeerCSRK), "Counter", bluezCounter(b.PeerSignCounter), "Authenticated", b.MITM)
	}
	if b.PeerLTK != nil && !b.SC {
		w.ltk("LongTermKey", b, b.PeerLTK)
	}
	if b.LocalLTK != nil {
		w.ltk("PeripheralLongTermKey", b, b.LocalLTK)
		w.ltk("SlaveLongTermKey", b, b.LocalLTK)
	}
	if b.LinkKey != nil && b.SC && !b.Debug {
		kind := bluezLinkKey
		if b.MITM {
			kind = bluezLinkKeyAuthenticated
		}
		w.group("LinkKey", "Key", w.key(*b.LinkKey), "Type", kind, "PINLength", 0)
	}
	return w.dst, nil
}

// bluezCounter gives the last value that was taken. BlueZ takes that one once
// more; 1 stays 1, since 0 would say that none was.
func bluezCounter(next uint32) uint32 {
	if next > 1 {
		return next - 1
	}
	return next
}

// AppendBlueZIdentity appends the identity file of an adapter.
func AppendBlueZIdentity(dst []byte, l *bond.LocalIdentity) ([]byte, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	if l.IRK == nil {
		return nil, fmt.Errorf("%w: local %v: no IRK", bond.ErrInvalid, l.Address)
	}
	w := &iniWriter{dst: dst}
	w.group("General", "IdentityResolvingKey", strings.ToLower(w.key(*l.IRK)))
	return w.dst, nil
}

// bluezKind gives the value of Authenticated.
func bluezKind(b *bond.Bond) int {
	switch {
	case b.Debug && b.SC:
		return bluezSCDebug
	case b.SC && b.MITM:
		return bluezSCAuthenticated
	case b.SC:
		return bluezSC
	case b.MITM:
		return bluezLegacyAuthenticated
	}
	return bluezLegacy
}

// iniWriter appends groups.
type iniWriter struct{ dst []byte }

func (w *iniWriter) group(name string, pairs ...any) {
	if len(w.dst) > 0 {
		w.dst = append(w.dst, '\n')
	}
	w.dst = fmt.Appendf(w.dst, "[%s]\n", name)
	for i := 0; i+1 < len(pairs); i += 2 {
		w.dst = fmt.Appendf(w.dst, "%v=%v\n", pairs[i], pairs[i+1])
	}
}

func (w *iniWriter) ltk(name string, b *bond.Bond, ltk *bond.LongTermKey) {
	w.group(name, "Key", w.key(ltk.Key), "Authenticated", bluezKind(b), "EncSize", b.KeySize, "EDiv", ltk.EDIV, "Rand", ltk.Rand)
}

// key gives a key as BlueZ writes it.
func (w *iniWriter) key(k bt.Key) string {
	return strings.ToUpper(hex.EncodeToString(wire(k, len(k))))
}
