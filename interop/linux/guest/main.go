//go:build linux

// Command guest is the only program of the Linux guest: its first process, which
// the kernel starts as /init. It joins the guest's virtual HCI device to the
// host's virtual controller (H4 on /dev/ttyS0), and opens the kernel's
// management and L2CAP sockets for whoever sends it lines of JSON on
// /dev/ttyS1. See requests.go for what it understands.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"blesmp/hci/transport"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "guest: %v\n", err)
	}
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

func run() error {
	if err := mount(); err != nil {
		return err
	}
	if err := seed(); err != nil {
		return err
	}
	control, err := openTTY("/dev/ttyS1")
	if err != nil {
		return err
	}
	s := &server{control: control, sockets: map[int]int{}}
	if err := s.pump(); err != nil {
		return err
	}
	return s.serve()
}

func mount() error {
	for _, m := range []struct{ kind, at string }{{"proc", "/proc"}, {"sysfs", "/sys"}, {"debugfs", "/sys/kernel/debug"}, {"tmpfs", "/tmp"}} {
		if err := unix.Mount(m.kind, m.at, m.kind, 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.at, err)
		}
	}
	return nil
}

// seedSize is how many octets the host puts into /seed.
const seedSize = 64

// seed gives the kernel the host's randomness. It has none of its own, and
// whoever asks for some would wait forever.
func seed() error {
	random, err := os.ReadFile("/seed")
	if err != nil {
		return err
	}
	if len(random) != seedSize {
		return fmt.Errorf("/seed has %d octets, not %d", len(random), seedSize)
	}
	device, err := os.OpenFile("/dev/random", os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { _ = device.Close() }()
	pool := struct {
		bits, size int32
		octets     [seedSize]byte
	}{8 * seedSize, seedSize, [seedSize]byte(random)}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, device.Fd(), unix.RNDADDENTROPY, uintptr(unsafe.Pointer(&pool)))
	if errno != 0 {
		return fmt.Errorf("/dev/random: %w", errno)
	}
	return nil
}

// openTTY opens a serial line and makes it carry octets as they are.
func openTTY(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, t); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return os.NewFile(uintptr(fd), path), nil
}

// server answers requests.
type server struct {
	control *os.File

	mu      sync.Mutex // of writing, and of sockets
	sockets map[int]int
	mgmt    int
}

// pump joins a new virtual HCI device to the host's controller.
func (s *server) pump() error {
	tty, err := openTTY("/dev/ttyS0")
	if err != nil {
		return err
	}
	fd, err := unix.Open("/dev/vhci", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("/dev/vhci: %w", err)
	}
	vhci := os.NewFile(uintptr(fd), "/dev/vhci")
	if _, err := vhci.Write([]byte{vendorPacket, 0}); err != nil {
		return fmt.Errorf("/dev/vhci: %w", err)
	}
	controller := transport.NewH4(tty)
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := vhci.Read(buf) // one packet
			if err != nil {
				s.fatal(err)
				return
			}
			if n == 0 || buf[0] == vendorPacket {
				continue
			}
			if err := controller.WritePacket(buf[:n]); err != nil {
				s.fatal(err)
				return
			}
		}
	}()
	go func() {
		var buf []byte
		for {
			p, err := controller.ReadPacket(buf)
			if err != nil {
				s.fatal(err)
				return
			}
			if _, err := vhci.Write(p); err != nil {
				// The kernel refuses packets of a device that is down.
				if errors.Is(err, unix.ENETDOWN) || errors.Is(err, unix.ENXIO) {
					continue
				}
				s.fatal(err)
				return
			}
			buf = p
		}
	}()
	return nil
}

// vendorPacket is the type of the packets that are between vhci and its owner.
const vendorPacket = 0xff

// serve reads requests until there are no more.
func (s *server) serve() error {
	s.say(response{Event: "ready"})
	lines := bufio.NewReader(s.control)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return err
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			s.say(response{Event: "error", Error: err.Error()})
			continue
		}
		if r.Do == "off" {
			return nil
		}
		s.handle(r)
	}
}

// say writes one line.
func (s *server) say(r response) {
	line, err := json.Marshal(r)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.control.Write(append(line, '\n'))
}

func (s *server) fatal(err error) { s.say(response{Event: "error", Error: err.Error()}) }
