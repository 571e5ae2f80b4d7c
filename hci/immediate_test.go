package hci_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"blesmp/hci"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"
)

// counted counts what is written to a virtual controller, which takes packets at
// once.
type counted struct {
	*virtual.Controller
	writes int
}

func (c *counted) WritePacket(p []byte) error {
	c.writes++
	return c.Controller.WritePacket(p)
}

// stuck is a transport whose writes can be made to wait.
type stuck struct {
	transport.Transport
	wait chan struct{} // nil lets them go on
}

func (s *stuck) WritePacket(p []byte) error {
	if s.wait != nil {
		<-s.wait
	}
	return s.Transport.WritePacket(p)
}

// TestHost_immediate wants a packet to be at a controller that takes it at once
// when the call that sends it returns, and an error of it to end the host.
func TestHost_immediate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		controller := &counted{Controller: virtual.NewAir(virtual.Options{}).NewController(virtual.Config{})}
		host, err := hci.NewHost(t.Context(), controller, hci.Options{})
		if err != nil {
			t.Fatal(err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		before := controller.writes
		_ = host.Command(gone, &hci.LERand{}, nil) // answered, or given up
		if controller.writes != before+1 {
			t.Errorf("%d packets written, want one", controller.writes-before)
		}
		if err := controller.Close(); err != nil {
			t.Error(err)
		}
		<-host.Done()
		if _, err := host.Rand(t.Context()); err == nil || !errors.Is(host.Err(), err) {
			t.Errorf("error %v, want that of the host, %v", err, host.Err())
		}
	})
}

// TestHost_stuck wants nobody to wait for a transport that waits.
func TestHost_stuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		controller := &stuck{Transport: virtual.NewAir(virtual.Options{}).NewController(virtual.Config{})}
		host, err := hci.NewHost(t.Context(), controller, hci.Options{})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		controller.wait = make(chan struct{})
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := host.Command(gone, &hci.LERand{}, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want %v", err, context.Canceled)
		}
		close(controller.wait)
		if _, err := host.Rand(t.Context()); err != nil {
			t.Error(err)
		}
		_ = host.Close()
		<-host.Done()
	})
}
