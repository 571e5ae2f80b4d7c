package smp_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"blesmp/bond"
	"blesmp/bond/boltstore"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// check ends an example that went wrong.
func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// newHost brings up a host on a virtual controller.
func newHost(ctx context.Context, air *virtual.Air) *hci.Host {
	host, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
	check(err)
	return host
}

// link connects the central with the peripheral.
func link(ctx context.Context, central, peripheral *hci.Host) *hci.Conn {
	check(peripheral.Advertise(ctx, hci.AdvertisingParameters{}))
	conn, err := central.Connect(ctx, peripheral.Identity())
	check(err)
	return conn
}

// Two devices pair, on virtual controllers: hci.Open has the real ones.
func Example() {
	ctx := context.Background()
	air := virtual.NewAir(virtual.Options{})
	central, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
	check(err)
	peripheral, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
	check(err)

	phone := smp.NewManager(bond.NewMemory(), smp.Options{})
	sensor := smp.NewManager(bond.NewMemory(), smp.Options{})
	check(phone.Serve(central)) // a session for every link, before its first packet
	check(sensor.Serve(peripheral))

	check(peripheral.Advertise(ctx, hci.AdvertisingParameters{}))
	conn, err := central.Connect(ctx, peripheral.Identity())
	check(err)
	result, err := phone.Session(conn).Pair(ctx, smp.DefaultFeatures())
	check(err)
	fmt.Println(result.Level)
	// Output: LE Secure Connections, just works, no MITM protection, 16 octets
}

// A peripheral with a display shows a passkey; the central's user types it.
func ExamplePrompter_display() {
	ctx := context.Background()
	air := virtual.NewAir(virtual.Options{})
	central, peripheral := newHost(ctx, air), newHost(ctx, air)

	screen := make(chan smp.Passkey, 1)
	lock := smp.DefaultFeatures()
	lock.IOCapability, lock.MITM = smp.DisplayOnly, true
	check(smp.NewManager(bond.NewMemory(), smp.Options{
		Features: lock,
		Policy:   smp.Policy{SCOnly: true, RequireMITM: true},
		Prompter: smp.Prompter{DisplayPasskey: func(_ context.Context, q *smp.Question) error {
			screen <- q.Passkey // six digits: q.Passkey.String()
			return nil
		}},
	}).Serve(peripheral))

	phone := smp.NewManager(bond.NewMemory(), smp.Options{
		Prompter: smp.Prompter{EnterPasskey: func(ctx context.Context, _ *smp.Question) (smp.Passkey, error) {
			select {
			case passkey := <-screen: // a person reads it, and smp.ParsePasskey reads what they type
				return passkey, nil
			case <-ctx.Done(): // the pairing is over
				return 0, ctx.Err()
			}
		}},
	})
	check(phone.Serve(central))

	keyboard := smp.DefaultFeatures()
	keyboard.IOCapability = smp.KeyboardOnly
	result, err := phone.Session(link(ctx, central, peripheral)).Pair(ctx, keyboard)
	check(err)
	fmt.Println(result.Level)
	// Output: LE Secure Connections, passkey, initiator types, MITM protection, 16 octets
}

// Two devices with a display and two buttons compare a number.
func ExamplePrompter_compareNumber() {
	ctx := context.Background()
	air := virtual.NewAir(virtual.Options{})
	central, peripheral := newHost(ctx, air), newHost(ctx, air)

	f := smp.DefaultFeatures()
	f.IOCapability, f.MITM = smp.DisplayYesNo, true
	screens := make(chan smp.Passkey, 2)
	options := smp.Options{Features: f, Prompter: smp.Prompter{
		DisplayPasskey: func(context.Context, *smp.Question) error { return nil },
		CompareNumber: func(_ context.Context, q *smp.Question) (bool, error) {
			screens <- q.Passkey
			return true, nil // both users have pressed yes
		},
	}}
	phone := smp.NewManager(bond.NewMemory(), options)
	check(phone.Serve(central))
	check(smp.NewManager(bond.NewMemory(), options).Serve(peripheral))

	result, err := phone.Session(link(ctx, central, peripheral)).Pair(ctx, f)
	check(err)
	one, other := <-screens, <-screens
	fmt.Println("same number:", one == other)
	fmt.Println(result.Level.Model)
	// Output:
	// same number: true
	// numeric comparison
}

