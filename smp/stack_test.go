package smp_test

import (
	"context"
	"testing"
	"testing/synctest"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

func TestStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		air := virtual.NewAir(virtual.Options{})
		var hosts [2]*hci.Host
		var managers [2]*smp.Manager
		for i := range hosts {
			host, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
			if err != nil {
				t.Fatal(err)
			}
			hosts[i] = host
			managers[i] = smp.NewManager(bond.NewMemory(), smp.Options{
				OnEvent: func(s *smp.Session, e smp.Event) { t.Logf("%v: %T %+v", s.Role(), e, e) },
				Trace:   func(_ *smp.Session, tr smp.Trace) { t.Log(tr) },
			})
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
		result, err := session.Pair(ctx, smp.DefaultFeatures())
		if err != nil {
			t.Fatal(err)
		}
		t.Log(result.Level, result.Bonded)
		synctest.Wait()
		conn.Disconnect(bt.RemoteUserTerminated)
		<-session.Done()
		_ = hosts[1].Advertise(ctx, hci.AdvertisingParameters{})
		conn, err = hosts[0].Connect(ctx, hosts[1].Identity())
		if err != nil {
			t.Fatal(err)
		}
		level, err := managers[0].Session(conn).Secure(ctx, smp.Level{})
		t.Log(level, err)
		for _, h := range hosts {
			h.Close()
		}
	})
	_ = context.Background
}
