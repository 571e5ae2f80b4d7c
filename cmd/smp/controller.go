package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"blesmp/bt"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"
)

// controllerOptions are the flags of controller.
type controllerOptions struct {
	listens []listenOption
	faults  []virtual.Fault
	pcap    string
	snoop   string
	json    bool
}

// listenOption is one --listen: where a controller is served, and its address;
// the zero address for one that is made up.
type listenOption struct {
	listen  string
	address bt.TypedAddress
}

const controllerAbout = `Serves virtual controllers to hosts elsewhere: hosts of this project, and any
other that speaks HCI with H4 framing, as ble-host or Linux. Each --listen is
one controller, and all of them are in range of each other. Whoever connects is
its host; a host that leaves, leaves the controller as new for the next one, and
its peers see a connection timeout. One host can use a controller at a time:
another waits.

--listen takes tcp:HOST:PORT or unix:PATH, and behind a comma the address of the
controller: address=00:11:22:33:44:55/public, or C0:11:22:33:44:55/random.
Without it the controller makes up a public address. A controller with a random
address, which has to be a static one, has no public address; its host can set
another.

--pcap records the air for Wireshark, encrypted as a sniffer sees it; - is the
standard output. --snoop records the HCI packets of each controller, keys
included.

--fault lets the air go wrong by a rule: an action, and behind commas what it
applies to.

  drop              the PDU is lost for good, and the link goes on
  delay=DURATION    the PDU travels so much longer, and all behind it
  disconnect        the devices are out of range before the PDU arrives
  wrong-ltk         the two sides encrypt with different keys: MIC failure
  reorder           data overtakes the events for a host

drop, delay and disconnect apply to every PDU of a connection, or with pdu=N to
the Nth on each link (disconnect: the first), from=central|peripheral,
type=control|l2cap|smp|att|signalling, code=0xNN (the first octet of that type),
link=N (the Nth link). wrong-ltk takes pdu=N, the Nth start of encryption, and
link=N. reorder takes at=central|peripheral, event=encryption|connection and
link=N.

Ctrl-C ends it.`

func controllerCommand() command {
	return command{
		name:    "controller",
		summary: "serve virtual controllers that share one air",
		usage:   "--listen ADDRESS [--listen ADDRESS]... [flags]",
		about:   controllerAbout,
		examples: []string{
			"smp controller --listen tcp:127.0.0.1:9001 --listen unix:b.sock",
			"smp controller --listen tcp::9001,address=C0:11:22:33:44:55/random --listen tcp::9002",
			"smp controller --listen unix:a.sock --listen unix:b.sock --pcap air.pcap --snoop hci.btsnoop",
			"smp controller --listen unix:a.sock --listen unix:b.sock --pcap - | wireshark -k -i -",
			"smp controller --listen unix:a.sock --listen unix:b.sock --fault drop,type=smp,code=0x04,pdu=1",
			"smp controller --listen unix:a.sock --listen unix:b.sock --fault delay=200ms,from=peripheral --fault disconnect,pdu=40",
		},
		run:   runController,
		flags: func() *flag.FlagSet { flags, _ := controllerFlags(); return flags },
	}
}

func controllerFlags() (*flag.FlagSet, *controllerOptions) {
	o := &controllerOptions{}
	flags := flag.NewFlagSet("controller", flag.ContinueOnError)
	flags.Func("listen", "serve a controller at this `address`: tcp:HOST:PORT or unix:PATH, and behind it ,address=A/public or ,address=A/random; can be repeated", func(text string) error {
		l, err := parseListen(text)
		o.listens = append(o.listens, l)
		return err
	})
	flags.Func("fault", "a `rule` by which the air goes wrong; can be repeated", func(text string) error {
		f, err := virtual.ParseFault(text)
		o.faults = append(o.faults, f)
		return withoutPackage(err)
	})
	flags.StringVar(&o.pcap, "pcap", "", "record the air in this pcap `file`; - for the standard output")
	flags.StringVar(&o.snoop, "snoop", "", "record the HCI packets of each controller as btsnoop: `FILE` NAME.btsnoop becomes NAME-1.btsnoop for the first --listen, NAME-2.btsnoop for the second")
	flags.BoolVar(&o.json, "json", false, "print one JSON object a line")
	return flags, o
}

// withoutPackage leaves out the package's name, which is of no use to a user.
func withoutPackage(err error) error {
	if err == nil {
		return nil
	}
	_, text, _ := strings.Cut(err.Error(), ": ")
	return errors.New(text)
}

// parseListen reads what --listen takes.
func parseListen(text string) (listenOption, error) {
	listen, setting, found := strings.Cut(text, ",address=")
	l := listenOption{listen: listen}
	if _, other, ok := strings.Cut(listen, ","); ok && strings.HasPrefix(listen, "tcp:") {
		return l, fmt.Errorf("%q: only address=A/public or address=A/random can stand behind the comma", other)
	}
	if err := transport.CheckAddress(listen); err != nil {
		return l, withoutPackage(err)
	}
	if scheme, _, _ := strings.Cut(listen, ":"); scheme != "tcp" && scheme != "unix" {
		return l, fmt.Errorf("a controller is served at tcp:HOST:PORT or unix:PATH")
	}
	if !found {
		return l, nil
	}
	address, err := bt.ParseTypedAddress(setting)
	switch {
	case err != nil:
		return l, withoutPackage(err)
	case address.Address == bt.Address{}:
		return l, fmt.Errorf("%v stands for no address; leave it out to have one made up", address)
	case !address.IsIdentity():
		return l, fmt.Errorf("%v is not a static random address: its first octet has to be C0 or above", address)
	}
	l.address = address
	return l, nil
}

// check holds what the flags say together.
func (o *controllerOptions) check() error {
	if len(o.listens) == 0 {
		return errors.New("controller: nothing is served; add --listen tcp:127.0.0.1:9001, for example")
	}
	for i, l := range o.listens {
		for _, other := range o.listens[:i] {
			switch {
			case l.listen == other.listen && !strings.HasSuffix(l.listen, ":0"):
				return fmt.Errorf("controller: two controllers cannot both be served at %s", l.listen)
			case !l.address.IsZero() && l.address == other.address:
				return fmt.Errorf("controller: two controllers cannot both have the address %v", l.address)
			}
		}
	}
	if o.pcap != "" && slices.Contains(o.snoopFiles(), o.pcap) {
		return fmt.Errorf("controller: --pcap and --snoop cannot both write %s", o.pcap)
	}
	return nil
}

// snoopFiles names the recordings of the controllers; none without --snoop.
func (o *controllerOptions) snoopFiles() []string {
	if o.snoop == "" {
		return nil
	}
	extension := filepath.Ext(o.snoop)
	var names []string
	for i := range o.listens {
		names = append(names, fmt.Sprintf("%s-%d%s", strings.TrimSuffix(o.snoop, extension), i+1, extension))
	}
	return names
}

func runController(ctx context.Context, s streams, args []string) int {
	flags, o := controllerFlags()
	if err := parse(flags, args); err != nil {
		return usageError(s, err)
	}
	if flags.NArg() > 0 {
		return usageError(s, fmt.Errorf("controller %w: %q", errArguments, flags.Arg(0)))
	}
	if err := o.check(); err != nil {
		return usageError(s, err)
	}
	service, err := newControllerService(ctx, s, o)
	if err == nil {
		err = service.run(ctx)
	}
	if err != nil {
		return failure(s, err)
	}
	return exitOK
}
