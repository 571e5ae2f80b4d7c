package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
)

// printJSON prints one line.
func printJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// bondLine is a bond as --json shows it.
type bondLine struct {
	Kind    string           `json:"kind"` // "bond"
	Local   bt.TypedAddress  `json:"local"`
	Peer    bt.TypedAddress  `json:"peer"`
	OnAir   *bt.TypedAddress `json:"on_air,omitempty"`
	SC      bool             `json:"sc"`
	MITM    bool             `json:"mitm"`
	Debug   bool             `json:"debug,omitempty"`
	Model   string           `json:"model"`
	KeySize int              `json:"key_size"`
	Keys    []keyLine        `json:"keys"`
	Created *time.Time       `json:"created,omitempty"`
}

// keyLine is one key of a bond or an identity.
type keyLine struct {
	Name    string  `json:"name"`
	Key     string  `json:"key"` // hidden without --show-keys
	EDIV    *uint16 `json:"ediv,omitempty"`
	Rand    string  `json:"rand,omitempty"`
	Counter *uint32 `json:"counter,omitempty"`
}

// identityLine is one of our own identities.
type identityLine struct {
	Kind    string          `json:"kind"` // "identity"
	Address bt.TypedAddress `json:"address"`
	Keys    []keyLine       `json:"keys"`
}

// shown gives a key as text.
//
//vet:reveals the user has asked for it with --show-keys
func (o *bondsOptions) shown(k bt.Key) string {
	if o.showKeys {
		return k.Reveal()
	}
	return k.String()
}

func (o *bondsOptions) line(b *bond.Bond) bondLine {
	l := bondLine{
		Kind: "bond", Local: b.Local, Peer: b.Peer, SC: b.SC, MITM: b.MITM, Debug: b.Debug,
		Model: modelName(b), KeySize: b.KeySize, Keys: o.keys(b),
	}
	if !b.OnAir.IsZero() {
		l.OnAir = &b.OnAir
	}
	if !b.Created.IsZero() {
		l.Created = &b.Created
	}
	return l
}

// keys lists what a bond holds. Secure Connections have one LTK for both sides.
func (o *bondsOptions) keys(b *bond.Bond) []keyLine {
	keys := []keyLine{}
	for _, ltk := range []struct {
		name string
		key  *bond.LongTermKey
	}{{"own LTK", b.LocalLTK}, {"peer's LTK", b.PeerLTK}} {
		switch {
		case ltk.key == nil, b.SC && len(keys) > 0:
		case b.SC:
			keys = append(keys, keyLine{Name: "LTK", Key: o.shown(ltk.key.Key)})
		default:
			keys = append(keys, keyLine{Name: ltk.name, Key: o.shown(ltk.key.Key), EDIV: &ltk.key.EDIV, Rand: fmt.Sprintf("%016x", ltk.key.Rand)})
		}
	}
	for _, k := range []struct {
		name    string
		key     *bt.Key
		counter *uint32
	}{
		{"peer's IRK", b.PeerIRK, nil},
		{"own CSRK", b.LocalCSRK, &b.LocalSignCounter},
		{"peer's CSRK", b.PeerCSRK, &b.PeerSignCounter},
		{"link key", b.LinkKey, nil},
	} {
		if k.key != nil {
			keys = append(keys, keyLine{Name: k.name, Key: o.shown(*k.key), Counter: k.counter})
		}
	}
	return keys
}

func (o *bondsOptions) identityLine(l *bond.LocalIdentity) identityLine {
	line := identityLine{Kind: "identity", Address: l.Address, Keys: []keyLine{}}
	if l.IRK != nil {
		line.Keys = append(line.Keys, keyLine{Name: "own IRK", Key: o.shown(*l.IRK)})
	}
	return line
}

func (k keyLine) String() string {
	s := k.Key
	if k.EDIV != nil {
		s += fmt.Sprintf(", EDIV 0x%04x, Rand 0x%s", *k.EDIV, k.Rand)
	}
	if k.Counter != nil {
		s += fmt.Sprintf(", counter %d", *k.Counter)
	}
	return s
}

