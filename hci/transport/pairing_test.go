package transport_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"
	"blesmp/smp"

	"github.com/google/go-cmp/cmp"
)

// serve puts a virtual controller behind an address, and gives the address at
// which it is reached.
func serve(t *testing.T, c *virtual.Controller, address string) string {
	t.Helper()
	listener, err := transport.Listen(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			served <- err
			return
		}
		served <- c.Serve(conn)
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		if err := <-served; err != nil && !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: %v", address, err)
		}
	})
	scheme, _, _ := strings.Cut(address, ":")
	return scheme + ":" + listener.Addr().String()
}

// pairOver opens two controllers by their addresses and has their hosts pair,
// with a number that both compare.
func pairOver(t *testing.T, addresses [2]string) {
	t.Helper()
	var hosts [2]*hci.Host
	var managers [2]*smp.Manager
	paired := make(chan *smp.Result, 2)
	features := smp.DefaultFeatures()
	features.MITM, features.IOCapability = true, smp.DisplayYesNo
	for i, address := range addresses {
		host, err := hci.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = host.Close()
			<-host.Done()
		})
		hosts[i] = host
		managers[i] = smp.NewManager(bond.NewMemory(), smp.Options{
			Features: features,
			Prompter: smp.Prompter{
				DisplayPasskey: func(context.Context, *smp.Question) error { return nil },
				CompareNumber:  func(context.Context, *smp.Question) (bool, error) { return true, nil },
			},
			OnEvent: func(_ *smp.Session, e smp.Event) {
				if complete, ok := e.(smp.PairingCompleteEvent); ok {
					paired <- complete.Result
				}
			},
		})
		if err := managers[i].Serve(host); err != nil {
			t.Fatal(err)
		}
	}
	if err := hosts[1].Advertise(t.Context(), hci.AdvertisingParameters{}); err != nil {
		t.Fatal(err)
	}
	conn, err := hosts[0].Connect(t.Context(), hosts[1].Identity())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := managers[0].Session(conn).Pair(t.Context(), features); err != nil {
		t.Fatal(err)
	}
	want := smp.Level{MITM: true, SC: true, KeySize: 16, Model: smp.NumericComparison}
	for range 2 {
		if diff := cmp.Diff(want, (<-paired).Level); diff != "" {
			t.Errorf("level (-want +got):\n%s", diff)
		}
	}
	if err := conn.Disconnect(bt.RemoteUserTerminated); err != nil {
		t.Fatal(err)
	}
	<-conn.Done()
}

// TestPairOverSockets pairs two hosts, of which one reaches its controller over
// TCP and the other over a unix socket.
func TestPairOverSockets(t *testing.T) {
	air := virtual.NewAir(virtual.Options{})
	pairOver(t, [2]string{
		serve(t, air.NewController(virtual.Config{}), "tcp:127.0.0.1:0"),
		serve(t, air.NewController(virtual.Config{}), "unix:"+filepath.Join(t.TempDir(), "b.sock")),
	})
}
