package hci_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"
	"blesmp/hci/virtual"
)

// Two hosts on a virtual air: one advertises, the other finds it, connects and
// asks for its primary services.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	air := virtual.NewAir(virtual.Options{})

	peripheral, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = peripheral.Close() }()
	name, err := hci.AppendAD(nil, hci.ADCompleteName, []byte("thermometer"))
	if err != nil {
		log.Fatal(err)
	}
	if err := peripheral.Advertise(ctx, hci.AdvertisingParameters{Data: name}); err != nil {
		log.Fatal(err)
	}

	central, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = central.Close() }()
	var found hci.Report
	for report, err := range central.Scan(ctx, hci.ScanParameters{}) {
		if err != nil {
			log.Fatal(err)
		}
		found = report
		break
	}
	fmt.Println("found", found.Name())

	conn, err := central.Connect(ctx, found.Address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("connected as", conn.Role())
	att, err := conn.Channel(l2cap.ATT)
	if err != nil {
		log.Fatal(err)
	}
	if err := att.Send([]byte{0x10, 0x01, 0x00, 0xff, 0xff, 0x00, 0x28}); err != nil {
		log.Fatal(err)
	}
	answer, err := att.Receive(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("answer % x\n", answer)

	if err := conn.Disconnect(bt.RemoteUserTerminated); err != nil {
		log.Fatal(err)
	}
	<-conn.Done()
	fmt.Println(conn.Err())
	// Output:
	// found thermometer
	// connected as central
	// answer 01 10 01 00 0a
	// hci: link has ended: connection terminated by local host (0x16)
}
