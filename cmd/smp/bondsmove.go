package main

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"

	"blesmp/bond"
	"blesmp/bond/bondfile"
)

// exportBonds writes bonds in clear to where the user said.
func exportBonds(s streams, o *bondsOptions, args []string) error {
	format, err := o.formatOf()
	if err != nil {
		return err
	}
	if format == "" {
		format = bondfile.JSON
	}
	switch {
	case o.to == "":
		return bondsUsage("export needs --to TARGET: the keys are written to it in clear")
	case o.to == "-" && format != bondfile.JSON:
		return bondsUsage("export --to - works with the format json; %s makes several files, so name a folder", format)
	}
	var peers []peerArgument
	for _, arg := range args {
		p, err := parsePeerArgument(arg)
		if err != nil {
			return err
		}
		peers = append(peers, p)
	}
	return withBonds(o, func(store bond.Store) error {
		set, err := o.selected(store, peers)
		if err != nil {
			return err
		}
		files, err := bondfile.Files(format, set)
		if err != nil {
			return storeError(err)
		}
		if len(files) == 0 {
			return errors.New("there is nothing to export; smp bonds list shows what there is")
		}
		if o.to == "-" {
			_, err := s.out.Write(files[0].Data)
			return err
		}
		err = bondfile.Write(o.to, files, o.force)
		if errors.Is(err, bondfile.ErrExists) {
			return fmt.Errorf("%w; choose another target, or --force to write over it", storeError(err))
		}
		if err != nil {
			return storeError(err)
		}
		for _, b := range set.Bonds {
			if omitted := format.Omits(&b); len(omitted) > 0 {
				fmt.Fprintf(s.err, "smp: %v: %s has no place for: %s\n", b.Peer, format, strings.Join(omitted, ", "))
			}
		}
		if o.json {
			return printJSON(s.out, map[string]any{"exported": len(set.Bonds), "files": len(files), "to": o.to})
		}
		_, err = fmt.Fprintf(s.out, "exported %s to %s; anyone who can read it can take the place of these devices\n", counted(len(set.Bonds), "bond"), o.to)
		return err
	})
}

// selected gives the bonds of these peers, or all, with the identities of ours
// that they belong to.
func (o *bondsOptions) selected(store bond.Store, peers []peerArgument) (*bondfile.Set, error) {
	set := &bondfile.Set{}
	for _, p := range peers {
		b, err := o.one(store, p)
		if err != nil {
			return nil, err
		}
		set.Bonds = append(set.Bonds, b)
	}
	if len(peers) == 0 {
		bonds, damaged := o.read(store)
		if damaged != nil {
			return nil, damaged
		}
		set.Bonds = bonds
	}
	identities, err := store.Identities()
	if err != nil {
		return nil, storeError(err)
	}
	for _, l := range identities {
		used := slices.ContainsFunc(set.Bonds, func(b bond.Bond) bool { return b.Local == l.Address })
		if used || len(peers) == 0 && (o.local.IsZero() || l.Address == o.local) {
			set.Identities = append(set.Identities, l)
		}
	}
	return set, nil
}

// importBonds reads a file or folder whole, and only then changes anything.
func importBonds(s streams, o *bondsOptions, args []string) error {
	format, err := o.formatOf()
	if err != nil {
		return err
	}
	if o.minimum < bond.MinKeySize || o.minimum > bond.MaxKeySize {
		return bondsUsage("import --min-key-size %d: want %d to %d", o.minimum, bond.MinKeySize, bond.MaxKeySize)
	}
	set, err := bondfile.Read(args[0], bondfile.Options{Format: format, Local: o.local, Peer: o.peer, MinKeySize: o.minimum})
	if err != nil {
		var wrong *bondfile.Error
		if errors.As(err, &wrong) {
			err = &bondfile.Error{
				File: wrong.File, Line: wrong.Line, Problem: wrong.Problem, Err: wrong.Err,
				Remedy: strings.ReplaceAll(wrong.Remedy, "or accept shorter keys", "or accept shorter keys with --min-key-size"),
			}
		}
		return storeError(err)
	}
	store, err := openBonds(o.bonds, o.recover)
	if err != nil {
		return err
	}
	return closing(store, func(store bond.Store) error {
		m := &move{store: store, set: set, replace: o.replace}
		if err := m.check(); err != nil {
			return err
		}
		if err := m.commit(); err != nil {
			return err
		}
		for _, line := range set.Skipped {
			fmt.Fprintf(s.err, "smp: left out: %s\n", line)
		}
		if o.json {
			return printJSON(s.out, map[string]any{
				"imported": len(m.bonds), "unchanged": len(set.Bonds) - len(m.bonds),
				"identities": len(m.identities), "skipped": len(set.Skipped),
			})
		}
		line := "imported " + counted(len(m.bonds), "bond")
		if n := len(m.identities); n > 0 {
			line += fmt.Sprintf(" and %s of our own", counted(n, "identity"))
		}
		if n := len(set.Bonds) - len(m.bonds); n > 0 {
			line += fmt.Sprintf("; %s there already", counted(n, "bond"))
		}
		_, err := fmt.Fprintln(s.out, line)
		return err
	})
}

