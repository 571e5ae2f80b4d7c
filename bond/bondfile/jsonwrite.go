package bondfile

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"time"

	"blesmp/bond"
	"blesmp/bt"
)

// The structs that AppendJSON encodes.
type (
	fileJSON struct {
		Format     string         `json:"format"`
		Version    int            `json:"version"`
		Identities []identityJSON `json:"identities"`
		Bonds      []bondJSON     `json:"bonds"`
	}
	identityJSON struct {
		Address bt.TypedAddress `json:"address"`
		IRK     *keyJSON        `json:"irk,omitempty"`
	}
	bondJSON struct {
		Local     bt.TypedAddress  `json:"local"`
		Peer      bt.TypedAddress  `json:"peer"`
		OnAir     *bt.TypedAddress `json:"on_air,omitempty"`
		SC        bool             `json:"sc"`
		MITM      bool             `json:"mitm"`
		Debug     bool             `json:"debug,omitempty"`
		Model     *uint8           `json:"model,omitempty"`
		KeySize   int              `json:"key_size"`
		LocalLTK  *ltkJSON         `json:"local_ltk,omitempty"`
		PeerLTK   *ltkJSON         `json:"peer_ltk,omitempty"`
		PeerIRK   *keyJSON         `json:"peer_irk,omitempty"`
		LocalCSRK *csrkJSON        `json:"local_csrk,omitempty"`
		PeerCSRK  *csrkJSON        `json:"peer_csrk,omitempty"`
		LinkKey   *keyJSON         `json:"link_key,omitempty"`
		Created   *time.Time       `json:"created,omitempty"`
	}
	ltkJSON struct {
		Key  keyJSON `json:"key"`
		EDIV uint16  `json:"ediv"`
		Rand string  `json:"rand"`
	}
	csrkJSON struct {
		Key     keyJSON `json:"key"`
		Counter uint32  `json:"counter"`
	}
)

// keyJSON is a key that shows itself.
type keyJSON bt.Key

// MarshalText gives the key in hexadecimal.
func (k keyJSON) MarshalText() ([]byte, error) { return []byte(bt.Key(k).Reveal()), nil }

// AppendJSON appends a whole file with these identities and bonds. The error is
// bond.ErrInvalid.
func AppendJSON(dst []byte, s *Set) ([]byte, error) {
	file := fileJSON{Format: jsonFormat, Version: jsonVersion, Identities: []identityJSON{}, Bonds: []bondJSON{}}
	for _, l := range s.Identities {
		if err := l.Validate(); err != nil {
			return nil, err
		}
		file.Identities = append(file.Identities, identityJSON{l.Address, (*keyJSON)(l.IRK)})
	}
	for _, b := range s.Bonds {
		if err := b.Validate(); err != nil {
			return nil, err
		}
		file.Bonds = append(file.Bonds, toJSON(b))
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(append(dst, text...), '\n'), nil
}

func toJSON(b bond.Bond) bondJSON {
	b = b.Clone()
	to := bondJSON{
		Local: b.Local, Peer: b.Peer, SC: b.SC, MITM: b.MITM, Debug: b.Debug, KeySize: b.KeySize,
		LocalLTK: ltkToJSON(b.LocalLTK), PeerLTK: ltkToJSON(b.PeerLTK),
		PeerIRK: (*keyJSON)(b.PeerIRK), LinkKey: (*keyJSON)(b.LinkKey),
	}
	if !b.OnAir.IsZero() {
		to.OnAir = &b.OnAir
	}
	if b.Model <= 5 && (b.Model != 0) == b.MITM {
		to.Model = &b.Model
	}
	if b.LocalCSRK != nil {
		to.LocalCSRK = &csrkJSON{keyJSON(*b.LocalCSRK), b.LocalSignCounter}
	}
	if b.PeerCSRK != nil {
		to.PeerCSRK = &csrkJSON{keyJSON(*b.PeerCSRK), b.PeerSignCounter}
	}
	if !b.Created.IsZero() {
		created := b.Created.UTC()
		to.Created = &created
	}
	return to
}

func ltkToJSON(ltk *bond.LongTermKey) *ltkJSON {
	if ltk == nil {
		return nil
	}
	var octets [8]byte
	binary.BigEndian.PutUint64(octets[:], ltk.Rand)
	return &ltkJSON{keyJSON(ltk.Key), ltk.EDIV, hex.EncodeToString(octets[:])}
}
