package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"blesmp/hci/transport/uart"
)

// OpenError says why a controller could not be opened, and what to do about it.
// It unwraps to the error of the operating system.
type OpenError struct {
	Address string
	Problem string // what is the case, in words; empty where Err says it
	Try     string // what may help; empty where nothing can be said
	Err     error  // what the operating system says; may be nil
}

// Error gives all of it in one line.
func (e *OpenError) Error() string {
	text := "transport: " + e.Address
	if e.Problem != "" {
		text += ": " + e.Problem
	}
	if e.Err != nil {
		text += fmt.Sprintf(": %v", e.Err)
	}
	if e.Try != "" {
		text += "; try: " + e.Try
	}
	return text
}

// Unwrap gives the error of the operating system.
func (e *OpenError) Unwrap() error { return e.Err }

// Open opens the controller at an address; the package's documentation lists
// the forms. The context limits the attempt only. The error is an *AddressError
// where the text of the address is wrong, an *OpenError where the controller
// could not be opened, and the context's where that ended first.
func Open(ctx context.Context, address string) (Transport, error) {
	t, err := parse(address)
	if err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("transport: %s: %w", address, err)
	}
	switch t.scheme {
	case "hci":
		return openUserChannel(t)
	case "serial":
		return openSerial(address, t)
	}
	return openSocket(ctx, address, t)
}

func openSocket(ctx context.Context, address string, t target) (Transport, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, t.scheme, t.name)
	if err == nil {
		return NewH4(conn), nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return nil, fmt.Errorf("transport: %s: %w", address, cause)
	}
	failed := &OpenError{Address: address, Err: rootOf(err)}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		failed.Problem = "nobody listens there"
	case errors.Is(err, syscall.ENOENT):
		failed.Problem = "there is no such socket"
	case errors.Is(err, syscall.EACCES):
		failed.Problem = "no permission"
	}
	if failed.Problem != "" && !errors.Is(err, syscall.EACCES) {
		failed.Try = "smp controller --listen " + address + ", or start what serves the controller"
	}
	return nil, failed
}

// rootOf leaves out what package net says before the reason: the address is
// named already.
func rootOf(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

func openSerial(address string, t target) (Transport, error) {
	line, err := uart.Open(t.name, uart.Config{Baud: t.baud, RTSCTS: t.rtscts})
	if err == nil {
		return NewUART(line), nil
	}
	failed := &OpenError{Address: address, Err: err}
	switch {
	case errors.Is(err, uart.ErrNotFound):
		failed.Problem, failed.Try = "there is no such device", "another device, or plug it in"
	case errors.Is(err, uart.ErrPermission):
		failed.Problem = "no permission to use the device"
		failed.Try = "sudo usermod -aG dialout $USER and a new login, or sudo"
	case errors.Is(err, uart.ErrBusy):
		failed.Problem, failed.Try = "another program uses the device", "fuser "+t.name+" to see which"
	case errors.Is(err, uart.ErrNotSerial):
		failed.Problem, failed.Try = "this is no serial device", "another device"
	case errors.Is(err, uart.ErrBaud):
		failed.Problem, failed.Try = "the device has no such baud rate", "115200 or 1000000"
	case errors.Is(err, uart.ErrFlowControl):
		failed.Problem, failed.Try = "RTS/CTS cannot be used here", "the address without rtscts"
	}
	return nil, failed
}
