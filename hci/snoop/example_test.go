package snoop_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"time"

	"blesmp/hci/snoop"
	"blesmp/hci/transport"
)

// noon is when the examples happen.
func noon() time.Time { return time.Date(2025, time.January, 1, 12, 0, 0, 0, time.UTC) }

// A recording is written and read again; Wireshark opens it too.
func ExampleReader() {
	var file bytes.Buffer // os.Create
	w, err := snoop.NewWriter(&file)
	if err != nil {
		log.Fatal(err)
	}
	reset := []byte{0x01, 0x03, 0x0c, 0x00}
	if err := w.WritePacket(snoop.Packet{Time: noon(), Direction: snoop.Sent, Data: reset}); err != nil {
		log.Fatal(err)
	}

	r, err := snoop.NewReader(&file)
	if err != nil {
		log.Fatal(err)
	}
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%v %s: % x\n", p.Time.Format(time.TimeOnly), p.Direction, p.Data)
	}
	// Output: 12:00:00 sent: 01 03 0c 00
}

// A tap records what passes a transport. Give it to hci.NewHost in the place of the
// transport itself. At the controller's side, sent and received change places.
func ExampleTap() {
	host, controller := transport.Pipe()
	var file, other bytes.Buffer
	writer, err := snoop.NewWriter(&file)
	if err != nil {
		log.Fatal(err)
	}
	otherWriter, err := snoop.NewWriter(&other)
	if err != nil {
		log.Fatal(err)
	}
	tap := snoop.NewTap(host, writer, noon)
	otherTap := snoop.NewControllerTap(controller, otherWriter, noon)
	if err := tap.WritePacket([]byte{0x01, 0x03, 0x0c, 0x00}); err != nil {
		log.Fatal(err)
	}
	if _, err := otherTap.ReadPacket(nil); err != nil {
		log.Fatal(err)
	}
	fmt.Println("recorded", file.Len(), "octets,", tap.Err())
	fmt.Println("the same at the other end:", bytes.Equal(file.Bytes(), other.Bytes()))
	// Output:
	// recorded 44 octets, <nil>
	// the same at the other end: true
}

// What is on the air is recorded too, as a sniffer would.
func ExampleAirReader() {
	var file bytes.Buffer
	w, err := snoop.NewAirWriter(&file)
	if err != nil {
		log.Fatal(err)
	}
	pdu := []byte{0x00, 0x06, 0x01, 0x53, 0x00, 0x5e, 0x00, 0x00} // ADV_IND without data
	err = w.WritePacket(snoop.AirPacket{
		Time: noon(), Channel: 37, SignalPower: -40, Direction: snoop.Advertising,
		AccessAddress: 0x8e89bed6, PDU: pdu, CRC: snoop.AirCRC(snoop.AdvertisingCRCInit, pdu),
	})
	if err != nil {
		log.Fatal(err)
	}
	r, err := snoop.NewAirReader(&file)
	if err != nil {
		log.Fatal(err)
	}
	p, err := r.Next()
	fmt.Printf("channel %d, % x, CRC %06x, %v\n", p.Channel, p.PDU, p.CRC, err)
	// Output: channel 37, 00 06 01 53 00 5e 00 00, CRC 2d6621, <nil>
}
