package hci_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"time"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/l2cap"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"
)

// A host opens a controller by its address. This one is a virtual controller that
// is served over TCP; "hci0" and "serial:/dev/ttyACM0,115200" are real ones.
func ExampleOpen() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	listener, err := transport.Listen(ctx, "tcp:127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	controller := virtual.NewAir(virtual.Options{}).NewController(virtual.Config{})
	go func() {
		if stream, err := listener.Accept(); err == nil {
			_ = controller.Serve(stream)
		}
	}()

	host, err := hci.Open(ctx, "tcp:"+listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	fmt.Println(host.Identity())
	var address hci.ReadBDADDRReturn // a command for which Host has no method
	fmt.Println(host.Command(ctx, &hci.ReadBDADDR{}, &address), address.BDADDR)
	// Output:
	// 00:00:5E:00:53:01/public
	// <nil> 00:00:5E:00:53:01
}

// A peripheral waits for a central; a central that knows several peripherals takes
// the first one that it hears.
func ExampleHost_Accept() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	air := virtual.NewAir(virtual.Options{})
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
	away := bt.TypedAddress{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0xff}}
	if _, err := central.ConnectAny(ctx, away, peripheral.Identity()); err != nil {
		log.Fatal(err)
	}
	conn, err := peripheral.Accept(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(conn.Role(), "of", conn.PeerAddress() == central.Identity())
	// Output: peripheral of true
}

// printer is a Security Manager that does nothing.
type printer struct {
	link bt.Link
	said chan string
}

func (p *printer) HandleSMP(pdu []byte)                   { p.said <- fmt.Sprintf("SMP % x", pdu) }
func (p *printer) HandleDelivered(uint64)                 {}
func (p *printer) HandleEncryption(bt.Status, bool, bool) {}
func (p *printer) HandleLTKRequest(_ uint64, _ uint16)    { _ = p.link.RejectLTK() }
func (p *printer) HandleDisconnected(reason bt.Status)    { p.said <- reason.String() }

// ServeLinks is how a Security Manager comes to its links; smp.Manager.Serve calls
// it.
func ExampleHost_ServeLinks() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	air := virtual.NewAir(virtual.Options{})
	peripheral, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
	if err != nil {
		log.Fatal(err)
	}
	central, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
	if err != nil {
		log.Fatal(err)
	}
	said := make(chan string, 2)
	peripheral.ServeLinks(func(link bt.Link) bt.LinkHandler { return &printer{link, said} })
	if err := peripheral.Advertise(ctx, hci.AdvertisingParameters{}); err != nil {
		log.Fatal(err)
	}
	conn, err := central.Connect(ctx, peripheral.Identity())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := conn.SendSMP([]byte{0x0b, 0x01}); err != nil { // Security Request
		log.Fatal(err)
	}
	fmt.Println(<-said)
	if err := conn.Disconnect(bt.RemoteUserTerminated); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-said)
	// Output:
	// SMP 0b 01
	// remote user terminated connection (0x13)
}

// Packets are structs; each is written with its H4 type octet first.
func ExampleAppendCommand() {
	fmt.Printf("% x\n", hci.AppendCommand(nil, &hci.Disconnect{ConnectionHandle: 0x0040, Reason: bt.RemoteUserTerminated}))
	fmt.Printf("% x\n", hci.AppendEvent(nil, &hci.EncryptionChange{ConnectionHandle: 0x0040, EncryptionEnabled: 1}))
	fmt.Printf("% x\n", hci.AppendLEEvent(nil, &hci.LELongTermKeyRequest{ConnectionHandle: 0x0040}))

	packet := hci.AppendACL(nil, hci.ACL{Handle: 0x0040, Boundary: l2cap.FirstToController, Data: []byte{1, 0, 6, 0, 0x0b}})
	data, err := hci.ParseACL(packet)
	fmt.Printf("%#04x % x %v\n", data.Handle, data.Data, err)
	_, err = hci.ParseACL(packet[:6])
	fmt.Println(err)
	// Output:
	// 01 06 04 03 40 00 13
	// 04 08 04 00 40 00 01
	// 04 3e 0d 05 40 00 00 00 00 00 00 00 00 00 00 00
	// 0x0040 01 00 06 00 0b <nil>
	// hci: ACL packet: 1 octets, but its header says 5
}

// Advertising data is a list of AD structures.
func ExampleAD() {
	data, err := hci.AppendAD(nil, hci.ADCompleteName, []byte("lamp"))
	if err != nil {
		log.Fatal(err)
	}
	name, ok := hci.AD(data, hci.ADCompleteName)
	fmt.Printf("%s %t\n", name, ok)
	_, err = hci.AppendAD(data, hci.ADCompleteName, make([]byte, 300))
	fmt.Println(errors.Is(err, bt.InvalidParameters))
	// Output:
	// lamp true
	// true
}

// A device without a public address makes itself a static one; a device that wants
// privacy makes private ones from its IRK.
func ExampleNewStaticAddress() {
	static, err := hci.NewStaticAddress(rand.Reader)
	fmt.Println(bt.TypedAddress{Address: static, Type: bt.RandomAddress}.IsStatic(), err)

	private, err := hci.NewPrivateAddress(rand.Reader, bt.Key{0x01, 0x23})
	fmt.Println(bt.TypedAddress{Address: private, Type: bt.RandomAddress}.IsResolvable(), err)
	// Output:
	// true <nil>
	// true <nil>
}
