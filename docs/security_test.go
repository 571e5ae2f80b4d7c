package docs_test

import (
	"context"
	"testing"
	"time"

	"blesmp/bond"
	"blesmp/hci"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// TestSecure asks for more than two devices without input and output can give.
func TestSecure(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	air := virtual.NewAir(virtual.Options{})
	var hosts [2]*hci.Host
	var managers [2]*smp.Manager
	for i := range hosts {
		host, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = host.Close() }()
		hosts[i], managers[i] = host, smp.NewManager(bond.NewMemory(), smp.Options{})
		if err := managers[i].Serve(host); err != nil {
			t.Fatal(err)
		}
	}
	if err := hosts[1].Advertise(ctx, hci.AdvertisingParameters{}); err != nil {
		t.Fatal(err)
	}
	conn, err := hosts[0].Connect(ctx, hosts[1].Identity())
	if err != nil {
		t.Fatal(err)
	}
	session := managers[0].Session(conn)
	level, err := session.Secure(ctx, smp.Level{MITM: true, SC: true})
	if err == nil {
		t.Errorf("two devices without input and output came to %v", level)
	}
}
