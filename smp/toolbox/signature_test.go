package toolbox_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

// TestSignLengths compares with a second implementation: the whole message,
// counter included, turned round under CMAC.
func TestSignLengths(t *testing.T) {
	t.Parallel()
	csrk := bt.Key(unhex(t, "611b64ebfbcd1fd372ec9196df425e50"))
	counters := []struct {
		value uint32
		sent  []byte
	}{
		{0, []byte{0x00, 0x00, 0x00, 0x00}},
		{1, []byte{0x01, 0x00, 0x00, 0x00}},
		{0x01020304, []byte{0x04, 0x03, 0x02, 0x01}},
		{0xffffffff, []byte{0xff, 0xff, 0xff, 0xff}},
	}
	for length := range 40 {
		for _, counter := range counters {
			data := counting(length)
			mac := naiveCMAC(t, csrk, reversed(append(counting(length), counter.sent...)))
			want := toolbox.Signature(append(append([]byte{}, counter.sent...), reversed(mac[:8])...))
			got := toolbox.Sign(csrk, data, counter.value)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%d octets, counter %d (-want +got):\n%s", length, counter.value, diff)
			}
			if got.Counter() != counter.value {
				t.Errorf("Counter = %d, want %d", got.Counter(), counter.value)
			}
			if !toolbox.Verify(csrk, data, got) {
				t.Errorf("%d octets, counter %d: Verify = false", length, counter.value)
			}
			if diff := cmp.Diff(counting(length), data); diff != "" {
				t.Errorf("%d octets: the data changed (-want +got):\n%s", length, diff)
			}
		}
	}
}

// TestVerifyRefuses changes each bit of the signature, the data and the key
// (SM/CEN/SIGN/BI-01-C).
func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	csrk := bt.Key(unhex(t, "611b64ebfbcd1fd372ec9196df425e50"))
	data := unhex(t, "d212001337")
	signature := toolbox.Signature(unhex(t, "01000000f1871e933c900ff2"))
	if !toolbox.Verify(csrk, data, signature) {
		t.Fatal("Verify = false for the right signature")
	}
	for bit := range 8 * len(signature) {
		wrong := signature
		wrong[bit/8] ^= 1 << (bit % 8)
		if toolbox.Verify(csrk, data, wrong) {
			t.Errorf("Verify = true with bit %d of the signature changed", bit)
		}
	}
	for bit := range 8 * len(data) {
		wrong := append([]byte{}, data...)
		wrong[bit/8] ^= 1 << (bit % 8)
		if toolbox.Verify(csrk, wrong, signature) {
			t.Errorf("Verify = true with bit %d of the data changed", bit)
		}
	}
	for bit := range 8 * len(csrk) {
		wrong := csrk
		wrong[bit/8] ^= 1 << (bit % 8)
		if toolbox.Verify(wrong, data, signature) {
			t.Errorf("Verify = true with bit %d of the key changed", bit)
		}
	}
	if toolbox.Verify(csrk, data[:len(data)-1], signature) || toolbox.Verify(csrk, append(data, 0), signature) {
		t.Error("Verify = true for data of another length")
	}
}
