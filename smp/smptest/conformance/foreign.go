package conformance

import (
	"errors"
	"io"

	"blesmp/bt"
)

// Person is who sits before a foreign device and does what the peer cannot.
type Person interface {
	// Do asks for something, as "connect and pair", and returns when it is
	// done or begun.
	Do(what string) error

	// ReadPasskey asks for the passkey that the device shows.
	ReadPasskey() (uint32, error)
}

var errForeign = errors.New("conformance: this scenario needs our own device")

func (s *Stage) connectForeign(bt.Role) error { return errForeign }

func (s *Stage) beginForeign(course) error { return errForeign }

var _ io.Closer