// counted gives a number with its noun.
func counted(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "y"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(noun, "y"))
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// move brings a set into a store.
type move struct {
	store   bond.Store
	set     *bondfile.Set
	replace bool

	bonds      []bond.Bond          // that are new or different
	identities []bond.LocalIdentity // likewise
	before     map[int]bond.LocalIdentity
}

// check finds what is new, and refuses to replace what is there unless asked.
func (m *move) check() error {
	for _, b := range m.set.Bonds {
		known := false
		old, err := m.store.Get(b.Local, b.Peer)
		if errors.Is(err, bond.ErrNotFound) && !b.OnAir.IsZero() {
			old, err = m.store.Get(b.Local, b.OnAir)
		}
		switch {
		case errors.Is(err, bond.ErrNotFound):
		case err != nil:
			return storeError(err)
		case same(old, b):
			known = true
		case !m.replace:
			return fmt.Errorf("%v has another bond with %v; nothing was imported; --replace takes its place", b.Local, old.Peer)
		}
		if !known {
			m.bonds = append(m.bonds, b)
		}
	}
	return m.checkIdentities()
}

func (m *move) checkIdentities() error {
	own, err := m.store.Identities()
	if err != nil {
		return storeError(err)
	}
	m.before = map[int]bond.LocalIdentity{}
	for _, l := range m.set.Identities {
		i := slices.IndexFunc(own, func(o bond.LocalIdentity) bool { return o.Address == l.Address })
		if i >= 0 {
			switch old := own[i]; {
			case old.IRK == nil && l.IRK == nil, old.IRK != nil && l.IRK != nil && old.IRK.Equal(*l.IRK):
				continue
			case !m.replace:
				return fmt.Errorf("our identity %v has another IRK, which bonded peers know; nothing was imported; --replace takes its place", l.Address)
			default:
				m.before[len(m.identities)] = old
			}
		}
		m.identities = append(m.identities, l)
	}
	return nil
}

// commit stores identities, then all bonds at once. Where the bonds are refused
// the identities go back to what they were.
func (m *move) commit() error {
	for i, l := range m.identities {
		if err := m.store.PutIdentity(l); err != nil {
			return errors.Join(storeError(err), m.undo(i))
		}
	}
	if len(m.bonds) == 0 {
		return nil
	}
	if err := m.store.Put(m.bonds...); err != nil {
		return errors.Join(storeError(err), m.undo(len(m.identities)))
	}
	return nil
}

// undo takes back the first n identities.
func (m *move) undo(n int) error {
	var failed []error
	for i, l := range m.identities[:n] {
		if old, ok := m.before[i]; ok {
			failed = append(failed, m.store.PutIdentity(old))
		} else {
			failed = append(failed, m.store.DeleteIdentity(l.Address))
		}
	}
	return storeError(errors.Join(failed...))
}

// same reports whether a bond is there already, apart from sign counters that
// have gone on since.
func same(old, b bond.Bond) bool {
	b.KeepSignCounters(old)
	x, errX := bondfile.AppendJSON(nil, &bondfile.Set{Bonds: []bond.Bond{old}})
	y, errY := bondfile.AppendJSON(nil, &bondfile.Set{Bonds: []bond.Bond{b}})
	return errX == nil && errY == nil && subtle.ConstantTimeCompare(x, y) == 1
}
