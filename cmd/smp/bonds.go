package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"blesmp/bond"
	"blesmp/bond/boltstore"
	"blesmp/bond/bondfile"
	"blesmp/bt"
)

// bondsCommand describes smp bonds.
func bondsCommand() command {
	return command{
		name:    "bonds",
		summary: "list, show, remove, export and import bonds",
		usage:   "list | show PEER | remove PEER | export --to TARGET [PEER...] | import PATH",
		about: `Looks after the file in which bonds and our own identities are kept. Keys are
hidden unless --show-keys asks for them.

export writes bonds WITH THEIR KEYS IN CLEAR, so it needs a target: whoever has
that file can pose as these devices and read what they say. Files get mode 0600.
The formats are json (this project's own, with our identities), bluez (the
folders of /var/lib/bluetooth) and ble-host (those of NodeBleLib-storage-dir).

import reads a file, or a folder of either host stack, as a whole before it
changes anything. It takes no bond in the place of another without --replace,
and no key below --min-key-size.`,
		examples: []string{
			"smp bonds list",
			"smp bonds show C0:11:22:33:44:55 --show-keys",
			"smp bonds remove C0:11:22:33:44:55",
			"smp bonds export --to backup.json",
			"smp bonds export --format bluez --to /tmp/bluetooth C0:11:22:33:44:55",
			"sudo smp bonds import --bonds bonds.db /var/lib/bluetooth/00:A0:50:00:00:01",
			"smp bonds import --local 00:A0:50:00:00:01 --peer C0:11:22:33:44:55/random info",
		},
		run:   runBonds,
		flags: bondsFlags,
	}
}

// bondsOptions are the flags of bonds; each action takes some of them.
type bondsOptions struct {
	bonds    string
	recover  bool
	json     bool
	showKeys bool
	local    bt.TypedAddress
	peer     bt.TypedAddress
	format   string
	to       string
	force    bool
	replace  bool
	minimum  int
}

// bondsAction is one thing that bonds does.
type bondsAction struct {
	name      string
	arguments string // what it takes, for errors
	least     int    // how many arguments
	most      int
	flags     []func(*flag.FlagSet, *bondsOptions)
	run       func(s streams, o *bondsOptions, args []string) error
}

func bondsActions() []bondsAction {
	common := []func(*flag.FlagSet, *bondsOptions){flagBonds, flagJSON, flagLocal}
	with := func(more ...func(*flag.FlagSet, *bondsOptions)) []func(*flag.FlagSet, *bondsOptions) {
		return slices.Concat(common, more)
	}
	return []bondsAction{
		{"list", "no argument", 0, 0, with(flagShowKeys), listBonds},
		{"show", "the address of one peer", 1, 1, with(flagShowKeys), showBond},
		{"remove", "the address of one peer", 1, 1, with(), removeBond},
		{"export", "addresses of peers, or none for all", 0, 1 << 20, with(flagFormat, flagTo, flagForce), exportBonds},
		{"import", "one file or folder", 1, 1, with(flagFormat, flagPeer, flagReplace, flagMinimum), importBonds},
	}
}

func flagBonds(f *flag.FlagSet, o *bondsOptions) {
	f.StringVar(&o.bonds, "bonds", "", bondsHelp)
	f.BoolVar(&o.recover, "recover", false, "open a damaged file as far as it can be read; records that cannot are told and can be removed")
}

func flagJSON(f *flag.FlagSet, o *bondsOptions) {
	f.BoolVar(&o.json, "json", false, "print one JSON object a line")
}

func flagLocal(f *flag.FlagSet, o *bondsOptions) {
	f.Var(addressFlag{&o.local}, "local", "only bonds of this `ADDRESS` of ours; import: our address where the file's folders do not tell it")
}

func flagShowKeys(f *flag.FlagSet, o *bondsOptions) {
	f.BoolVar(&o.showKeys, "show-keys", false, "list, show: show keys; they are hidden otherwise")
}

func flagFormat(f *flag.FlagSet, o *bondsOptions) {
	f.StringVar(&o.format, "format", "", "export, import: the `FORMAT`: json, bluez or ble-host (default json for export, found out for import)")
}

func flagTo(f *flag.FlagSet, o *bondsOptions) {
	f.StringVar(&o.to, "to", "", "export: the `TARGET`, which has to be named because keys are written to it in clear: a file, - for the terminal, or with bluez and ble-host a folder")
}

func flagForce(f *flag.FlagSet, o *bondsOptions) {
	f.BoolVar(&o.force, "force", false, "export: write over files that exist")
}

func flagPeer(f *flag.FlagSet, o *bondsOptions) {
	f.Var(addressFlag{&o.peer}, "peer", "import: the peer's `ADDRESS` where the file's folders do not tell it")
}

func flagReplace(f *flag.FlagSet, o *bondsOptions) {
	f.BoolVar(&o.replace, "replace", false, "import: take the place of other bonds and identities with the same addresses")
}

func flagMinimum(f *flag.FlagSet, o *bondsOptions) {
	f.IntVar(&o.minimum, "min-key-size", bond.MaxKeySize, "import: refuse keys of fewer `OCTETS`, 7 to 16")
}

// bondsFlags are the flags of all actions, for help.
func bondsFlags() *flag.FlagSet {
	flags := flag.NewFlagSet("bonds", flag.ContinueOnError)
	for _, a := range bondsActions() {
		for _, add := range a.flags {
			once := flag.NewFlagSet("", flag.ContinueOnError)
			add(once, &bondsOptions{})
			once.VisitAll(func(f *flag.Flag) {
				if flags.Lookup(f.Name) == nil {
					flags.Var(f.Value, f.Name, f.Usage)
				}
			})
		}
	}
	return flags
}

