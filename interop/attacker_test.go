//go:build interop

package interop

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// attacker is a host that says what it likes on the SMP channel.
type attacker struct {
	host *hci.Host
	link *hci.Conn
	spy  *spy
	own  bt.TypedAddress

	identifier byte // of the last barrier

	mu        sync.Mutex
	received  [][]byte
	delivered uint64 // number of the last PDU that was acknowledged
	lost      []bt.Status
	changed   chan struct{}
}

// spy sees what the attacker's controller sends, and can send packets past its
// host.
type spy struct {
	transport.Transport
	frames l2cap.Reassembler
	signal chan byte // identifiers of commands that were rejected
}

// commandReject is the signalling code of Command Reject.
const commandReject = 0x01

func (s *spy) ReadPacket(buf []byte) ([]byte, error) {
	p, err := s.Transport.ReadPacket(buf)
	if err == nil && p[0] == transport.ACLPacket {
		if acl, err := hci.ParseACL(p); err == nil {
			if frame, whole, err := s.frames.Push(acl.Boundary, acl.Data); err == nil && whole && frame.Channel == l2cap.Signalling && len(frame.Payload) >= 2 && frame.Payload[0] == commandReject {
				s.signal <- frame.Payload[1]
			}
		}
	}
	return p, err
}

func newAttacker(ctx context.Context, w *world) (*attacker, error) {
	c := w.air.NewController(virtual.Config{})
	tapped, err := w.tap("attacker", c)
	if err != nil {
		return nil, err
	}
	a := &attacker{changed: make(chan struct{})}
	a.spy = &spy{Transport: tapped, signal: make(chan byte, 64)}
	if a.host, err = hci.NewHost(ctx, a.spy, hci.Options{}); err != nil {
		return nil, err
	}
	a.own = a.host.Identity()
	a.host.ServeLinks(func(bt.Link) bt.LinkHandler { return a })
	return a, nil
}

// HandleSMP keeps a PDU.
func (a *attacker) HandleSMP(pdu []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.received = append(a.received, append([]byte{}, pdu...))
	a.tell()
}

// HandleDisconnected keeps the reason.
func (a *attacker) HandleDisconnected(reason bt.Status) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lost = append(a.lost, reason)
	a.tell()
}

// HandleDelivered says that the victim's controller has what was sent.
func (a *attacker) HandleDelivered(number uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.delivered = number
	a.tell()
}

// HandleEncryption has nothing to do.
func (a *attacker) HandleEncryption(bt.Status, bool, bool) {}

// HandleLTKRequest has no key.
func (a *attacker) HandleLTKRequest(uint64, uint16) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.received = append(a.received, []byte{ltkRequested})
	a.tell()
	go func() { _ = a.link.RejectLTK() }()
}

// ltkRequested stands in received for a request of the controller: the victim
// has begun to encrypt.
const ltkRequested = 0xf0

// tell wakes who waits; a.mu is held.
func (a *attacker) tell() {
	close(a.changed)
	a.changed = make(chan struct{})
}

// await waits for a PDU of a code and gives it.
func (a *attacker) await(ctx context.Context, code byte) ([]byte, error) {
	for {
		a.mu.Lock()
		for _, pdu := range a.received {
			if pdu[0] == code {
				a.mu.Unlock()
				return pdu, nil
			}
			if pdu[0] == byte(smp.CodePairingFailed) {
				a.mu.Unlock()
				return nil, fmt.Errorf("waiting for code 0x%02x: Pairing Failed %x", code, pdu)
			}
		}
		changed, lost := a.changed, len(a.lost) > 0
		a.mu.Unlock()
		if lost {
			return nil, errors.New("the link has ended")
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for code 0x%02x: %w", code, ctx.Err())
		}
	}
}

// begin forgets what was received.
func (a *attacker) begin() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.received, a.lost = nil, nil
}

// barrier waits until the victim has worked on all that was sent: it has to
// reject a signalling command that does not exist on LE (Core Vol 3, Part A,
// 4.1).
func (a *attacker) barrier(ctx context.Context) error {
	a.identifier = a.identifier%255 + 1
	frame, err := l2cap.AppendFrame(nil, l2cap.Signalling, []byte{0x08, a.identifier, 0, 0})
	if err != nil {
		return err
	}
	p := hci.AppendACL(nil, hci.ACL{Handle: a.link.Handle(), Boundary: l2cap.FirstToController, Data: frame})
	if err := a.spy.WritePacket(p); err != nil {
		return err
	}
	for {
		select {
		case identifier := <-a.spy.signal:
			if identifier == a.identifier {
				return nil
			}
		case <-a.link.Done():
			return nil
		case <-ctx.Done():
			return fmt.Errorf("barrier: %w", ctx.Err())
		}
	}
}

// answers are what came after the first n PDUs, in words: the code, and the
// reason of Pairing Failed.
func (a *attacker) answers(n int) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var words []string
	for _, pdu := range a.received[min(n, len(a.received)):] {
		switch {
		case pdu[0] == byte(smp.CodePairingFailed) && len(pdu) == 2:
			words = append(words, fmt.Sprintf("%s (0x%02x)", smp.Reason(pdu[1]).String(), pdu[1]))
		case pdu[0] == ltkRequested:
			words = append(words, "starts encryption")
		default:
			words = append(words, smp.PDUCode(pdu[0]).String())
		}
	}
	if len(a.lost) > 0 {
		words = append(words, "disconnects")
	}
	if words == nil {
		return "nothing"
	}
	return strings.Join(words, ", ")
}

func (a *attacker) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.received)
}

// send sends a PDU and waits until it is with the victim, so that a barrier
// cannot overtake it.
func (a *attacker) send(ctx context.Context, pdu []byte) error {
	a.mu.Lock()
	a.delivered = 0
	a.mu.Unlock()
	number, err := a.link.SendSMP(pdu)
	if err != nil {
		return err
	}
	for {
		a.mu.Lock()
		delivered, changed := a.delivered, a.changed
		a.mu.Unlock()
		if delivered >= number {
			return nil
		}
		select {
		case <-changed:
		case <-a.link.Done():
			return nil
		case <-ctx.Done():
			return fmt.Errorf("send: %w", ctx.Err())
		}
	}
}

// octets reads hexadecimal digits with spaces.
func octets(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err) // a mistake in this file
	}
	return b
}
