//go:build !race

package smp_test

import (
	"runtime"
	"testing"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// crowd is a controller with more links than any that is built: it says that
// peers have connected, though there are none.
type crowd struct {
	transport.Transport
	events chan []byte
}

func newCrowd(inner transport.Transport) *crowd {
	c := &crowd{Transport: inner, events: make(chan []byte)}
	go func() {
		for {
			packet, err := inner.ReadPacket(nil)
			if err != nil {
				close(c.events)
				return
			}
			c.events <- packet
		}
	}()
	return c
}

func (c *crowd) ReadPacket(buf []byte) ([]byte, error) {
	packet, ok := <-c.events
	if !ok {
		return c.Transport.ReadPacket(buf)
	}
	return append(buf[:0], packet...), nil
}

// linksPerHost is below the number of connection handles (Core Vol 4, Part E,
// 5.4.2).
const linksPerHost = 2500

// join makes links to n peers, as peripheral.
func (c *crowd) join(t testing.TB, host *hci.Host, n int) {
	t.Helper()
	for i := range n {
		c.events <- hci.AppendLEEvent(nil, &hci.LEEnhancedConnectionComplete{
			ConnectionHandle:   uint16(i),
			Role:               bt.Peripheral,
			PeerAddress:        bt.Address{0x00, 0x5e, 0, 0, byte(i >> 8), byte(i)},
			ConnectionInterval: 24,
			SupervisionTimeout: 400,
		})
		if _, err := host.Accept(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// inUse is the memory of heap and stacks.
func inUse() int {
	for range 3 {
		runtime.GC() // pools are emptied by the second
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc + m.StackInuse)
}

// TestIdleLinks holds many links in one process, with Conn, L2CAP, Session and
// Procedure of our side, and measures what each of them costs.
func TestIdleLinks(t *testing.T) {
	const hosts = 4
	const perLink = 3 << 10 // octets
	air := virtual.NewAir(virtual.Options{})
	manager := smp.NewManager(bond.NewMemory(), smp.Options{})
	var all [hosts]*hci.Host
	var crowds [hosts]*crowd
	for i := range all {
		controller := air.NewController(virtual.Config{PublicAddress: bt.Address{0, 0, 0, 0, 0, byte(i + 1)}})
		crowds[i] = newCrowd(controller)
		host, err := hci.NewHost(t.Context(), crowds[i], hci.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			_ = host.Close()
			<-host.Done()
		}()
		if err := manager.Serve(host); err != nil {
			t.Fatal(err)
		}
		all[i] = host
	}
	goroutines, before := runtime.NumGoroutine(), inUse()
	for i := range all {
		crowds[i].join(t, all[i], linksPerHost)
	}
	quiet(t, goroutines)
	each := (inUse() - before) / (hosts * linksPerHost)
	t.Logf("%d links: %d octets each, all included", hosts*linksPerHost, each)
	if sessions := len(manager.Sessions()); sessions != hosts*linksPerHost {
		t.Errorf("%d sessions, want %d", sessions, hosts*linksPerHost)
	}
	if each >= perLink {
		t.Errorf("an idle link costs %d octets, want less than %d", each, perLink)
	}
	runtime.KeepAlive(all)
}

// quiet waits until no more goroutines run than before: an idle link has none.
func quiet(t testing.TB, want int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > want; {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, want %d", runtime.NumGoroutine(), want)
		}
		runtime.Gosched()
	}
}
