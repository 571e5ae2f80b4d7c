package dhcp

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var mac = [6]byte{0x02, 0, 0, 0, 0, 1}

// answer makes a server's frame, octet by octet.
func answer(kind byte, xid uint32, options ...byte) []byte {
	frame := make([]byte, sizeFixed)
	frame[0] = 2
	binary.BigEndian.PutUint32(frame[4:], xid)
	copy(frame[16:], []byte{192, 0, 2, 10})
	frame = append(frame, cookie[:]...)
	frame = append(frame, optionPad, optionType, 1, kind, optionServer, 4, 192, 0, 2, 1)
	return append(append(frame, options...), optionEnd)
}

// network is a client and the server that it talks to.
type network struct {
	t       *testing.T
	client  *Client
	sent    []byte // types of the messages
	xid     uint32
	effects []EffectKind
	lease   Lease
	losses  []Loss
}

func newNetwork(t *testing.T) *network {
	n := &network{t: t}
	transaction := uint32(6)
	n.client = New(func() uint32 { transaction++; return transaction })
	return n
}

func (n *network) take(effects []Effect) {
	n.t.Helper()
	for _, e := range effects {
		switch e.Kind {
		case EffectSend:
			frame, err := AppendFrame(nil, mac, e.PDU)
			if err != nil {
				n.t.Fatal(err)
			}
			n.sent = append(n.sent, frame[sizeFixed+6])
			n.xid = binary.BigEndian.Uint32(frame[4:])
		case EffectStartTimer, EffectStopTimer:
		case EffectReportLoss:
			n.losses = append(n.losses, e.Loss)
		default:
			n.effects = append(n.effects, e.Kind)
			n.lease = e.Lease
		}
	}
}

func (n *network) step(event EventKind) { n.t.Helper(); n.take(n.client.Step(event)) }

func (n *network) receive(frame []byte) {
	n.t.Helper()
	message, err := ParseFrame(frame)
	if err != nil {
		n.t.Fatal(err)
	}
	n.take(n.client.Receive(message))
}

// anHour is the option that says how long a lease is.
var anHour = []byte{optionLease, 4, 0, 0, 0x0e, 0x10}

// bound brings a client to its address.
func bound(t *testing.T) *network {
	t.Helper()
	n := newNetwork(t)
	n.step(EventStart)
	n.receive(answer(2, n.xid+1)) // of somebody else
	n.receive(answer(2, n.xid))
	n.receive(answer(5, n.xid, anHour...))
	n.step(EventProbeClear)
	if n.client.State() != StateBound {
		t.Fatalf("the client is in %v, want Bound", n.client.State())
	}
	return n
}

func TestLease(t *testing.T) {
	n := bound(t)
	want := Lease{netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("192.0.2.1"), time.Hour}
	if d := cmp.Diff(want, n.lease, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
		t.Errorf("lease (-want +got)\n%s", d)
	}
	n.step(EventRenewalDue)
	n.receive(answer(5, n.xid, anHour...))
	n.step(EventRenewalDue)
	n.step(EventRebindingDue)
	n.receive(answer(5, n.xid, anHour...))
	n.step(EventStop)
	if d := cmp.Diff([]byte{1, 3, 3, 3, 3, 7}, n.sent); d != "" {
		t.Errorf("messages (-want +got)\n%s", d)
	}
	kinds := []EffectKind{EffectProbe, EffectConfigure, EffectConfigure, EffectConfigure, EffectUnconfigure}
	if d := cmp.Diff(kinds, n.effects); d != "" {
		t.Errorf("effects (-want +got)\n%s", d)
	}
}

func TestLosses(t *testing.T) {
	tests := []struct {
		name string
		do   func(*network)
		from func(*testing.T) *network
		want Loss
	}{
		{"no server", func(n *network) {
			n.step(EventStart)
			for range 4 {
				n.step(EventTimeout)
			}
		}, newNetwork, NoServer},
		{"refused", func(n *network) {
			n.step(EventStart)
			n.receive(answer(2, n.xid))
			n.receive(answer(6, n.xid))
		}, newNetwork, Refused},
		{"taken", func(n *network) {
			n.step(EventStart)
			n.receive(answer(2, n.xid))
			n.receive(answer(5, n.xid))
			n.step(EventAddressInUse)
		}, newNetwork, Taken},
		{"expired", func(n *network) {
			n.step(EventRenewalDue)
			for range 4 {
				n.step(EventTimeout)
			}
			n.step(EventRebindingDue)
			n.step(EventTimeout)
			n.step(EventLeaseOver)
		}, bound, Expired},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := test.from(t)
			test.do(n)
			if d := cmp.Diff([]Loss{test.want}, n.losses); d != "" || n.client.State() != StateInit {
				t.Errorf("%v (-want +got)\n%s", n.client.State(), d)
			}
		})
	}
}

func TestBadFrames(t *testing.T) {
	good := answer(2, 7)
	for n := range len(good) - 1 {
		message, err := ParseFrame(good[:n])
		if err != nil && !errors.Is(err, ErrFrame) || err == nil && len(message) == 0 {
			t.Errorf("%d octets give %x, %v", n, message, err)
		}
	}
	if _, err := AppendFrame(nil, mac, []byte{1}); !errors.Is(err, ErrFrame) {
		t.Errorf("error %v", err)
	}
}
