package smptest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// ExamplePeer checks that a product refuses a wrong confirm value.
func ExamplePeer() {
	ctx := context.Background()
	air := virtual.NewAir(virtual.Options{})

	// The product: a peripheral.
	host, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if err := smp.NewManager(bond.NewMemory(), smp.Options{}).Serve(host); err != nil {
		log.Fatal(err)
	}
	if err := host.Advertise(ctx, hci.AdvertisingParameters{}); err != nil {
		log.Fatal(err)
	}

	// The peer: a central that pairs by legacy Just Works.
	peer, err := smptest.NewPeer(air.NewController(virtual.Config{}), smptest.PeerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(peer.Connect(host.Identity()), peer.Await()); err != nil {
		log.Fatal(err)
	}
	plan := smptest.Plan{
		Role:     bt.Central,
		Model:    smp.JustWorks,
		Features: smp.PairingRequest{IOCapability: smp.NoInputNoOutput, MaxKeySize: 16},
	}
	script := plan.Script().
		Tamper("send Pairing Confirm", func(_ *smptest.Peer, pdu []byte) []byte {
			pdu[1] ^= 0x01
			return pdu
		}).
		Before("receive Pairing Random").
		Then(smptest.Do("receive Pairing Failed", func(p *smptest.Peer) error {
			return p.ReceiveFailed(smp.ConfirmValueFailed)
		}))
	if err := peer.Play(plan, script); err != nil {
		log.Fatal(err) // with the ladder
	}
	fmt.Println("refused")
	// Output: refused
}

// stand is a product with the peer that tests it, connected.
func stand(t *testing.T, role bt.Role, policy smp.Policy) (*smptest.Peer, *smp.Manager, *hci.Conn) {
	t.Helper()
	ctx := t.Context()
	air := virtual.NewAir(virtual.Options{})
	host, err := hci.NewHost(ctx, air.NewController(virtual.Config{ACLLength: 27, ACLPackets: 1}), hci.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close(); <-host.Done() })
	manager := smp.NewManager(bond.NewMemory(), smp.Options{Policy: policy})
	if err := manager.Serve(host); err != nil {
		t.Fatal(err)
	}
	peer, err := smptest.NewPeer(air.NewController(virtual.Config{}), smptest.PeerOptions{Address: bt.Address{0xc1, 1, 2, 3, 4, 5}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = peer.Close() })
	if role == bt.Central {
		err = errors.Join(host.Advertise(ctx, hci.AdvertisingParameters{}), peer.Connect(host.Identity()))
	} else {
		err = peer.Advertise()
	}
	if err != nil {
		t.Fatal(err)
	}
	var conn *hci.Conn
	if role == bt.Peripheral {
		if conn, err = host.Connect(ctx, peer.Address()); err != nil {
			t.Fatal(err)
		}
	}
	if err := peer.Await(); err != nil {
		t.Fatal(err)
	}
	if peer.Role() != role || peer.Remote() != host.Identity() {
		t.Fatalf("the peer is %v of %v", peer.Role(), peer.Remote())
	}
	return peer, manager, conn
}

// justWorks is a plan for a device with default features.
func justWorks(role bt.Role, sc bool) smptest.Plan {
	keys := smp.KeyDistributionEncKey | smp.KeyDistributionIdKey
	return smptest.Plan{
		Role: role, SC: sc, Model: smp.JustWorks,
		Features: smp.PairingRequest{
			IOCapability: smp.NoInputNoOutput, AuthReq: smp.AuthReq(0).WithBonding(1).WithSC(sc), MaxKeySize: 16,
			InitiatorKeyDistribution: keys, ResponderKeyDistribution: keys,
		},
		Keys: [2]smp.KeyDistribution{keys, keys},
	}
}

// TestPeerPairs pairs in both roles, with keys both ways.
func TestPeerPairs(t *testing.T) {
	for role := range bt.Role(2) {
		for _, sc := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v/sc=%t", role, sc), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					peer, manager, conn := stand(t, role, smp.Policy{})
					done := make(chan error, 1)
					if role == bt.Peripheral {
						go func() {
							_, err := manager.Session(conn).Pair(t.Context(), smp.DefaultFeatures())
							done <- err
						}()
					} else {
						done <- nil
					}
					plan := justWorks(role, sc)
					if err := peer.Play(plan, plan.Script()); err != nil {
						t.Fatal(err)
					}
					if err := errors.Join(<-done, peer.Silence(time.Second)); err != nil {
						t.Error(err)
					}
					x := peer.Exchange()
					if x.Key.IsZero() || x.KeySize != 16 || x.Received.Identity != peer.Remote() {
						t.Error("the peer does not know what was agreed")
					}
				})
			})
		}
	}
}

