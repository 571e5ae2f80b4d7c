package transport_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"blesmp/hci/transport"
	"blesmp/hci/virtual"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// pty opens a pair of pseudo-terminals: the controller's end of a serial line,
// and the name of the host's.
func pty(t *testing.T) (controller *os.File, device string) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	controller = os.NewFile(uintptr(fd), "ptmx")
	t.Cleanup(func() { _ = controller.Close() })
	return controller, fmt.Sprintf("/dev/pts/%d", number)
}

func openLine(t *testing.T, address string) transport.Transport {
	t.Helper()
	line, err := transport.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = line.Close() })
	return line
}

// TestUART moves packets over a terminal, which has to be raw for it.
func TestUART(t *testing.T) {
	controller, device := pty(t)
	line := openLine(t, "serial:"+device+",115200")
	reset := []byte{0x01, 0x03, 0x0c, 0x00}
	if err := line.WritePacket(reset); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(reset))
	if _, err := io.ReadFull(controller, got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(reset, got); diff != "" {
		t.Errorf("Reset (-want +got):\n%s", diff)
	}
	all := []byte{0x02, 0x40, 0x20, 0x00, 0x01} // with every octet that a terminal might treat in its own way
	for i := range 256 {
		all = append(all, byte(i))
	}
	wire := append([]byte("Booting\r\n\x11\x13\x04\x0e\x04\x01\x03\x0c\x00"), all...)
	if _, err := controller.Write(wire); err != nil {
		t.Fatal(err)
	}
	for _, want := range [][]byte{packets[1], all} {
		got, err := line.ReadPacket(nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("packet (-want +got):\n%s", diff)
		}
	}
	if _, err := transport.Open(t.Context(), "serial:"+device+",115200"); os.Geteuid() != 0 && err == nil {
		t.Error("the line was opened twice")
	}
	if err := controller.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := line.ReadPacket(nil); !errors.Is(err, io.EOF) {
		t.Errorf("after the end of the line: got %v, want EOF", err)
	}
}

// TestUARTFlowControl looks at the terminal's settings.
func TestUARTFlowControl(t *testing.T) {
	for suffix, want := range map[string]bool{"": false, ",rtscts": true} {
		controller, device := pty(t)
		openLine(t, "serial:"+device+",230400"+suffix)
		raw, err := controller.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var settings *unix.Termios
		if err := raw.Control(func(fd uintptr) { settings, err = unix.IoctlGetTermios(int(fd), unix.TCGETS) }); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := settings.Cflag&unix.CRTSCTS != 0; got != want {
			t.Errorf("%q: flow control %t, want %t", suffix, got, want)
		}
		if got := settings.Cflag & (unix.CSIZE | unix.PARENB | unix.CSTOPB); got != unix.CS8 {
			t.Errorf("%q: settings %#o are not 8N1", suffix, settings.Cflag)
		}
		if settings.Iflag&(unix.IXON|unix.IXOFF|unix.ICRNL) != 0 || settings.Lflag&(unix.ICANON|unix.ECHO) != 0 {
			t.Errorf("%q: the terminal is not raw", suffix)
		}
		if got := settings.Cflag & unix.CBAUD; got != unix.B230400 {
			t.Errorf("%q: baud rate %#o", suffix, got)
		}
	}
}

// TestUARTClose ends a read, and a write that nobody takes.
func TestUARTClose(t *testing.T) {
	_, device := pty(t)
	line := openLine(t, "serial:"+device+",115200")
	large := make([]byte, 5+0xff00)
	copy(large, []byte{0x02, 0x40, 0x20, 0x00, 0xff})
	ended := make(chan error, 2)
	go func() {
		_, err := line.ReadPacket(nil)
		ended <- err
	}()
	started := make(chan struct{})
	go func() {
		close(started)
		for {
			if err := line.WritePacket(large); err != nil {
				ended <- err
				return
			}
		}
	}()
	<-started
	if err := line.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-ended; !errors.Is(err, os.ErrClosed) {
			t.Errorf("got %v, want a closed line", err)
		}
	}
}

// TestPairOverUART pairs two hosts over serial lines, of which one has flow
// control.
func TestPairOverUART(t *testing.T) {
	air := virtual.NewAir(virtual.Options{})
	var addresses [2]string
	for i, settings := range []string{",115200", ",1000000,rtscts"} {
		controller, device := pty(t)
		addresses[i] = "serial:" + device + settings
		served := make(chan error, 1)
		go func() { served <- air.NewController(virtual.Config{}).Serve(hangup{controller}) }()
		t.Cleanup(func() {
			if err := <-served; err != nil {
				t.Errorf("%s: %v", device, err)
			}
		})
	}
	pairOver(t, addresses)
}

// hangup is the controller's end of a terminal, which ends with an error where
// the host's end is closed.
type hangup struct{ *os.File }

func (h hangup) Read(p []byte) (int, error) {
	n, err := h.File.Read(p)
	if errors.Is(err, unix.EIO) {
		err = io.EOF
	}
	return n, err
}
