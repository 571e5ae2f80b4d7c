package hci_test

import (
	"testing"
	"testing/synctest"

	"blesmp/hci"
	"blesmp/hci/virtual"
)

// longest is the longest PDU that an air has seen, in octets of payload.
type longest struct{ octets int }

func (l *longest) Observe(f *virtual.Frame) { l.octets = max(l.octets, len(f.Payload())) }

// TestHost_length sends a frame as long as that of a public key: in one PDU where
// both controllers can, and in several where they take no suggestion.
func TestHost_length(t *testing.T) {
	const frame = 4 + 65
	for _, test := range []struct {
		name        string
		unsupported []hci.Opcode
		want        int
	}{
		{"both can", nil, frame},
		{"they are not asked", []hci.Opcode{hci.OpcodeLEWriteSuggestedDefaultDataLength}, 27},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				seen := &longest{}
				air := virtual.NewAir(virtual.Options{Observer: seen})
				var hosts [2]*hci.Host
				for i := range hosts {
					host, err := hci.NewHost(t.Context(), air.NewController(virtual.Config{Unsupported: test.unsupported}), hci.Options{})
					if err != nil {
						t.Fatal(err)
					}
					defer func() {
						_ = host.Close()
						<-host.Done()
					}()
					hosts[i] = host
				}
				if err := hosts[1].Advertise(t.Context(), hci.AdvertisingParameters{}); err != nil {
					t.Fatal(err)
				}
				conn, err := hosts[0].Connect(t.Context(), hosts[1].Identity())
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				seen.octets = 0
				if _, err := conn.SendSMP(make([]byte, 65)); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if seen.octets != test.want {
					t.Errorf("the longest PDU has %d octets, want %d", seen.octets, test.want)
				}
			})
		})
	}
}
