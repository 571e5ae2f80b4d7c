package smp_test

import (
	"context"
	"fmt"

	"blesmp/bond"
	"blesmp/hci"
	"blesmp/hci/l2cap"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// What the example needs of ATT (Core Vol 3, Part F, 3.4).
const (
	attErrorResponse              = 0x01
	attReadRequest                = 0x0a
	attReadResponse               = 0x0b
	attInsufficientAuthentication = 0x05
	attInsufficientEncryption     = 0x0f
)

// serveTemperature is a server with one characteristic that it gives away only
// over an encrypted link.
func serveTemperature(ctx context.Context, conn *hci.Conn, session *smp.Session) {
	att, err := conn.Channel(l2cap.ATT)
	check(err)
	for {
		request, err := att.Receive(ctx)
		if err != nil {
			return // the link is gone
		}
		answer := []byte{attReadResponse, 21}
		if _, encrypted := session.Level(); !encrypted {
			code := byte(attInsufficientAuthentication)
			if _, ok := session.AvailableLevel(); ok {
				code = attInsufficientEncryption // there is a key: use it
			}
			answer = []byte{attErrorResponse, request[0], request[1], request[2], code}
		}
		check(att.Send(answer))
	}
}

// A read of a protected characteristic is refused; the central secures the link
// and reads again.
func ExampleSession_Secure() {
	ctx := context.Background()
	air := virtual.NewAir(virtual.Options{})
	central, peripheral := newHost(ctx, air), newHost(ctx, air)
	phone := smp.NewManager(bond.NewMemory(), smp.Options{})
	sensor := smp.NewManager(bond.NewMemory(), smp.Options{})
	check(phone.Serve(central))
	check(sensor.Serve(peripheral))
	conn := link(ctx, central, peripheral)
	theirs, err := peripheral.Accept(ctx)
	check(err)
	go serveTemperature(ctx, theirs, sensor.Session(theirs))

	att, err := conn.Channel(l2cap.ATT)
	check(err)
	for {
		check(att.Send([]byte{attReadRequest, 0x03, 0x00}))
		answer, err := att.Receive(ctx)
		check(err)
		if answer[0] == attReadResponse {
			fmt.Println("temperature:", answer[1])
			return
		}
		switch code := answer[4]; code {
		case attInsufficientAuthentication, attInsufficientEncryption:
			fmt.Printf("refused: 0x%02x\n", code)
			level, err := phone.Session(conn).Secure(ctx, smp.Level{})
			check(err)
			fmt.Println("secured:", level.Model)
		}
	}
	// Output:
	// refused: 0x05
	// secured: just works
	// temperature: 21
}
