package transport

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// bluetooth is what the user channel needs of the kernel.
type bluetooth struct {
	socket func(domain, kind, protocol int) (int, error)
	bind   func(fd int, address unix.Sockaddr) error
	close  func(fd int) error
}

var kernel = bluetooth{socket: unix.Socket, bind: unix.Bind, close: unix.Close}

func openUserChannel(t target) (Transport, error) {
	fd, err := kernel.userChannel(t)
	if err != nil {
		return nil, err
	}
	return newDatagrams(os.NewFile(uintptr(fd), t.name), channelEnded), nil
}

// userChannel opens the socket that has a controller to itself. It does not
// block, so that closing it ends a read.
func (b bluetooth) userChannel(t target) (fd int, err error) {
	fd, err = b.socket(unix.AF_BLUETOOTH, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.BTPROTO_HCI)
	if err != nil {
		return -1, socketError(t, err)
	}
	if err := b.bind(fd, &unix.SockaddrHCI{Dev: t.index, Channel: unix.HCI_CHANNEL_USER}); err != nil {
		_ = b.close(fd)
		return -1, bindError(t, err)
	}
	return fd, nil
}

const tryCapability = `sudo, or sudo setcap cap_net_admin+ep on the program`

func socketError(t target, err error) error {
	failed := &OpenError{Address: t.name, Err: err}
	switch {
	case errors.Is(err, unix.EAFNOSUPPORT), errors.Is(err, unix.EPROTONOSUPPORT):
		failed.Problem = "this kernel has no Bluetooth"
		failed.Try = "sudo modprobe bluetooth, or a controller at serial:DEVICE,BAUD, tcp:HOST:PORT or unix:PATH"
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		failed.Problem, failed.Try = "no permission (CAP_NET_ADMIN)", tryCapability
	}
	return failed
}

func bindError(t target, err error) error {
	failed := &OpenError{Address: t.name, Err: err}
	switch {
	case errors.Is(err, unix.EBUSY), errors.Is(err, unix.EALREADY):
		failed.Problem = "the interface is up: the kernel uses it"
		failed.Try = fmt.Sprintf("sudo hciconfig %s down, or bluetoothctl power off", t.name)
	case errors.Is(err, unix.EUSERS):
		failed.Problem = "another program has the interface's user channel"
		failed.Try = "ending that program"
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		failed.Problem, failed.Try = "no permission (CAP_NET_ADMIN)", tryCapability
	case errors.Is(err, unix.ENODEV):
		failed.Problem = "there is no such interface"
		failed.Try = "ls /sys/class/bluetooth to see which there are"
	case errors.Is(err, unix.ERFKILL):
		failed.Problem, failed.Try = "the radio is switched off", "rfkill unblock bluetooth"
	case errors.Is(err, unix.EINVAL):
		failed.Problem = "this kernel has no HCI user channel"
		failed.Try = "Linux 3.13 or newer"
	}
	return failed
}

// errRemoved says that the user channel has lost its controller.
var errRemoved = errors.New("the interface is gone: it was removed, or its driver failed")

// channelEnded puts the errors of a user channel in words.
func channelEnded(err error) error {
	for _, gone := range []error{unix.EPIPE, unix.ENODEV, unix.EBADFD, unix.ENETDOWN} {
		if errors.Is(err, gone) {
			return fmt.Errorf("%w (%w)", errRemoved, gone)
		}
	}
	return err
}
