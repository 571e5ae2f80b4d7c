package uart

import "golang.org/x/sys/unix"

// flow switches on the hardware flow control of a device. The driver for serial
// ports switches it off and has no means for it, but the setting belongs to the
// device: a second descriptor, opened before the driver has the device to
// itself, reaches it.
type flow struct {
	fd int // -1 where nothing is to be set
}

func openFlow(device string, rtscts bool) (*flow, error) {
	if !rtscts {
		return &flow{fd: -1}, nil
	}
	fd, err := unix.Open(device, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fromSystem(err)
	}
	return &flow{fd: fd}, nil
}

func (f *flow) set() error {
	if f.fd < 0 {
		return nil
	}
	settings, err := unix.IoctlGetTermios(f.fd, unix.TIOCGETA)
	if err != nil {
		return err
	}
	settings.Cflag |= unix.CRTSCTS
	return unix.IoctlSetTermios(f.fd, unix.TIOCSETA, settings)
}

func (f *flow) close() {
	if f.fd >= 0 {
		_ = unix.Close(f.fd)
	}
}
