package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"blesmp/hci/virtual"
)

// world is an air with a controller for each of two devices, and a bond file
// for each.
type world struct {
	t           *testing.T
	air         *virtual.Air
	controllers [2]*virtual.Controller
	addresses   [2]string // of the controllers' transports
	bonds       [2]string
}

const (
	theCentral = iota
	thePeripheral
)

// newWorld serves two controllers, one over TCP and one over a unix socket.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, air: virtual.NewAir(virtual.Options{})}
	folder := t.TempDir()
	for i, network := range []string{"tcp", "unix"} {
		address := "127.0.0.1:0"
		if network == "unix" {
			// A test's own folder may be too long for a socket.
			short, err := os.MkdirTemp("", "smp")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(short) })
			address = filepath.Join(short, "hci")
		}
		listener, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		w.controllers[i] = w.air.NewController(virtual.Config{})
		w.addresses[i] = network + ":" + listener.Addr().String()
		w.bonds[i] = filepath.Join(folder, []string{"central.db", "peripheral.db"}[i])
		go serve(listener, w.controllers[i])
	}
	return w
}

// serve lets one host after the other use a controller.
func serve(listener net.Listener, c *virtual.Controller) {
	for {
		stream, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			_ = c.Serve(stream) // the host is gone
		}
	}
}

// run runs a command on one of the controllers.
func (w *world) run(side int, command string, args ...string) *process {
	w.t.Helper()
	all := append([]string{command, "--transport", w.addresses[side], "--bonds", w.bonds[side]}, args...)
	return start(w.t, command, all...)
}

// address gives the public address of a controller, as pair takes it.
func (w *world) address(side int) string {
	return w.controllers[side].PublicAddress().String()
}
