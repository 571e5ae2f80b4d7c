package smp_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// garden is one central with many sensors.
type garden struct {
	t       *testing.T
	central *plant
	sensors []*plant
}

// plant is one device of a garden; conn is the central's end of a sensor's link.
type plant struct {
	host    *hci.Host
	manager *smp.Manager
	store   bond.Store
	conn    *hci.Conn
	session *smp.Session // the sensor's
}

func newGarden(t *testing.T, count int, central smp.Options, sensor func(bt.TypedAddress) smp.Options) *garden {
	t.Helper()
	g := &garden{t: t}
	air := virtual.NewAir(virtual.Options{})
	plant := func(address bt.TypedAddress, options smp.Options) *plant {
		t.Helper()
		controller := air.NewController(virtual.Config{PublicAddress: address.Address, MaxLinks: count, ACLPackets: 4})
		host, err := hci.NewHost(t.Context(), controller, hci.Options{})
		if err != nil {
			t.Fatal(err)
		}
		p := &plant{host: host, store: bond.NewMemory()}
		p.manager = smp.NewManager(p.store, options)
		if err := p.manager.Serve(host); err != nil {
			t.Fatal(err)
		}
		return p
	}
	g.central = plant(centralAddress, central)
	for i := range count {
		address := bt.TypedAddress{Address: bt.Address{0, 0, 0x5e, 1, byte(i >> 8), byte(i)}}
		g.sensors = append(g.sensors, plant(address, sensor(address)))
	}
	return g
}

// connect links the central with all sensors.
func (g *garden) connect() {
	g.t.Helper()
	for _, d := range g.sensors {
		if err := d.host.Advertise(g.t.Context(), hci.AdvertisingParameters{}); err != nil {
			g.t.Fatal(err)
		}
		var err error
		if d.conn, err = g.central.host.Connect(g.t.Context(), d.host.Identity()); err != nil {
			g.t.Fatal(err)
		}
		theirs, err := d.host.Accept(g.t.Context())
		if err != nil {
			g.t.Fatal(err)
		}
		d.session = d.manager.Session(theirs)
	}
}

func (g *garden) close() {
	for _, d := range append([]*plant{g.central}, g.sensors...) {
		_ = d.host.Close()
		<-d.host.Done()
	}
}

// TestManager_manyLinks pairs fifty sensors at once, legacy and LE Secure
// Connections, and encrypts them all again on their next links.
func TestManager_manyLinks(t *testing.T) {
	const count = 50
	bubble(t, func(t *testing.T) {
		legacy := func(address bt.TypedAddress) bool { return address.Address[5]%2 == 1 }
		g := newGarden(t, count, smp.Options{}, func(address bt.TypedAddress) smp.Options {
			return smp.Options{Features: with(func(f *smp.Features) { f.SC = !legacy(address) })}
		})
		defer g.close()
		all := func(what string, do func(s *smp.Session) error) {
			errs := make(chan error, count)
			for _, d := range g.sensors {
				go func() { errs <- do(g.central.manager.Session(d.conn)) }()
			}
			for range count {
				if err := <-errs; err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
			synctest.Wait()
			for _, d := range g.sensors {
				for _, s := range []*smp.Session{g.central.manager.Session(d.conn), d.session} {
					level, encrypted := s.Level()
					want := smp.Level{SC: !legacy(d.host.Identity()), KeySize: 16}
					if !encrypted || level != want || !s.Bonded() {
						t.Errorf("%s: %v of %v: %v %t", what, s.Role(), d.host.Identity(), level, encrypted)
					}
				}
			}
		}
		g.connect()
		all("pair", func(s *smp.Session) error {
			result, err := s.Pair(t.Context(), smp.DefaultFeatures())
			if err == nil && !result.Bonded {
				err = fmt.Errorf("no bond")
			}
			return err
		})
		if n := len(g.central.manager.Sessions()); n != count {
			t.Errorf("%d sessions, want %d", n, count)
		}
		for _, s := range g.central.manager.Sessions() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			<-s.Done()
		}
		synctest.Wait()
		if n := len(g.central.manager.Sessions()); n != 0 {
			t.Errorf("%d sessions without a link", n)
		}
		g.connect()
		all("encrypt", func(s *smp.Session) error {
			_, err := s.Secure(t.Context(), smp.Level{})
			return err
		})
	})
}
