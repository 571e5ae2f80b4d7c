package smp_test

import (
	"context"
	"errors"
	"fmt"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// A peripheral can only ask: its central pairs, since there is no bond.
func ExampleSession_RequestSecurity() {
	ctx := context.Background()
	air := virtual.NewAir(virtual.Options{})
	central, peripheral := newHost(ctx, air), newHost(ctx, air)
	check(smp.NewManager(bond.NewMemory(), smp.Options{Prompter: smp.Prompter{
		SecurityRequested: func(ctx context.Context, q *smp.Question) error {
			fmt.Println("the", q.Session.Link().Role(), "is asked")
			_, err := q.Session.Pair(ctx, smp.DefaultFeatures())
			return err
		},
	}}).Serve(central))
	paired := make(chan smp.Level, 1)
	sensor := smp.NewManager(bond.NewMemory(), smp.Options{OnEvent: func(_ *smp.Session, e smp.Event) {
		if complete, ok := e.(smp.PairingCompleteEvent); ok {
			paired <- complete.Result.Level
		}
	}})
	check(sensor.Serve(peripheral))

	link(ctx, central, peripheral)
	conn, err := peripheral.Accept(ctx)
	check(err)
	check(sensor.Session(conn).RequestSecurity(ctx, smp.SecurityRequirements{Bonding: true, SC: true}))
	fmt.Println(<-paired)
	// Output:
	// the central is asked
	// LE Secure Connections, just works, no MITM protection, 16 octets
}

// A key that comes from elsewhere encrypts without a pairing.
func ExampleSession_SetLTK() {
	ctx := context.Background()
	air := virtual.NewAir(virtual.Options{})
	central, peripheral := newHost(ctx, air), newHost(ctx, air)
	phone := smp.NewManager(bond.NewMemory(), smp.Options{})
	sensor := smp.NewManager(bond.NewMemory(), smp.Options{})
	check(phone.Serve(central))
	check(sensor.Serve(peripheral))

	session := phone.Session(link(ctx, central, peripheral))
	_, err := session.Encrypt(ctx)
	fmt.Println("without a key:", errors.Is(err, smp.ErrNoLTK))

	conn, err := peripheral.Accept(ctx)
	check(err)
	ltk := make([]byte, 16)
	ltk[0] = 0x2a
	check(sensor.Session(conn).SetLTK(ltk, 0, 0, false, true))
	check(session.SetLTK(ltk, 0, 0, false, true))
	level, err := session.Encrypt(ctx)
	fmt.Println(level.SC, level.KeySize, err)
	// Output:
	// without a key: true
	// true 16 <nil>
}

// A program can end what goes on, with a reason for the peer.
func ExampleSession_Cancel() {
	ctx := context.Background()
	air := virtual.NewAir(virtual.Options{})
	central, peripheral := newHost(ctx, air), newHost(ctx, air)
	phone := smp.NewManager(bond.NewMemory(), smp.Options{})
	check(phone.Serve(central))
	check(smp.NewManager(bond.NewMemory(), smp.Options{Prompter: smp.Prompter{
		Consent: func(_ context.Context, q *smp.Question) error {
			return q.Session.Cancel(smp.PairingNotSupported)
		},
	}}).Serve(peripheral))
	_, err := phone.Session(link(ctx, central, peripheral)).Pair(ctx, smp.DefaultFeatures())
	var failed *smp.PairingError
	if errors.As(err, &failed) {
		fmt.Println("from the peer:", failed.Remote)
	}
	fmt.Println(errors.Is(err, smp.PairingNotSupported))
	// Output:
	// from the peer: true
	// true
}

// A host stack of somebody else gives its links to a Manager one by one.
func ExampleManager_Attach() {
	ctx := context.Background()
	air := virtual.NewAir(virtual.Options{})
	central, peripheral := newHost(ctx, air), newHost(ctx, air)
	phone := smp.NewManager(bond.NewMemory(), smp.Options{})
	// What Manager.Serve does: attach to every link before its first packet.
	central.ServeLinks(func(l bt.Link) bt.LinkHandler {
		session, err := phone.Attach(l)
		check(err)
		return session.Handler()
	})
	check(smp.NewManager(bond.NewMemory(), smp.Options{}).Serve(peripheral))
	_, err := phone.Session(link(ctx, central, peripheral)).Secure(ctx, smp.Level{SC: true})
	fmt.Println(len(phone.Sessions()), err)
	// Output: 1 <nil>
}

// What two devices come to is known before they pair.
func ExampleLevelOfFeatures() {
	request := smp.PairingRequest{
		IOCapability: smp.KeyboardDisplay, AuthReq: smp.AuthReq(0).WithMITM(true).WithSC(true), MaxKeySize: 16,
	}
	response := smp.PairingResponse{
		IOCapability: smp.DisplayYesNo, AuthReq: smp.AuthReq(0).WithSC(true), MaxKeySize: 16,
	}
	fmt.Println(smp.LevelOfFeatures(request, response))
	// Output: LE Secure Connections, numeric comparison, MITM protection, 16 octets true
}

// A policy can leave association models out, so that no user takes one for another.
func ExampleModels() {
	p := smp.Policy{RefuseAsInitiator: smp.Models(smp.NumericComparison)}
	fmt.Println(p.Validate(), p.RefuseAsInitiator)
	// Output: <nil> numeric comparison
}

// What a person types is a passkey of up to six digits.
func ExampleParsePasskey() {
	p, err := smp.ParsePasskey("42")
	fmt.Println(p, err)
	_, err = smp.ParsePasskey("1234567")
	fmt.Println(err)
	// Output:
	// 000042 <nil>
	// smp: a passkey has one to six digits, not 7 characters
}

// An identity with an IRK of its own can use private addresses; a bond tells its
// level.
func ExampleNewIRK() {
	store := bond.NewMemory()
	irk := smp.NewIRK()
	own := bt.TypedAddress{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0x01}}
	check(store.PutIdentity(bond.LocalIdentity{Address: own, IRK: &irk}))
	identities, err := store.Identities()
	fmt.Println(len(identities), identities[0].IRK, err)

	ltk := bond.LongTermKey{Key: irk}
	fmt.Println(smp.LevelOf(&bond.Bond{SC: true, MITM: true, Model: uint8(smp.NumericComparison), KeySize: 16, LocalLTK: &ltk, PeerLTK: &ltk}))
	// Output:
	// 1 [hidden] <nil>
	// LE Secure Connections, numeric comparison, MITM protection, 16 octets
}

// Out-of-band data for a host stack of one's own; Manager.NewOOB makes it for the
// links of a Manager.
func ExampleNewLocalOOB() {
	own := bt.TypedAddress{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0x01}}
	label := smp.NewLocalOOB(own)
	_, err := smp.NewProcedure(smp.Config{Local: own, Peer: own, LocalOOB: func() *smp.LocalOOB { return label }})
	fmt.Println(label, err)
	// Output: out-of-band data [hidden] <nil>
}
