package main

import (
	"flag"
	"fmt"
	"strings"

	"blesmp/smp"
)

// promptOptions are the flags that answer questions ahead, for scripts.
type promptOptions struct {
	yes     bool
	accept  bool
	replace bool
	passkey string

	number *smp.Passkey // of passkey
}

func (o *promptOptions) add(flags *flag.FlagSet) {
	flags.BoolVar(&o.yes, "yes", false, "agree to pairing without protection (Just Works), and to what a peer asks for, unasked")
	flags.BoolVar(&o.accept, "accept", false, "take it that both devices show the same number, unseen: this gives the protection away")
	flags.BoolVar(&o.replace, "replace", false, "agree to pairing again with a device whose bond is there, unasked: it may be somebody in its place")
	flags.StringVar(&o.passkey, "passkey", "", "type this `passkey` of one to six digits; without it, and without an answer at the terminal, there is none")
}

// check reports what is wrong with the flags.
func (o *promptOptions) check() error {
	if o.passkey == "" {
		return nil
	}
	number, err := smp.ParsePasskey(o.passkey)
	if err != nil {
		return fmt.Errorf("--passkey: %s", strings.TrimPrefix(err.Error(), "smp: "))
	}
	o.number = &number
	return nil
}
