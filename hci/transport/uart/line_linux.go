package uart

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// line reads and writes a terminal without blocking, so that closing it ends a
// write for which the other side has no room. The driver for serial ports only
// sets it up: its own writes cannot be ended.
type line struct{ *os.File }

func openLine(device string, config Config) (io.ReadWriteCloser, error) {
	fd, err := unix.Open(device, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fromSystem(err)
	}
	if err := setUp(fd, device, config); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return line{os.NewFile(uintptr(fd), device)}, nil
}

// setUp gives the terminal its settings, which it keeps as long as fd is open,
// and takes it for this process alone.
func setUp(fd int, device string, config Config) error {
	port, err := openPort(device, config)
	if err != nil {
		return err
	}
	if err := port.Close(); err != nil {
		return fmt.Errorf("uart: %w", err)
	}
	if config.RTSCTS {
		settings, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFlowControl, err)
		}
		settings.Cflag |= unix.CRTSCTS
		if err := unix.IoctlSetTermios(fd, unix.TCSETS, settings); err != nil {
			return fmt.Errorf("%w: %w", ErrFlowControl, err)
		}
	}
	if err := unix.IoctlSetInt(fd, unix.TIOCEXCL, 0); err != nil {
		return fromSystem(err)
	}
	return nil
}

func (l line) Read(p []byte) (int, error) {
	n, err := l.File.Read(p)
	if err != nil {
		err = ended(err)
	}
	return n, err
}

func (l line) Write(p []byte) (int, error) {
	n, err := l.File.Write(p)
	if err != nil && !errors.Is(err, os.ErrClosed) {
		err = fmt.Errorf("uart: %w", err)
	}
	return n, err
}