// Cancelling: when the context ends, the peer is told before Pair comes back.
func ExampleSession_Pair_cancel() {
	ctx := context.Background()
	air := virtual.NewAir(virtual.Options{})
	central, peripheral := newHost(ctx, air), newHost(ctx, air)

	waiting := make(chan struct{})
	phone := smp.NewManager(bond.NewMemory(), smp.Options{})
	check(phone.Serve(central))
	check(smp.NewManager(bond.NewMemory(), smp.Options{
		Prompter: smp.Prompter{Consent: func(ctx context.Context, _ *smp.Question) error {
			close(waiting)
			<-ctx.Done() // nobody is there to say yes
			return ctx.Err()
		}},
	}).Serve(peripheral))

	session := phone.Session(link(ctx, central, peripheral))
	pairing, cancel := context.WithCancel(ctx)
	go func() {
		<-waiting
		cancel()
	}()
	_, err := session.Pair(pairing, smp.DefaultFeatures())
	var failed *smp.PairingError
	if errors.As(err, &failed) {
		fmt.Println(failed.State, "-", failed.Reason.String())
	}
	fmt.Println(errors.Is(err, context.Canceled))
	// Output:
	// AwaitResponse - unspecified reason
	// true
}

// Bonds live in one file: the next start finds them, and encrypts the link
// without a pairing.
func ExampleManager_bonds() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	check(err)
	defer func() { _ = os.RemoveAll(dir) }()

	sensorBonds := bond.NewMemory()
	for range 2 { // the program starts twice
		store, err := boltstore.Open(filepath.Join(dir, "bonds.db"))
		check(err)
		air := virtual.NewAir(virtual.Options{})
		central, peripheral := newHost(ctx, air), newHost(ctx, air)
		gateway := smp.NewManager(store, smp.Options{})
		check(gateway.Serve(central))
		sensor := smp.NewManager(sensorBonds, smp.Options{})
		check(sensor.Serve(peripheral))

		session := gateway.Session(link(ctx, central, peripheral))
		fmt.Print("bonded: ", session.Bonded())
		level, err := session.Secure(ctx, smp.Level{SC: true})
		check(err)
		fmt.Println(", now", level.Model)

		for b, err := range store.All() {
			check(err)
			fmt.Println("kept:", b.Peer, b.PeerLTK.Key)
		}
		theirs, err := peripheral.Accept(ctx)
		check(err)
		atSensor := sensor.Session(theirs)
		check(session.Close())
		<-atSensor.Done() // the sensor has kept its bond as well
		check(central.Close())
		check(store.Close())
	}
	// Output:
	// bonded: false, now just works
	// kept: 00:00:5E:00:53:02/public [hidden]
	// bonded: true, now just works
	// kept: 00:00:5E:00:53:02/public [hidden]
}

// Out-of-band data goes over another channel, such as a label or NFC.
func ExampleManager_NewOOB() {
	ctx := context.Background()
	air := virtual.NewAir(virtual.Options{})
	central, peripheral := newHost(ctx, air), newHost(ctx, air)
	phone := smp.NewManager(bond.NewMemory(), smp.Options{})
	tag := smp.NewManager(bond.NewMemory(), smp.Options{})
	check(phone.Serve(central))
	check(tag.Serve(peripheral))

	written, err := tag.NewOOB(peripheral.Identity())
	check(err)
	fmt.Println(written) // it does not print by accident

	f := smp.DefaultFeatures()
	f.PeerOOB = &smp.PeerOOB{Address: written.Address, Confirm: &written.Confirm, Random: &written.Random}
	result, err := phone.Session(link(ctx, central, peripheral)).Pair(ctx, f)
	check(err)
	fmt.Println(result.Level)
	// Output:
	// out-of-band data [hidden]
	// LE Secure Connections, out of band, MITM protection, 16 octets
}

// Signed data can be checked without an encrypted link; each signature counts
// once.
func ExampleSigner() {
	csrk := bt.Key{0x01, 0x23, 0x45, 0x67}
	phone := bt.TypedAddress{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0x01}}
	lamp := bt.TypedAddress{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0x02}}
	ours, theirs := bond.NewMemory(), bond.NewMemory()
	// A pairing with KeyDistributionSignKey leaves these behind.
	check(ours.Put(bond.Bond{Local: phone, Peer: lamp, KeySize: 16, LocalCSRK: &csrk}))
	check(theirs.Put(bond.Bond{Local: lamp, Peer: phone, KeySize: 16, PeerCSRK: &csrk}))

	write := []byte{0xd2, 0x03, 0x00, 0x01} // ATT Signed Write Command: handle 0x0003, value 01
	signature, err := smp.NewSigner(ours, phone, lamp).Sign(write)
	check(err)

	verifier := smp.NewSigner(theirs, lamp, phone)
	fmt.Println(verifier.Verify(write, signature))
	fmt.Println(verifier.Verify(write, signature))
	// Output:
	// <nil>
	// smp: the sign counter was used before: 0
}
