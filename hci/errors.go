package hci

import (
	"errors"
	"strings"

	"blesmp/bt"
)

var (
	// ErrClosed is the error of a host that was closed on this side.
	ErrClosed = errors.New("hci: host is closed")

	// ErrTimeout ends a host whose controller does not answer a command.
	ErrTimeout = errors.New("hci: controller does not answer")

	// ErrHardware ends a host whose controller reports a Hardware Error (Core
	// Vol 4, Part E, 7.7.16).
	ErrHardware = errors.New("hci: controller reports a hardware error")

	// ErrBusy refuses what only one caller can have at a time.
	ErrBusy = errors.New("hci: in use already")

	// ErrNoPrivacy says that the controller does not resolve private addresses.
	ErrNoPrivacy = errors.New("hci: controller has no privacy")

	// ErrNoIRK says that Options.Privacy is set, but nothing to make private
	// addresses of.
	ErrNoIRK = errors.New("hci: Options.Privacy needs an IRK of ours, and Options.Resolver has none")

	// ErrDisconnected is the error of a link that has ended. It comes together
	// with the reason: errors.Is(err, bt.ConnectionTimeout) works too.
	ErrDisconnected = errors.New("hci: link has ended")

	// ErrQueueFull refuses data for a link on which too much waits to be sent.
	ErrQueueFull = errors.New("hci: too much data waits on this link")
)

// CommandError says that the controller refused a command. It unwraps to the
// status, so that errors.Is(err, bt.CommandDisallowed) works.
type CommandError struct {
	Opcode Opcode
	Status bt.Status
}

// Error names the command and the status.
func (e *CommandError) Error() string {
	return "hci: " + e.Opcode.String() + ": " + e.Status.String()
}

// Unwrap gives the status.
func (e *CommandError) Unwrap() error { return e.Status }

// PacketError says that a packet of the controller cannot be read. It never
// holds what the packet carries.
type PacketError struct {
	Packet  string // the kind of packet, or the event's name
	Problem string
}

// Error names the packet and the problem.
func (e *PacketError) Error() string { return "hci: " + e.Packet + ": " + e.Problem }

// linkError is ErrDisconnected with the reason.
type linkError struct{ reason bt.Status }

func (e *linkError) Error() string { return ErrDisconnected.Error() + ": " + e.reason.String() }

func (e *linkError) Is(target error) bool { return target == ErrDisconnected }

func (e *linkError) Unwrap() error { return e.reason }

// doing says what failed: it wraps an error, and says hci only once.
func doing(what string, err error) error { return &doingError{what, err} }

type doingError struct {
	what string
	err  error
}

func (e *doingError) Error() string {
	return "hci: " + e.what + ": " + strings.TrimPrefix(e.err.Error(), "hci: ")
}

func (e *doingError) Unwrap() error { return e.err }
