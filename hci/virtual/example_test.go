package virtual_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"testing"
	"testing/synctest"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
)

// Example connects two hosts inside one process.
func Example() {
	ctx := context.Background()
	air := virtual.NewAir(virtual.Options{})
	peripheral, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
	if err != nil {
		log.Fatal(err)
	}
	central, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if err := peripheral.Advertise(ctx, hci.AdvertisingParameters{}); err != nil {
		log.Fatal(err)
	}
	conn, err := central.Connect(ctx, peripheral.Identity())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(conn.Role(), "of", conn.PeerAddress())

	air.Links()[0].Drop()
	<-conn.Done()
	fmt.Println("out of range:", errors.Is(conn.Err(), bt.ConnectionTimeout))
	// Output:
	// central of 00:00:5E:00:53:01/public
	// out of range: true
}

// recorder is a bt.LinkHandler that writes down what it hears.
type recorder struct {
	link  bt.Link
	key   bt.Key
	heard chan string
}

func (r *recorder) HandleSMP(pdu []byte)          { r.heard <- fmt.Sprintf("SMP %x", pdu) }
func (r *recorder) HandleDelivered(number uint64) { r.heard <- fmt.Sprintf("delivered %d", number) }

func (r *recorder) HandleEncryption(status bt.Status, enabled, refreshed bool) {
	r.heard <- fmt.Sprintf("encryption %s %t %t", status.String(), enabled, refreshed)
}

func (r *recorder) HandleLTKRequest(rand uint64, ediv uint16) {
	r.heard <- fmt.Sprintf("key for %x %x", rand, ediv)
	if err := r.link.ReplyLTK(r.key); err != nil {
		r.heard <- err.Error()
	}
}

func (r *recorder) HandleDisconnected(reason bt.Status) { r.heard <- "gone " + reason.String() }

// TestHosts runs two of our own hosts, in a bubble: nothing waits for real time.
func TestHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		air := virtual.NewAir(virtual.Options{})
		var hosts [2]*hci.Host
		var handlers [2]*recorder
		for i := range hosts {
			host, err := hci.NewHost(ctx, air.NewController(virtual.Config{ACLLength: 27, ACLPackets: 2}), hci.Options{})
			if err != nil {
				t.Fatal(err)
			}
			handlers[i] = &recorder{key: ltk, heard: make(chan string, 16)}
			host.ServeLinks(func(link bt.Link) bt.LinkHandler {
				handlers[i].link = link
				return handlers[i]
			})
			hosts[i] = host
			defer func() {
				if err := host.Close(); err != nil {
					t.Error(err)
				}
				<-host.Done()
			}()
		}
		central, peripheral := handlers[0], handlers[1]
		if err := hosts[1].Advertise(ctx, hci.AdvertisingParameters{}); err != nil {
			t.Fatal(err)
		}
		conn, err := hosts[0].Connect(ctx, hosts[1].Identity())
		if err != nil {
			t.Fatal(err)
		}
		hears := func(r *recorder, want ...string) {
			t.Helper()
			for _, w := range want {
				if got := <-r.heard; got != w {
					t.Fatalf("heard %q, want %q", got, w)
				}
			}
		}
		pdu := make([]byte, 65) // in several fragments
		pdu[0] = 0x0c
		if _, err := conn.SendSMP(pdu); err != nil {
			t.Fatal(err)
		}
		hears(peripheral, fmt.Sprintf("SMP %x", pdu))
		hears(central, "delivered 1")
		if err := conn.StartEncryption(ltk, 0x1122334455667788, 0x99aa); err != nil {
			t.Fatal(err)
		}
		hears(peripheral, "key for 1122334455667788 99aa", "encryption success (0x00) true false")
		hears(central, "encryption success (0x00) true false")
		if err := conn.StartEncryption(ltk, 0, 0); err != nil {
			t.Fatal(err)
		}
		hears(peripheral, "key for 0 0", "encryption success (0x00) true true")
		hears(central, "encryption success (0x00) true true")
		if err := conn.Disconnect(bt.RemoteUserTerminated); err != nil {
			t.Fatal(err)
		}
		hears(peripheral, "gone "+bt.RemoteUserTerminated.String())
		hears(central, "gone "+bt.LocalHostTerminated.String())
	})
}
