package smp_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing/synctest"

	"blesmp/bt"
	"blesmp/hci/l2cap"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// tap is a transport that notes the SMP PDUs which the host sends, and breaks on
// demand.
type tap struct {
	transport.Transport

	mu   sync.Mutex
	sent [][]byte
	// before, where it is set, is called for each SMP PDU that the host sends,
	// with its number from 1; an error breaks the transport.
	before func(number int, pdu []byte) error
}

var errBroken = errors.New("the cable is out")

// intercept sets the function; nil takes it away.
func (x *tap) intercept(before func(number int, pdu []byte) error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.before = before
}

// WritePacket implements transport.Transport.
func (x *tap) WritePacket(p []byte) error {
	if pdu := smpOf(p); pdu != nil {
		x.mu.Lock()
		x.sent = append(x.sent, append([]byte{}, pdu...))
		number, before := len(x.sent), x.before
		x.mu.Unlock()
		if before != nil {
			if err := before(number, pdu); err != nil {
				_ = x.Close()
				return err
			}
		}
	}
	return x.Transport.WritePacket(p)
}

// smpOf gives the start of the SMP PDU that begins in an ACL packet, nil where
// none does.
func smpOf(p []byte) []byte {
	const header = 1 + 4
	if len(p) < header+l2cap.HeaderSize+1 || p[0] != transport.ACLPacket || l2cap.Boundary(p[2]>>4&0b11) == l2cap.Continuation {
		return nil
	}
	if binary.LittleEndian.Uint16(p[header+2:]) != uint16(l2cap.SMP) {
		return nil
	}
	return p[header+l2cap.HeaderSize:]
}

// pdus gives the codes of what was sent since the last call, as "01 0c 04"; a
// Pairing Failed with its reason, as "05:08".
func (x *tap) pdus() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	var codes []string
	for _, pdu := range x.sent {
		code := fmt.Sprintf("%02x", pdu[0])
		if pdu[0] == byte(smp.CodePairingFailed) {
			code += fmt.Sprintf(":%02x", pdu[1])
		}
		codes = append(codes, code)
	}
	x.sent = nil
	return strings.Join(codes, " ")
}

// puppet is a peer that does what a test says.
type puppet struct {
	link     bt.Link
	received chan []byte
	gone     chan struct{}
	ltk      *bt.Key // answers LTK requests
}

func (p *puppet) HandleSMP(pdu []byte)                   { p.received <- append([]byte{}, pdu...) }
func (p *puppet) HandleDelivered(uint64)                 {}
func (p *puppet) HandleEncryption(bt.Status, bool, bool) {}
func (p *puppet) HandleDisconnected(bt.Status)           { close(p.gone) }
func (p *puppet) HandleLTKRequest(uint64, uint16) {
	if p.ltk == nil {
		_ = p.link.RejectLTK()
		return
	}
	_ = p.link.ReplyLTK(*p.ltk)
}

// send sends one PDU.
func (d *device) send(pdu ...byte) {
	d.t.Helper()
	if _, err := d.puppet.link.SendSMP(pdu); err != nil {
		d.t.Fatal(err)
	}
}

// got gives what has come, in hexadecimal.
func (d *device) got() []string {
	synctest.Wait()
	var pdus []string
	for {
		select {
		case pdu := <-d.puppet.received:
			pdus = append(pdus, fmt.Sprintf("%x", pdu))
		default:
			return pdus
		}
	}
}

// frames is an Interceptor that calls a function for the n-th SMP PDU on the
// air, counted from 1.
type frames struct {
	mu    sync.Mutex
	count int
	fate  func(n int, from bt.Role) virtual.Fate
}

// Intercept implements virtual.Interceptor.
func (f *frames) Intercept(frame *virtual.Frame) virtual.Fate {
	p := frame.Payload()
	if frame.PDU[0]&0b11 != 0b10 || len(p) < l2cap.HeaderSize || binary.LittleEndian.Uint16(p[2:]) != uint16(l2cap.SMP) {
		return virtual.Fate{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	if f.fate == nil {
		return virtual.Fate{}
	}
	return f.fate(f.count, frame.From)
}