// keyNames lists keys in short.
func keyNames(keys []keyLine) string {
	var list []string
	for _, k := range keys {
		list = append(list, k.Name)
	}
	return strings.Join(list, ", ")
}

// modelName names the association model, which an imported bond may not tell.
func modelName(b *bond.Bond) string {
	if b.Model == bond.UnknownModel {
		return "unknown"
	}
	return smp.AssociationModel(b.Model).String()
}

// protection says whether a bond protects against a person in the middle.
func protection(b *bond.Bond) string {
	switch {
	case b.Debug:
		return "none: debug key"
	case b.MITM:
		return "MITM"
	}
	return "no MITM"
}

func pairing(b *bond.Bond) string {
	if b.SC {
		return "LE Secure Connections"
	}
	return "legacy pairing"
}

func paired(b *bond.Bond) string {
	if b.Created.IsZero() {
		return "unknown"
	}
	return b.Created.UTC().Format("2006-01-02 15:04:05 UTC")
}

func listBonds(s streams, o *bondsOptions, _ []string) error {
	return withBonds(o, func(store bond.Store) error {
		bonds, damaged := o.read(store)
		identities, err := store.Identities()
		if err != nil {
			return storeError(err)
		}
		if o.json {
			for _, b := range bonds {
				if err := printJSON(s.out, o.line(&b)); err != nil {
					return err
				}
			}
			for _, l := range identities {
				if err := printJSON(s.out, o.identityLine(&l)); err != nil {
					return err
				}
			}
			return damaged
		}
		if err := o.table(s.out, bonds, identities); err != nil {
			return err
		}
		return damaged
	})
}

// table prints bonds, and below them our identities.
func (o *bondsOptions) table(w io.Writer, bonds []bond.Bond, identities []bond.LocalIdentity) error {
	if len(bonds) == 0 {
		path, err := bondPath(o.bonds)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "no bonds in %s\n", path); err != nil {
			return err
		}
	} else {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprint(t, "PEER\tLOCAL\tPAIRING\tMODEL\tPROTECTION\tSIZE\tKEYS\tPAIRED\n")
		for _, b := range bonds {
			fmt.Fprintf(t, "%v\t%v\t%s\t%s\t%s\t%d\t%s\t%s\n",
				b.Peer, b.Local, pairing(&b), modelName(&b), protection(&b), b.KeySize, keyNames(o.keys(&b)), paired(&b))
		}
		if err := t.Flush(); err != nil {
			return err
		}
		if o.showKeys {
			for _, b := range bonds {
				for _, k := range o.keys(&b) {
					fmt.Fprintf(w, "%v %s: %v\n", b.Peer, k.Name, k)
				}
			}
		}
	}
	for _, l := range identities {
		line := "own identity " + l.Address.String()
		if l.IRK != nil {
			line += ", IRK " + o.shown(*l.IRK)
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

func showBond(s streams, o *bondsOptions, args []string) error {
	p, err := parsePeerArgument(args[0])
	if err != nil {
		return err
	}
	return withBonds(o, func(store bond.Store) error {
		b, err := o.one(store, p)
		if err != nil {
			return err
		}
		if o.json {
			return printJSON(s.out, o.line(&b))
		}
		t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintf(t, "peer\t%v\n", b.Peer)
		if !b.OnAir.IsZero() {
			fmt.Fprintf(t, "on the air\t%v\n", b.OnAir)
		}
		fmt.Fprintf(t, "local\t%v\npairing\t%s\nmodel\t%s\nprotection\t%s\nkey size\t%d octets\npaired\t%s\n",
			b.Local, pairing(&b), modelName(&b), protection(&b), b.KeySize, paired(&b))
		for _, k := range o.keys(&b) {
			fmt.Fprintf(t, "%s\t%v\n", k.Name, k)
		}
		return t.Flush()
	})
}
