package virtual_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/snoop"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"
)

// The air goes wrong by rules, and is recorded for Wireshark.
func ExampleFaults() {
	rule, err := virtual.ParseFault("disconnect,type=att")
	if err != nil {
		log.Fatal(err)
	}
	faults := virtual.NewFaults(rule)
	writer, err := snoop.NewAirWriter(io.Discard) // a file

	if err != nil {
		log.Fatal(err)
	}
	capture := virtual.NewCapture(writer)
	air := virtual.NewAir(virtual.Options{Interceptor: faults, EventInterceptor: faults, Observer: capture})

	ctx := context.Background()
	peripheral, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
	if err != nil {
		log.Fatal(err)
	}
	central, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if err := peripheral.Advertise(ctx, hci.AdvertisingParameters{}); err != nil {
		log.Fatal(err)
	}
	conn, err := central.Connect(ctx, peripheral.Identity())
	if err != nil {
		log.Fatal(err)
	}
	att, err := conn.Channel(0x0004)
	if err != nil {
		log.Fatal(err)
	}
	if err := att.Send([]byte{0x0a, 0x03, 0x00}); err != nil {
		log.Fatal(err)
	}
	<-conn.Done()
	fmt.Println(errors.Is(conn.Err(), bt.ConnectionTimeout))
	fmt.Println("recording:", capture.Err())

	_, err = virtual.ParseFault("explode")
	fmt.Println(err)
	// Output:
	// true
	// recording: <nil>
	// virtual: fault "explode": there is no action "explode"; the actions are drop, delay, disconnect, wrong-ltk, reorder
}

// A host in another process, or in another language, uses a virtual controller over
// a stream.
func ExampleController_Serve() {
	controller := virtual.NewAir(virtual.Options{}).NewController(virtual.Config{})
	here, there := net.Pipe() // a socket
	go func() { _ = controller.Serve(here) }()
	host, err := hci.NewHost(context.Background(), transport.NewH4(there), hci.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(host.Identity().Address == controller.PublicAddress())
	// Output: true
}
