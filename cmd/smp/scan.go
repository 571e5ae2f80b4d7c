package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/cmd/smp/internal/terminal"
	"blesmp/hci"
	"blesmp/smp"
)

// scanOptions are the flags of scan.
type scanOptions struct {
	device  deviceOptions
	active  bool
	timeout time.Duration
	every   bool
}

func scanCommand() command {
	return command{
		name:    "scan",
		summary: "show the devices that advertise",
		usage:   "[flags]",
		about: `Shows each device that advertises: its address, what sort of device and
address it is, how strongly it is heard, its name, flags and services. Bonded
devices are marked, also behind private addresses, with their identity.

A device is shown again when it tells something new.`,
		examples: []string{
			"smp scan",
			"smp scan --active --timeout 30s",
			"smp scan --transport hci1 --json | jq -r 'select(.bonded) | .identity'",
		},
		run:   runScan,
		flags: func() *flag.FlagSet { flags, _ := scanFlags(); return flags },
	}
}

func scanFlags() (*flag.FlagSet, *scanOptions) {
	o := &scanOptions{}
	flags := flag.NewFlagSet("scan", flag.ContinueOnError)
	o.device.add(flags)
	flags.BoolVar(&o.active, "active", false, "ask every device for what more it has to say, often its name; they can notice")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Second, "scan for this `duration`, 0 until Ctrl-C")
	flags.BoolVar(&o.every, "every", false, "tell of every advertisement, not only of what is new")
	return flags, o
}

func runScan(ctx context.Context, s streams, args []string) int {
	flags, o := scanFlags()
	if err := parse(flags, args); err != nil {
		return usageError(s, err)
	}
	if err := o.check(flags); err != nil {
		return usageError(s, fmt.Errorf("scan: %w", err))
	}
	return finish(ctx, s, o.scan(ctx, s))
}

// check reports what is wrong with the flags.
func (o *scanOptions) check(flags *flag.FlagSet) error {
	if flags.NArg() > 0 {
		return fmt.Errorf("%w: %q", errArguments, flags.Arg(0))
	}
	if o.timeout < 0 {
		return fmt.Errorf("--timeout %v: want 0 or more", o.timeout)
	}
	return errors.Join(o.device.bonds.check(), o.device.transport.check())
}

// scan tells of the devices that it hears.
func (o *scanOptions) scan(ctx context.Context, s streams) (err error) {
	d, err := o.device.open(ctx, s)
	if err != nil {
		return err
	}
	c := terminal.NewConsole(s.in, s.out, s.err, o.device.output.json)
	defer c.Close()
	defer func() { err = errors.Join(err, d.close()) }()
	limit, until := ctx, time.Time{}
	if o.timeout > 0 {
		until = time.Now().Add(o.timeout)
		var cancel context.CancelFunc
		limit, cancel = context.WithDeadline(ctx, until)
		defer cancel()
	}
	l := &listing{
		ownDevice: d, every: o.every, seen: map[bt.TypedAddress]*advertiser{},
		report: newReporter(s, c, o.device.output.json, smp.Policy{}),
	}
	defer c.Progress(func() string {
		if until.IsZero() {
			return "scanning; Ctrl-C ends"
		}
		return "[" + terminal.SecondsLeft(until) + "] scanning; Ctrl-C ends"
	})()
	for r, err := range d.host.Scan(limit, hci.ScanParameters{Active: o.active, Duplicates: o.every}) {
		if err != nil {
			return err
		}
		if err := l.hear(r); err != nil {
			return err
		}
	}
	if len(l.seen) == 0 && ctx.Err() == nil {
		c.Say("no device was heard in %v", o.timeout)
	}
	return nil
}

// scanRecord is what a record has of an advertiser.
type scanRecord struct {
	Type        string   `json:"type,omitempty"`
	RSSI        *int     `json:"rssi,omitempty"` // in dBm
	Name        string   `json:"name,omitempty"`
	Flags       []string `json:"flags,omitempty"`
	Services    []string `json:"services,omitempty"`
	Connectable bool     `json:"connectable,omitempty"`
}