// TestPeerFinds finds an advertiser, and gives up where there is none.
func TestPeerFinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		air := virtual.NewAir(virtual.Options{})
		peer, err := smptest.NewPeer(air.NewController(virtual.Config{}), smptest.PeerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := peer.Find(); !errors.Is(err, smptest.ErrNothing) {
			t.Errorf("got %v, want ErrNothing", err)
		}
		other, err := smptest.NewPeer(air.NewController(virtual.Config{}), smptest.PeerOptions{Address: bt.Address{0xc1, 1, 2, 3, 4, 5}})
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Advertise(); err != nil {
			t.Fatal(err)
		}
		if got, err := peer.Find(); err != nil || got != other.Address() {
			t.Errorf("found %v, %v, want %v", got, err, other.Address())
		}
		for _, p := range []*smptest.Peer{peer, other} {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestPeerFails checks what a failed step says.
func TestPeerFails(t *testing.T) {
	plan := justWorks(bt.Central, true)
	nothing := smptest.Do("wait", func(p *smptest.Peer) error { _, err := p.ReceiveLTKRequest(); return err })
	tests := []struct {
		name   string
		policy smp.Policy
		script smptest.Script
		want   []string
	}{
		{
			name: "another PDU", policy: smp.Policy{NotPairable: true}, script: plan.Script(),
			want: []string{"step 2, receive Pairing Response: got Pairing Failed", "want Pairing Response", "central (peer)", "| Pairing Request ---", "--- Pairing Failed |"},
		},
		{name: "nothing", script: smptest.Script{nothing}, want: []string{"step 1, wait: want LE Long Term Key Request: nothing arrived"}},
		{
			name: "another reason", policy: smp.Policy{NotPairable: true},
			script: plan.Script().Before("receive Pairing Response").Then(smptest.Do("receive Pairing Failed", func(p *smptest.Peer) error {
				return p.ReceiveFailed(smp.Busy)
			})),
			want: []string{"got Pairing Failed with 0x05, want 0x10"},
		},
		{name: "no such step", script: plan.Script().Before("dance"), want: []string{`the script has no step "dance"`}},
		{name: "no such step to go through", script: plan.Script().Through("dance"), want: []string{`no step "dance"`}},
		{name: "no such step to replace", script: plan.Script().Replace("dance", nothing), want: []string{`no step "dance"`}},
		{name: "nothing to tamper with", script: plan.Script().Tamper("receive Pairing Response", nil), want: []string{`no step "receive Pairing Response"`}},
		{name: "no passkey", script: smptest.Plan{Role: bt.Central, Model: smp.InitiatorTypes, Features: plan.Features}.Script(), want: []string{"learn the passkey: the plan has no passkey"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				peer, _, _ := stand(t, bt.Central, test.policy)
				err := peer.Play(plan, test.script)
				var step *smptest.StepError
				if !errors.As(err, &step) {
					t.Fatalf("got %v, want a StepError", err)
				}
				for _, want := range test.want {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("the error has no %q:\n%v", want, err)
					}
				}
			})
		})
	}
}

// TestPeerSilence tells silence from a PDU.
func TestPeerSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, _, _ := stand(t, bt.Central, smp.Policy{NotPairable: true})
		if err := peer.Silence(time.Minute); err != nil {
			t.Error(err)
		}
		plan := justWorks(bt.Central, true)
		if err := peer.Play(plan, plan.Script().Without("receive Pairing Response").Through("send Pairing Request")); err != nil {
			t.Fatal(err)
		}
		if err := peer.Silence(time.Second); err == nil || !strings.Contains(err.Error(), "got Pairing Failed") {
			t.Errorf("got %v, want a PDU in the silence", err)
		}
		pending, err := peer.Pending()
		if err != nil || len(pending) != 1 {
			t.Errorf("pending: %v, %v, want one PDU", pending, err)
		}
		if err := peer.Disconnect(bt.RemoteUserTerminated); err != nil {
			t.Error(err)
		}
		if reason, err := peer.ReceiveDisconnection(); err != nil || reason != bt.LocalHostTerminated {
			t.Errorf("disconnected with %v, %v", reason, err)
		}
	})
}
