package virtual_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/snoop"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"

	"github.com/google/go-cmp/cmp"
)

// TestCapture records a connection that gets encrypted.
func TestCapture(t *testing.T) {
	var file bytes.Buffer
	writer, err := snoop.NewAirWriter(&file)
	if err != nil {
		t.Fatal(err)
	}
	capture := virtual.NewCapture(writer)
	p := newPair(t, virtual.Options{Observer: capture}, virtual.Config{RSSI: -51}, virtual.Config{RSSI: -62})
	p.connect()
	p.exchange()
	p.encrypt(ltk)
	p.exchange()
	p.a.ok(&hci.Disconnect{ConnectionHandle: p.central, Reason: bt.RemoteUserTerminated}, nil)
	if err := capture.Err(); err != nil {
		t.Fatal(err)
	}
	reader, err := snoop.NewAirReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var last time.Time
	for {
		packet, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if packet.Time.Before(last) {
			t.Errorf("%v comes after %v", packet.Time, last)
		}
		last = packet.Time
		if want := snoop.AirCRC(0x555555, packet.PDU); packet.CRC != want {
			t.Errorf("CRC %06x, want %06x", packet.CRC, want)
		}
		access := packet.AccessAddress == p.link.AccessAddress()
		if packet.Direction == snoop.Advertising {
			access = packet.AccessAddress == 0x8e89bed6
		}
		if !access {
			t.Errorf("access address %08x", packet.AccessAddress)
		}
		got = append(got, fmt.Sprintf("%d %d dBm %x", packet.Direction, packet.SignalPower, packet.PDU[0]&0x0f))
		if packet.PDU[0]&3 != 3 && packet.Direction != snoop.Advertising {
			got[len(got)-1] += fmt.Sprintf(" %t", bytes.Contains(packet.PDU, []byte{1, 2, 3}) || bytes.Contains(packet.PDU, []byte{4, 5}))
		}
	}
	want := []string{
		"0 -40 dBm 5",                          // CONNECT_IND
		"2 -51 dBm 2 true", "3 -62 dBm 6 true", // data that can be read
		"2 -51 dBm f", "3 -62 dBm b", "3 -62 dBm 3", "2 -51 dBm 7", "3 -62 dBm f", // encryption starts
		"2 -51 dBm a false", "3 -62 dBm 2 false", // data that cannot
		"2 -51 dBm 7",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("packets (-want +got):\n%s", diff)
	}
}

// TestCaptureFails goes on without a recording.
func TestCaptureFails(t *testing.T) {
	full := errors.New("disk is full")
	writer, err := snoop.NewAirWriter(&limited{room: 24, err: full})
	if err != nil {
		t.Fatal(err)
	}
	capture := virtual.NewCapture(writer)
	p := newPair(t, virtual.Options{Observer: capture}, virtual.Config{}, virtual.Config{})
	p.connect()
	p.exchange()
	if !errors.Is(capture.Err(), full) {
		t.Errorf("got %v", capture.Err())
	}
}

// limited is a file on a small disk.
type limited struct {
	room int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	if l.room -= len(p); l.room < 0 {
		return 0, l.err
	}
	return len(p), nil
}

// TestServeTransport records a host elsewhere at the controller's end.
func TestServeTransport(t *testing.T) {
	var file bytes.Buffer
	writer, err := snoop.NewWriter(&file)
	if err != nil {
		t.Fatal(err)
	}
	c := virtual.NewAir(virtual.Options{}).NewController(virtual.Config{PublicAddress: publicA})
	ours, theirs := net.Pipe()
	done := make(chan error)
	go func() {
		done <- c.ServeTransport(snoop.NewControllerTap(transport.NewH4(theirs), writer, time.Now))
	}()
	h := &host{t: t, name: "host", Transport: transport.NewH4(ours)}
	h.ok(&hci.Reset{}, &hci.ResetReturn{})
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	reader, err := snoop.NewReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []snoop.Direction{snoop.Sent, snoop.Received} {
		p, err := reader.Next()
		if err != nil || p.Direction != want {
			t.Errorf("got %+v, %v, want what was %v", p, err, want)
		}
	}
	if _, err := reader.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want the end", err)
	}
}

// TestRandomAddress has a controller without a public address, whose static one
// comes back with each reset.
func TestRandomAddress(t *testing.T) {
	air := virtual.NewAir(virtual.Options{})
	c := air.NewController(virtual.Config{RandomAddress: randomB})
	b := newHost(t, "peripheral", c)
	var public hci.ReadBDADDRReturn
	b.ok(&hci.ReadBDADDR{}, &public)
	if public.BDADDR != (bt.Address{}) || c.PublicAddress() != (bt.Address{}) {
		t.Errorf("public address %v", public.BDADDR)
	}
	parameters := advertising()
	b.ok(parameters, &hci.LESetAdvertisingParametersReturn{})
	b.status(bt.InvalidParameters, &hci.LESetAdvertisingEnable{AdvertisingEnable: 1}, &hci.LESetAdvertisingEnableReturn{})
	parameters.OwnAddressType = hci.OwnRandom
	for _, address := range []bt.Address{randomA, randomB} {
		if address == randomA {
			b.ok(&hci.LESetRandomAddress{RandomAddress: randomA}, &hci.LESetRandomAddressReturn{})
		} else {
			b.ok(&hci.Reset{}, &hci.ResetReturn{})
		}
		b.advertise(parameters)
		a := newHost(t, "central", air.NewController(virtual.Config{}))
		to := connection(address)
		to.PeerAddressType = hci.PeerRandom
		a.ok(to, nil)
		if e, ok := a.read().(*hci.LEConnectionComplete); !ok || e.Status != bt.Success || e.PeerAddress != address {
			t.Errorf("got %+v", e)
		}
	}
}