// errBondsUsage marks what could not be understood.
var errBondsUsage = errors.New("bonds")

func bondsUsage(format string, args ...any) error {
	return fmt.Errorf("%w "+format, append([]any{errBondsUsage}, args...)...)
}

func runBonds(_ context.Context, s streams, args []string) int {
	actions := bondsActions()
	if len(args) == 0 {
		return usageError(s, bondsUsage("needs an action: list, show, remove, export or import; smp help bonds tells more"))
	}
	i := slices.IndexFunc(actions, func(a bondsAction) bool { return a.name == args[0] })
	if i < 0 {
		return usageError(s, bondsUsage("has no action %q; the actions are list, show, remove, export and import", args[0]))
	}
	action, o := actions[i], &bondsOptions{}
	flags := flag.NewFlagSet("bonds", flag.ContinueOnError)
	for _, add := range action.flags {
		add(flags, o)
	}
	arguments, err := parseAnywhere(flags, args[1:])
	if err != nil {
		return usageError(s, err)
	}
	if len(arguments) < action.least || len(arguments) > action.most {
		return usageError(s, bondsUsage("%s takes %s, not %d arguments", action.name, action.arguments, len(arguments)))
	}
	err = action.run(s, o, arguments)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errBondsUsage):
		return usageError(s, err)
	}
	return failure(s, err)
}

// withBonds opens the file of bonds for an action that looks or removes. The
// user's own file need not be there: then there are no bonds.
func withBonds(o *bondsOptions, do func(bond.Store) error) (err error) {
	store, err := openExistingBonds(o.bonds, o.recover)
	if errors.Is(err, errNoBondFile) && o.bonds == "" {
		return do(bond.NewMemory())
	}
	if err != nil {
		return err
	}
	return closing(store, do)
}

func closing(store *boltstore.Store, do func(bond.Store) error) (err error) {
	defer func() { err = errors.Join(err, storeError(store.Close())) }()
	return do(store)
}

// peerArgument is an address that the user typed: with its type, or any.
type peerArgument struct {
	address bt.TypedAddress
	typed   bool
}

func parsePeerArgument(text string) (peerArgument, error) {
	a, err := bt.ParseTypedAddress(text)
	if err != nil {
		return peerArgument{}, bondsUsage("%q is no address; want one such as C0:11:22:33:44:55 or C0:11:22:33:44:55/random", text)
	}
	return peerArgument{a, strings.Contains(text, "/")}, nil
}

func (p peerArgument) String() string {
	if p.typed {
		return p.address.String()
	}
	return p.address.Address.String()
}

func (p peerArgument) is(a bt.TypedAddress) bool {
	return a.Address == p.address.Address && (!p.typed || a.Type == p.address.Type)
}

func (p peerArgument) matches(b *bond.Bond) bool {
	return p.is(b.Peer) || !b.OnAir.IsZero() && p.is(b.OnAir)
}

// read gives the bonds of the flags. Records that cannot be read come as an
// error beside the others.
func (o *bondsOptions) read(store bond.Store) (bonds []bond.Bond, damaged error) {
	var all []error
	for b, err := range store.All() {
		switch {
		case err != nil:
			all = append(all, err)
		case o.local.IsZero() || b.Local == o.local:
			bonds = append(bonds, b)
		}
	}
	return bonds, storeError(errors.Join(all...))
}

// one finds the bond that an argument means.
func (o *bondsOptions) one(store bond.Store, p peerArgument) (bond.Bond, error) {
	bonds, damaged := o.read(store)
	bonds = slices.DeleteFunc(bonds, func(b bond.Bond) bool { return !p.matches(&b) })
	switch {
	case len(bonds) == 1:
		return bonds[0], nil
	case len(bonds) > 1:
		var found []string
		for _, b := range bonds {
			found = append(found, fmt.Sprintf("%v of %v", b.Peer, b.Local))
		}
		return bond.Bond{}, fmt.Errorf("%v has %d bonds: %s; add /public or /random, or --local", p, len(bonds), strings.Join(found, ", "))
	case damaged != nil:
		return bond.Bond{}, damaged
	}
	return bond.Bond{}, fmt.Errorf("there is no bond with %v; smp bonds list shows those that there are", p)
}

// removeBond deletes the bond with a peer, a damaged one, too, if its addresses
// are given with their types.
func removeBond(s streams, o *bondsOptions, args []string) error {
	p, err := parsePeerArgument(args[0])
	if err != nil {
		return err
	}
	return withBonds(o, func(store bond.Store) error {
		local, peer := o.local, p.address
		if local.IsZero() || !p.typed {
			b, err := o.one(store, p)
			if err != nil {
				return err
			}
			local, peer = b.Local, b.Peer
		}
		err := store.Delete(local, peer)
		if errors.Is(err, bond.ErrNotFound) {
			return fmt.Errorf("there is no bond of %v with %v; smp bonds list shows those that there are", local, peer)
		}
		if err != nil {
			return storeError(err)
		}
		if o.json {
			return printJSON(s.out, map[string]any{"removed": peer, "local": local})
		}
		_, err = fmt.Fprintf(s.out, "removed the bond of %v with %v; remove it on the other device, too, before they pair again\n", local, peer)
		return err
	})
}

// formatOf reads --format.
func (o *bondsOptions) formatOf() (bondfile.Format, error) {
	if o.format == "" {
		return "", nil
	}
	f, err := bondfile.ParseFormat(o.format)
	if err != nil {
		return "", bondsUsage("has no format %q; the formats are json, bluez and ble-host", o.format)
	}
	return f, nil
}
