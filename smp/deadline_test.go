package smp_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bond"
	"blesmp/hci"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// TestDeadline asks for the deadline while a user takes ten seconds to type.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		air := virtual.NewAir(virtual.Options{})
		asked, typed := make(chan *smp.Question, 1), make(chan struct{})
		shown := make(chan smp.Passkey, 1)
		prompters := [2]smp.Prompter{
			{EnterPasskey: func(_ context.Context, q *smp.Question) (smp.Passkey, error) {
				asked <- q
				<-typed
				return <-shown, nil
			}},
			{DisplayPasskey: func(_ context.Context, q *smp.Question) error {
				shown <- q.Passkey
				return nil
			}},
		}
		var hosts [2]*hci.Host
		var managers [2]*smp.Manager
		for i, io := range []smp.IOCapability{smp.KeyboardOnly, smp.DisplayOnly} {
			host, err := hci.NewHost(t.Context(), air.NewController(virtual.Config{}), hci.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = host.Close() }()
			f := smp.DefaultFeatures()
			f.IOCapability, f.MITM = io, true
			hosts[i] = host
			managers[i] = smp.NewManager(bond.NewMemory(), smp.Options{Features: f, Prompter: prompters[i]})
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
		session := managers[0].Session(conn)
		if at, running := session.Deadline(); running {
			t.Errorf("idle, but the deadline is %v", at)
		}
		result := make(chan error, 1)
		go func() {
			_, err := session.Secure(t.Context(), smp.Level{MITM: true})
			result <- err
		}()
		if q := <-asked; q.Session != session {
			t.Error("another session asks")
		}
		time.Sleep(10 * time.Second)
		if at, running := session.Deadline(); !running || time.Until(at) != 20*time.Second {
			t.Errorf("after ten seconds: %t, %v left", running, time.Until(at))
		}
		close(typed)
		if err := <-result; err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if at, running := session.Deadline(); running {
			t.Errorf("paired, but the deadline is %v", at)
		}
	})
}
