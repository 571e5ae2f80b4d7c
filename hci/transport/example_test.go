package transport_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"

	"blesmp/hci/transport"
)

// A controller that is served at one place is opened from another.
func ExampleOpen() {
	ctx := context.Background()
	listener, err := transport.Listen(ctx, "tcp:127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	go func() { // a controller that answers HCI Reset
		stream, err := listener.Accept()
		if err != nil {
			return
		}
		controller := transport.NewH4(stream)
		if _, err := controller.ReadPacket(nil); err == nil {
			_ = controller.WritePacket([]byte{0x04, 0x0e, 0x04, 0x01, 0x03, 0x0c, 0x00})
		}
	}()

	t, err := transport.Open(ctx, "tcp:"+listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = t.Close() }()
	if err := t.WritePacket([]byte{0x01, 0x03, 0x0c, 0x00}); err != nil {
		log.Fatal(err)
	}
	packet, err := t.ReadPacket(nil)
	fmt.Printf("% x %v\n", packet, err)
	// Output: 04 0e 04 01 03 0c 00 <nil>
}

// A program looks at an address before it opens it.
func ExampleCheckAddress() {
	for _, address := range []string{"serial:/dev/ttyACM0,115200", "serial:/dev/ttyACM0", "usb:0"} {
		fmt.Println(transport.CheckAddress(address))
	}
	// Output:
	// <nil>
	// transport: address "serial:/dev/ttyACM0": want a device and a baud rate, as serial:/dev/ttyACM0,115200
	// transport: address "usb:0": there is no transport "usb"; want hci0, serial:DEVICE,BAUD, tcp:HOST:PORT or unix:PATH
}

// Pipe joins a host and a controller inside one process. What is no packet is
// refused.
func ExamplePipe() {
	host, controller := transport.Pipe()
	if err := host.WritePacket([]byte{0x01, 0x03, 0x0c, 0x00}); err != nil {
		log.Fatal(err)
	}
	packet, err := controller.ReadPacket(nil)
	fmt.Printf("% x %v\n", packet, err)
	fmt.Println(transport.Check([]byte{0x01, 0x03, 0x0c, 0x01}))
	// Output:
	// 01 03 0c 00 <nil>
	// transport: H4 packet of type 0x01: 4 octets, but its header says 5
}

// On a serial line there may be octets that belong to nothing: they are dropped up
// to the answer to HCI Reset.
func ExampleNewUART() {
	line, board := net.Pipe()
	go func() {
		_, _ = board.Write([]byte("booting...\r\n"))
		_, _ = io.ReadFull(board, make([]byte, 4))
		_, _ = board.Write([]byte{0x04, 0x0e, 0x04, 0x01, 0x03, 0x0c, 0x00})
	}()
	t := transport.NewUART(line)
	packets := make(chan []byte)
	go func() {
		packet, _ := t.ReadPacket(nil)
		packets <- packet
	}()
	if err := t.WritePacket([]byte{0x01, 0x03, 0x0c, 0x00}); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("% x\n", <-packets)
	// Output: 04 0e 04 01 03 0c 00
}
