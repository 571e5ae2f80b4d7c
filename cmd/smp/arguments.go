package main

import (
	"flag"
	"fmt"

	"blesmp/bt"
)

// parseAnywhere reads flags that may stand before and behind the arguments, and
// gives the arguments. Behind "--" all are arguments.
func parseAnywhere(flags *flag.FlagSet, args []string) ([]string, error) {
	err := parse(flags, args)
	return flags.Args(), err
}

// addressFlag is a flag that takes an address with its type.
type addressFlag struct{ address *bt.TypedAddress }

func (f addressFlag) String() string {
	if f.address == nil || f.address.IsZero() {
		return ""
	}
	return f.address.String()
}

func (f addressFlag) Set(text string) error {
	a, err := bt.ParseTypedAddress(text)
	if err != nil {
		return fmt.Errorf("want an address such as C0:11:22:33:44:55/random, public without a type")
	}
	*f.address = a
	return nil
}
