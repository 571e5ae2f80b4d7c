package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"blesmp/hci/transport"
)

// transportOptions are the flags of every command that uses a controller.
type transportOptions struct {
	address string
	snoop   string
}

// The environment can say which controller is meant, where no flag does.
const transportVariable = "SMP_TRANSPORT"

func (o *transportOptions) add(flags *flag.FlagSet) {
	address := cmp.Or(os.Getenv(transportVariable), "hci0")
	flags.StringVar(&o.address, "transport", address, "the `controller`: hci0, serial:DEV,BAUD, tcp:HOST:PORT or unix:PATH; $"+transportVariable+" sets the default")
	flags.StringVar(&o.snoop, "snoop", "", "write all HCI packets to this btsnoop `file`")
}

// open opens the controller, and the recording of what passes. The function ends
// the recording.
func (o *transportOptions) open(ctx context.Context) (transport.Transport, func() error, error) {
	t, err := transport.Open(ctx, o.address)
	if err != nil {
		return nil, nil, err
	}
	if o.snoop == "" {
		return t, func() error { return nil }, nil
	}
	tap, end, err := recordHCI(t, o.snoop)
	if err != nil {
		return nil, nil, errors.Join(err, t.Close())
	}
	return tap, end, nil
}

// check reports what is wrong with the address, before anything is opened.
func (o *transportOptions) check() error {
	if err := transport.CheckAddress(o.address); err != nil {
		return fmt.Errorf("--transport: %s", plain(err))
	}
	return nil
}
