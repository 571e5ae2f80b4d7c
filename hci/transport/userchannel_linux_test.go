package transport

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestUserChannelErrors holds what the kernel answers against what we say.
func TestUserChannelErrors(t *testing.T) {
	for _, test := range []struct {
		socket, bind error
		has          []string
	}{
		{socket: unix.EAFNOSUPPORT, has: []string{"this kernel has no Bluetooth", "modprobe bluetooth", "serial:DEVICE,BAUD"}},
		{socket: unix.EPROTONOSUPPORT, has: []string{"this kernel has no Bluetooth"}},
		{socket: unix.EPERM, has: []string{"CAP_NET_ADMIN", "setcap", "sudo"}},
		{socket: unix.EMFILE, has: []string{"too many open files"}},
		{bind: unix.EBUSY, has: []string{"the interface is up", "hciconfig hci3 down", "bluetoothctl power off"}},
		{bind: unix.EALREADY, has: []string{"the interface is up", "hciconfig hci3 down", "bluetoothctl power off"}},
		{bind: unix.EUSERS, has: []string{"another program"}},
		{bind: unix.EPERM, has: []string{"CAP_NET_ADMIN", "setcap", "sudo"}},
		{bind: unix.EACCES, has: []string{"CAP_NET_ADMIN"}},
		{bind: unix.ENODEV, has: []string{"no such interface", "/sys/class/bluetooth"}},
		{bind: unix.ERFKILL, has: []string{"switched off", "rfkill unblock"}},
		{bind: unix.EINVAL, has: []string{"no HCI user channel"}},
		{bind: unix.EIO, has: []string{"input/output error"}},
	} {
		closed := 0
		fake := bluetooth{
			socket: func(domain, kind, protocol int) (int, error) {
				got := []int{domain, kind &^ (unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK), protocol}
				if diff := cmp.Diff([]int{unix.AF_BLUETOOTH, unix.SOCK_RAW, unix.BTPROTO_HCI}, got); diff != "" {
					t.Errorf("socket (-want +got):\n%s", diff)
				}
				return 77, test.socket
			},
			bind: func(fd int, address unix.Sockaddr) error {
				hci, ok := address.(*unix.SockaddrHCI)
				if fd != 77 || !ok || hci.Dev != 3 || hci.Channel != unix.HCI_CHANNEL_USER {
					t.Errorf("bind(%d, %+v)", fd, address)
				}
				return test.bind
			},
			close: func(int) error { closed++; return nil },
		}
		_, err := fake.userChannel(target{scheme: "hci", name: "hci3", index: 3})
		cause := errors.Join(test.socket, test.bind)
		var failed *OpenError
		if !errors.As(err, &failed) || !errors.Is(cause, failed.Err) {
			t.Errorf("%v: got %v", cause, err)
			continue
		}
		for _, want := range append(test.has, "hci3") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %q does not say %q", cause, err, want)
			}
		}
		if want := map[bool]int{true: 1}[test.bind != nil]; closed != want {
			t.Errorf("%v: closed the socket %d times, want %d", cause, closed, want)
		}
	}
}

// pairOfSockets gives a transport on a socket that keeps packets apart, as the
// user channel does, and its other end.
func pairOfSockets(t *testing.T) (*datagrams, *os.File) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours := newDatagrams(os.NewFile(uintptr(fds[0]), "hci0"), channelEnded)
	far := os.NewFile(uintptr(fds[1]), "controller")
	t.Cleanup(func() {
		_ = ours.Close()
		_ = far.Close()
	})
	return ours, far
}

// TestUserChannelPackets moves packets both ways: one read or write is one
// packet.
func TestUserChannelPackets(t *testing.T) {
	ours, far := pairOfSockets(t)
	acl := append([]byte{ACLPacket, 0x40, 0x00, 0xfb, 0x00}, bytes.Repeat([]byte{0xa5}, 0xfb)...)
	for _, p := range [][]byte{{CommandPacket, 0x03, 0x0c, 0x00}, acl} {
		if err := ours.WritePacket(p); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, 1024)
	for _, want := range []int{4, len(acl)} {
		if n, err := far.Read(buf); err != nil || n != want {
			t.Errorf("the controller read %d octets, %v, want %d", n, err, want)
		}
	}
	var frame *FrameError
	if err := ours.WritePacket([]byte{CommandPacket, 0x03}); !errors.As(err, &frame) {
		t.Errorf("half a packet: got %v", err)
	}

	// What is no packet does not spoil the next one.
	incoming := [][]byte{{EventPacket, 0x0e, 0x04, 0x01, 0x03, 0x0c, 0x00}, {0x77, 0x01}, acl}
	for _, p := range incoming {
		if _, err := far.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range incoming {
		got, err := ours.ReadPacket(make([]byte, 0, 8))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("packet (-want +got):\n%s", diff)
		}
	}
	if err := far.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ours.ReadPacket(nil); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: got %v, want EOF", err)
	}
	if err := ours.WritePacket(incoming[0]); !errors.Is(err, errRemoved) || !errors.Is(err, unix.EPIPE) {
		t.Errorf("write after the end: got %v", err)
	}
}

// TestUserChannelClose ends a read that waits.
func TestUserChannelClose(t *testing.T) {
	ours, _ := pairOfSockets(t)
	ended := make(chan error)
	go func() {
		_, err := ours.ReadPacket(nil)
		ended <- err
	}()
	if err := ours.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v, want a closed file", err)
	}
	if err := ours.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
}

// TestUserChannelRemoved has the driver fail under a read.
func TestUserChannelRemoved(t *testing.T) {
	for _, errno := range []error{unix.EPIPE, unix.ENODEV, unix.EBADFD, unix.ENETDOWN} {
		_, err := newDatagrams(failing{errno}, channelEnded).ReadPacket(nil)
		if !errors.Is(err, errRemoved) || !errors.Is(err, errno) {
			t.Errorf("%v: got %v", errno, err)
		}
	}
	if _, err := newDatagrams(failing{unix.EIO}, channelEnded).ReadPacket(nil); errors.Is(err, errRemoved) || !errors.Is(err, unix.EIO) {
		t.Errorf("got %v", err)
	}
	if err := newDatagrams(short{}, nil).WritePacket([]byte{CommandPacket, 0x03, 0x0c, 0x00}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }
func (f failing) Close() error              { return nil }

type short struct{ failing }

func (short) Write([]byte) (int, error) { return 1, nil }