// listing is what was heard so far.
type listing struct {
	*ownDevice
	report *reporter
	every  bool
	seen   map[bt.TypedAddress]*advertiser
}

// advertiser is what is known of one device.
type advertiser struct {
	told string // what was told last
	scanRecord
}

// hear takes a report, and tells where it brings something new. A scan response
// adds to what was advertised.
func (l *listing) hear(r hci.Report) error {
	a := l.seen[r.Address]
	if a == nil {
		a = &advertiser{}
		l.seen[r.Address] = a
	}
	a.learn(r)
	bonded, err := l.bonded(r)
	if err != nil {
		return err
	}
	news := strings.Join([]string{a.Name, strings.Join(a.Flags, " "), strings.Join(a.Services, " ")}, "\n")
	if a.told == news && !l.every {
		return nil
	}
	a.told = news
	x := a.scanRecord
	address, identity := r.Address, r.Identity
	l.report.tell(entry{Event: "device", Address: &address, Identity: &identity, Bonded: &bonded, Device: &x},
		"%s", l.line(r, a, bonded))
	return nil
}

// bonded reports whether there is a bond with an advertiser.
func (l *listing) bonded(r hci.Report) (bool, error) {
	_, err := l.store.Get(l.host.Identity(), r.Identity)
	if errors.Is(err, bond.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// line describes an advertiser.
func (l *listing) line(r hci.Report, a *advertiser, bonded bool) string {
	c := l.report.console
	rssi := "     ?"
	if a.RSSI != nil {
		rssi = fmt.Sprintf("%4d dBm", *a.RSSI)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-24s  %-20s %s", r.Address, a.Type, rssi)
	if a.Name != "" {
		fmt.Fprintf(&b, "  %s", c.Paint(terminal.Loud, fmt.Sprintf("%q", a.Name)))
	}
	switch {
	case bonded && r.Identity != r.Address:
		fmt.Fprintf(&b, "  %s", c.Paint(terminal.Good, fmt.Sprintf("bonded as %v", r.Identity)))
	case bonded:
		fmt.Fprintf(&b, "  %s", c.Paint(terminal.Good, "bonded"))
	}
	if len(a.Flags) > 0 {
		fmt.Fprintf(&b, "  %s", strings.Join(a.Flags, ", "))
	}
	if len(a.Services) > 0 {
		fmt.Fprintf(&b, "  services: %s", strings.Join(a.Services, ", "))
	}
	return b.String()
}

// learn adds what a report says.
func (a *advertiser) learn(r hci.Report) {
	if r.Type != hci.ReportScanRsp {
		a.Type, a.Connectable = kind(r), r.Connectable()
	}
	if r.RSSI != 127 {
		rssi := int(r.RSSI)
		a.RSSI = &rssi
	}
	if name := r.Name(); name != "" {
		a.Name = terminal.Printable(name)
	}
	if flags, ok := hci.AD(r.Data, hci.ADFlags); ok {
		a.Flags = discoverability(flags)
	}
	if services := servicesOf(r.Data); len(services) > 0 {
		a.Services = merge(a.Services, services)
	}
}

// kind says what sort of device advertises: what can be done with it, and what
// its address is.
func kind(r hci.Report) string {
	address := "public"
	switch {
	case r.Address.IsStatic():
		address = "static"
	case r.Address.IsResolvable(), r.Resolved:
		address = "private"
	case r.Address.Type == bt.RandomAddress:
		address = "unresolvable"
	}
	switch {
	case r.Type == hci.ReportAdvDirectInd:
		return address + ", calls"
	case r.Connectable():
		return address + ", connectable"
	}
	return address + ", broadcasts"
}

// discoverability names what the flags of advertising data say.
func discoverability(flags []byte) []string {
	if len(flags) == 0 {
		return nil
	}
	var names []string
	for _, f := range []struct {
		bit  byte
		name string
	}{
		{hci.ADLimitedDiscoverable, "limited discoverable"},
		{hci.ADGeneralDiscoverable, "discoverable"},
		{hci.ADNoBREDR, "LE only"},
	} {
		if flags[0]&f.bit != 0 {
			names = append(names, f.name)
		}
	}
	return names
}
