package smp_test

import (
	"context"
	"fmt"
	"sync"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// A gateway pairs with many sensors at once. Each has a passkey of its own, as
// printed on its label; one person at the gateway looks it up and types it, one
// sensor after the other.
func ExampleOneAtATime_gateway() {
	ctx := context.Background()
	air := virtual.NewAir(virtual.Options{})
	labels := map[bt.TypedAddress]smp.Passkey{}
	var sensors []*hci.Host
	for n := range 4 {
		host := newHost(ctx, air)
		passkey := smp.Passkey(111111 * (n + 1))
		f := smp.DefaultFeatures()
		f.IOCapability, f.MITM = smp.DisplayOnly, true
		check(smp.NewManager(bond.NewMemory(), smp.Options{
			Features: f,
			// A label cannot change; a display that shows a new passkey for
			// each pairing is better.
			UnsafeFixedPasskey: &passkey,
			Prompter: smp.Prompter{
				DisplayPasskey: func(context.Context, *smp.Question) error { return nil },
			},
		}).Serve(host))
		check(host.Advertise(ctx, hci.AdvertisingParameters{}))
		labels[host.Identity()] = passkey
		sensors = append(sensors, host)
	}

	f := smp.DefaultFeatures()
	f.IOCapability = smp.KeyboardOnly
	gateway := smp.NewManager(bond.NewMemory(), smp.Options{
		Features:      f,
		EncryptBonded: true, // the next time without a question
		Prompter: smp.OneAtATime(smp.Prompter{
			EnterPasskey: func(_ context.Context, q *smp.Question) (smp.Passkey, error) {
				return labels[q.PeerIdentity], nil
			},
		}),
	})
	host := newHost(ctx, air)
	check(gateway.Serve(host))

	levels := make([]smp.Level, len(sensors))
	var all sync.WaitGroup
	for i, sensor := range sensors {
		conn, err := host.Connect(ctx, sensor.Identity())
		check(err)
		all.Go(func() {
			var err error
			levels[i], err = gateway.Session(conn).Secure(ctx, smp.Level{MITM: true})
			check(err)
		})
	}
	all.Wait()
	for i, sensor := range sensors {
		fmt.Println(sensor.Identity(), levels[i].Model)
	}
	// Output:
	// 00:00:5E:00:53:01/public passkey, initiator types
	// 00:00:5E:00:53:02/public passkey, initiator types
	// 00:00:5E:00:53:03/public passkey, initiator types
	// 00:00:5E:00:53:04/public passkey, initiator types
}
