// Package uart opens the serial lines over which controllers speak H4. It is a
// package of its own because it is the only one that needs a driver for serial
// ports; transport.Open uses it.
package uart

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"go.bug.st/serial"
)

// The reasons why a line cannot be opened.
var (
	ErrNotFound    = errors.New("uart: no such device")
	ErrPermission  = errors.New("uart: no permission")
	ErrBusy        = errors.New("uart: device is in use")
	ErrNotSerial   = errors.New("uart: not a serial device")
	ErrBaud        = errors.New("uart: no such baud rate")
	ErrFlowControl = errors.New("uart: no RTS/CTS flow control")
)

// Config says how a line is used. It has 8 data bits, no parity and one stop bit
// (Core Vol 4, Part A, 3).
type Config struct {
	Baud   int
	RTSCTS bool // the two sides stop each other with RTS and CTS
}

// Open opens a line. What the device had received before is dropped.
//
// A read is io.EOF where the device is gone, and os.ErrClosed after Close. A
// write waits as long as the other side does not take it. Close ends both.
func Open(device string, config Config) (io.ReadWriteCloser, error) {
	return openLine(device, config)
}

// openPort opens and sets the port of the driver, which has no flow control.
func openPort(device string, config Config) (serial.Port, error) {
	port, err := serial.Open(device, &serial.Mode{BaudRate: config.Baud, DataBits: 8})
	if err != nil {
		return nil, reason(err)
	}
	if err := port.ResetInputBuffer(); err != nil {
		_ = port.Close()
		return nil, fromSystem(err)
	}
	return port, nil
}

// reason finds out why a port could not be opened.
func reason(err error) error {
	var failed *serial.PortError
	if errors.As(err, &failed) {
		switch failed.Code() {
		case serial.PortNotFound:
			return ErrNotFound
		case serial.PermissionDenied:
			return ErrPermission
		case serial.PortBusy:
			return ErrBusy
		case serial.InvalidSpeed:
			return ErrBaud
		case serial.InvalidSerialPort:
			return ErrNotSerial
		}
	}
	return fromSystem(err)
}

// fromSystem finds the reason in an error of the operating system.
func fromSystem(err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ENXIO), errors.Is(err, syscall.ENODEV):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w: %w", ErrPermission, err)
	case errors.Is(err, syscall.EBUSY):
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.ENOTTY):
		return fmt.Errorf("%w: %w", ErrNotSerial, err)
	}
	return fmt.Errorf("uart: %w", err)
}

// ended finds the end of a line in the error of a read.
func ended(err error) error {
	var failed *serial.PortError
	switch {
	case errors.Is(err, os.ErrClosed):
		return os.ErrClosed
	case errors.Is(err, io.EOF), errors.Is(err, syscall.EIO), errors.Is(err, syscall.ENXIO),
		errors.As(err, &failed) && failed.Code() == serial.PortClosed:
		return io.EOF
	}
	return fmt.Errorf("uart: %w", err)
}
