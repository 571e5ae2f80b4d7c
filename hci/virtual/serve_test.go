package virtual_test

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"
)

// serve puts a controller behind a listener and gives a host's transport to it.
func serve(t *testing.T, c *virtual.Controller, network, address string) (host transport.Transport, ended <-chan error) {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			done <- err
			return
		}
		done <- c.Serve(conn)
	}()
	host, err = transport.Open(context.Background(), network+":"+listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return host, done
}

// TestServe runs two hosts over sockets, and has one of them go away.
func TestServe(t *testing.T) {
	air := virtual.NewAir(virtual.Options{})
	overTCP, endedTCP := serve(t, air.NewController(virtual.Config{PublicAddress: publicA}), "tcp", "127.0.0.1:0")
	overUnix, endedUnix := serve(t, air.NewController(virtual.Config{PublicAddress: publicB}),
		"unix", filepath.Join(t.TempDir(), "b"))
	a, b := newHost(t, "tcp", overTCP), newHost(t, "unix", overUnix)
	b.advertise(advertising())
	a.ok(connection(publicB), nil)
	if e, ok := a.read().(*hci.LEConnectionComplete); !ok || e.PeerAddress != publicB {
		t.Fatalf("central got %+v", e)
	}
	complete, ok := b.read().(*hci.LEConnectionComplete)
	if !ok || complete.PeerAddress != publicA {
		t.Fatalf("peripheral got %+v", complete)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-endedTCP; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if e, ok := b.read().(*hci.DisconnectionComplete); !ok || e.Reason != bt.ConnectionTimeout {
		t.Errorf("peripheral got %+v", e)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-endedUnix; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if n := len(air.Links()); n != 0 {
		t.Errorf("%d links left", n)
	}
}

// TestServeAgain gives the controller to a second host, to which nothing of the
// first comes.
func TestServeAgain(t *testing.T) {
	c := virtual.NewAir(virtual.Options{}).NewController(virtual.Config{})
	for range 2 {
		ours, theirs := net.Pipe()
		done := make(chan error)
		go func() { done <- c.Serve(theirs) }()
		h := newHost(t, "host", transport.NewH4(ours))
		h.advertise(advertising())
		go func() { _ = h.WritePacket(command(&hci.LERand{})) }() // and nobody reads the answer
		_ = ours.Close()
		if err := <-done; err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("Serve: %v", err)
		}
	}
	if err := c.WritePacket(command(advertising())); err != nil { // advertising is off
		t.Fatal(err)
	}
	got, err := c.ReadPacket(nil)
	if err != nil || got[len(got)-1] != 0 {
		t.Errorf("ReadPacket: % x, %v", got, err)
	}
}

func TestServeBrokenStream(t *testing.T) {
	c := virtual.NewAir(virtual.Options{}).NewController(virtual.Config{})
	for _, octets := range [][]byte{{0x77}, {1, 3, 0x0c}, {4, 0x0e, 0}} {
		ours, theirs := net.Pipe()
		go func() {
			_, _ = ours.Write(octets)
			_ = ours.Close()
		}()
		if err := c.Serve(theirs); err == nil {
			t.Errorf("% x: no error", octets)
		}
	}
}

// TestClosedWhileServed ends Serve.
func TestClosedWhileServed(t *testing.T) {
	c := virtual.NewAir(virtual.Options{}).NewController(virtual.Config{})
	ours, theirs := net.Pipe()
	done := make(chan error)
	go func() { done <- c.Serve(theirs) }()
	newHost(t, "host", transport.NewH4(ours))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// TestConcurrentHosts has many hosts connect, encrypt and talk at a time.
func TestConcurrentHosts(t *testing.T) {
	air := virtual.NewAir(virtual.Options{})
	var all sync.WaitGroup
	for i := range 8 {
		central := air.NewController(virtual.Config{PublicAddress: bt.Address{0, 1, 5: byte(i)}, ACLLength: 27, ACLPackets: 2})
		peripheral := air.NewController(virtual.Config{PublicAddress: bt.Address{0, 2, 5: byte(i)}, ACLLength: 27, ACLPackets: 3})
		all.Go(func() {
			a, b := newHost(t, "central", central), newHost(t, "peripheral", peripheral)
			for range 5 {
				b.advertise(advertising())
				a.ok(connection(peripheral.PublicAddress()), nil)
				p := &pair{air: air, a: a, b: b, link: central.Links()[0]}
				p.central, p.peripheral = p.link.Handle(bt.Central), p.link.Handle(bt.Peripheral)
				a.take()
				b.take()
				p.encrypt(ltk)
				for range 20 {
					p.exchange()
				}
				a.ok(&hci.Disconnect{ConnectionHandle: p.central, Reason: bt.RemoteUserTerminated}, nil)
				a.take()
				b.take()
			}
		})
	}
	all.Wait()
}
