package conformance_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"
	"blesmp/smp"
	"blesmp/smp/smptest/conformance"

	"github.com/google/go-cmp/cmp"
)

// product is somebody's device with a host of its own, which is attached to the
// air over a stream.
type product struct {
	host    *hci.Host
	manager *smp.Manager
}

// newProduct attaches a device; detach takes it away again.
func newProduct(t *testing.T, air *virtual.Air, policy smp.Policy) (p *product, detach func()) {
	t.Helper()
	near, far := net.Pipe()
	served := make(chan error, 1)
	controller := air.NewController(virtual.Config{})
	go func() { served <- controller.Serve(far) }()
	host, err := hci.NewHost(t.Context(), transport.NewH4(near), hci.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p = &product{host: host, manager: smp.NewManager(bond.NewMemory(), smp.Options{Policy: policy})}
	if err := p.manager.Serve(host); err != nil {
		t.Fatal(err)
	}
	return p, func() {
		_ = host.Close()
		<-host.Done()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}
}

func (p *product) Advertise(ctx context.Context) error {
	return p.host.Advertise(ctx, hci.AdvertisingParameters{})
}

func (p *product) Pair(ctx context.Context, peer bt.TypedAddress) error {
	if err := p.host.StopAdvertising(ctx); err != nil {
		return err
	}
	go func() {
		conn, err := p.host.Connect(ctx, peer)
		if err != nil {
			return
		}
		f := smp.DefaultFeatures()
		f.Bonding = false
		// Whether that succeeds is for the peer to see.
		_, _ = p.manager.Session(conn).Pair(ctx, f)
	}()
	return nil
}

// TestForeign plays what can be played against a device that is attached like a
// foreign one.
func TestForeign(t *testing.T) {
	played := 0
	for _, s := range conformance.All() {
		if !s.Foreign {
			continue
		}
		played++
		t.Run(s.ID, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				air := virtual.NewAir(virtual.Options{})
				device, detach := newProduct(t, air, smp.Policy{})
				defer detach()
				r := s.RunAgainst(t.Context(), conformance.Target{Air: air, Person: device, Pause: 10 * time.Minute})
				if r.Err != nil {
					t.Error(r.Err)
				}
			})
		})
	}
	if played < 20 {
		t.Errorf("%d scenarios can be played against a foreign device, want 20 or more", played)
	}
}

// TestForeignFails finds a device that does not let anybody pair.
func TestForeignFails(t *testing.T) {
	scenarios, err := conformance.Select("SM/PER/JW/BV-02-C")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		air := virtual.NewAir(virtual.Options{})
		device, detach := newProduct(t, air, smp.Policy{NotPairable: true})
		defer detach()
		r := scenarios[0].RunAgainst(t.Context(), conformance.Target{Air: air, Person: device})
		if r.Err == nil {
			t.Error("passed")
		}
	})
}

// TestForeignRole leaves out what the device cannot be.
func TestForeignRole(t *testing.T) {
	scenarios, err := conformance.Select("SM/CEN/JW/BV-01-C")
	if err != nil {
		t.Fatal(err)
	}
	target := conformance.Target{Air: virtual.NewAir(virtual.Options{}), Roles: []bt.Role{bt.Peripheral}}
	r := scenarios[0].RunAgainst(t.Context(), target)
	if !errors.Is(r.Err, conformance.ErrNotPlayed) {
		t.Errorf("got %v, want ErrNotPlayed", r.Err)
	}
	report := conformance.Report{Results: []conformance.Result{r}}
	if diff := cmp.Diff("0 of 0 LE, 0 of 0 attacks", report.Summary()); diff != "" || !report.OK() {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}
