//go:build interop

package interop

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"blesmp/bt"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// linux is the kernel of a guest as a peer.
type linux struct {
	guest *guest
	feed  *feed
	own   bt.TypedAddress

	mu      sync.Mutex
	answers chan mgmtAnswer
	current int // the socket of the link, 0 for none
	bonds   map[bt.TypedAddress]*foreignBond
	irks    map[bt.TypedAddress]bt.TypedAddress // identity of an address on the air
	io      smp.IOCapability
	socket  int
	peer    bt.TypedAddress
	ready   chan struct{}
	pairing bool // Pair Device was called
	options peerOptions
	ownIRK  bt.Key
}

func newLinux() *linux {
	return &linux{
		feed:    newFeed(),
		answers: make(chan mgmtAnswer, 64),
		bonds:   map[bt.TypedAddress]*foreignBond{},
		irks:    map[bt.TypedAddress]bt.TypedAddress{},
		ready:   make(chan struct{}),
	}
}

func (l *linux) events() *feed             { return l.feed }
func (l *linux) identity() bt.TypedAddress { return l.own }

// The management commands that are used.
const (
	mgmtReadInfo         = 0x0004
	mgmtSetPowered       = 0x0005
	mgmtSetConnectable   = 0x0007
	mgmtSetBondable      = 0x0009
	mgmtSetLE            = 0x000d
	mgmtDisconnect       = 0x0014
	mgmtSetIOCapability  = 0x0018
	mgmtPairDevice       = 0x0019
	mgmtCancelPair       = 0x001a
	mgmtUnpair           = 0x001b
	mgmtConfirm          = 0x001c
	mgmtConfirmNo        = 0x001d
	mgmtPasskey          = 0x001e
	mgmtPasskeyNo        = 0x001f
	mgmtSetAdvertising   = 0x0029
	mgmtSetStaticAddress = 0x002b
	mgmtSetSC            = 0x002d
	mgmtSetPrivacy       = 0x002f
	mgmtLoadIRKs         = 0x0030
)

// mgmtAnswer is what came of a command.
type mgmtAnswer struct {
	opcode uint16
	status uint8
	data   []byte
}

func (l *linux) start(ctx context.Context, w *world, o peerOptions) error {
	l.options = o
	c := w.air.NewController(virtual.Config{})
	g, err := boot(ctx, w, "linux", c, l.hear)
	if err != nil {
		return err
	}
	l.guest = g
	select {
	case <-l.ready:
	case <-g.done:
		return errors.New("the guest ended while it started")
	case <-ctx.Done():
		return ctx.Err()
	}
	l.own = bt.TypedAddress{Address: c.PublicAddress()}
	if o.static {
		l.own = bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xc2, 0x4c, 0x69, 0x6e, 0x75, 0x78}}
	}
	return l.setUp(ctx)
}

// setUp makes hci0 ready. hci0 may come a little after init.
func (l *linux) setUp(ctx context.Context) error {
	if err := l.feedIndex(ctx); err != nil {
		return err
	}
	sc := byte(1)
	if l.options.legacy {
		sc = 0
	}
	steps := []struct {
		opcode uint16
		data   []byte
		when   bool
	}{
		{mgmtSetStaticAddress, wireAddress(l.own.Address), l.options.static},
		{mgmtSetLE, []byte{1}, false}, // an LE-only controller has it on
		{mgmtSetSC, []byte{sc}, true},
		{mgmtSetPrivacy, append([]byte{1}, privacyIRK...), l.options.privacy},
		{mgmtLoadIRKs, []byte{0, 0}, l.options.irk || l.options.privacy},
		{mgmtSetBondable, []byte{1}, true},
		{mgmtSetPowered, []byte{1}, true},
		{mgmtSetConnectable, []byte{1}, true},
	}
	if l.options.privacy {
		copy(l.ownIRK[:], reversed(privacyIRK))
	}
	for _, s := range steps {
		if !s.when {
			continue
		}
		if _, err := l.mgmt(ctx, s.opcode, s.data); err != nil {
			return err
		}
	}
	return l.guest.do(guestRequest{Do: "listen", ID: 100, Level: 1})
}

// privacyIRK is the guest's IRK, least significant octet first.
var privacyIRK = []byte{1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31}

// feedIndex waits until hci0 is there.
func (l *linux) feedIndex(ctx context.Context) error {
	for {
		_, err := l.mgmt(ctx, mgmtReadInfo, nil)
		if err == nil || ctx.Err() != nil {
			return err
		}
		// The kernel tells of a new index without being asked.
		if _, err := l.feed.await(ctx, kind("index")); err != nil {
			return err
		}
	}
}

// mgmt sends a command about hci0 and waits for what comes of it.
func (l *linux) mgmt(ctx context.Context, opcode uint16, data []byte) ([]byte, error) {
	if err := l.mgmtSend(opcode, data); err != nil {
		return nil, err
	}
	for {
		select {
		case a := <-l.answers:
			if a.opcode != opcode {
				continue
			}
			if a.status != 0 {
				return nil, fmt.Errorf("mgmt command 0x%04x: status 0x%02x", opcode, a.status)
			}
			return a.data, nil
		case <-l.guest.done:
			return nil, errors.New("the guest has ended")
		case <-ctx.Done():
			return nil, fmt.Errorf("mgmt command 0x%04x: %w", opcode, ctx.Err())
		}
	}
}

func (l *linux) mgmtSend(opcode uint16, data []byte) error {
	b := binary.LittleEndian.AppendUint16(nil, opcode)
	b = binary.LittleEndian.AppendUint16(b, 0) // hci0
	b = binary.LittleEndian.AppendUint16(b, uint16(len(data)))
	return l.guest.do(guestRequest{Do: "mgmt", Data: hex.EncodeToString(append(b, data...))})
}

func (l *linux) offer(ctx context.Context, f smp.Features) error {
	l.io = f.IOCapability
	if _, err := l.mgmt(ctx, mgmtSetIOCapability, []byte{byte(f.IOCapability)}); err != nil {
		return err
	}
	bonding := byte(0)
	if f.Bonding {
		bonding = 1
	}
	if _, err := l.mgmt(ctx, mgmtSetBondable, []byte{bonding}); err != nil {
		return err
	}
	return l.debug(ctx, "max_key_size", strconv.Itoa(f.MaxKeySize))
}

// debug sets one of the kernel's variables for debugging.
func (l *linux) debug(ctx context.Context, name, value string) error {
	path := "/sys/kernel/debug/bluetooth/hci0/" + name
	if err := l.guest.do(guestRequest{Do: "write", Args: []string{path}, Data: value}); err != nil {
		return err
	}
	e, err := l.feed.await(ctx, "done", trouble)
	if err == nil && e.kind == trouble {
		return errors.New(e.text)
	}
	return err
}

func (l *linux) advertise(ctx context.Context) error {
	l.forgetSocket()
	_, err := l.mgmt(ctx, mgmtSetAdvertising, []byte{1})
	return err
}

func (l *linux) forgetSocket() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.current = 0
}

// connect connects a socket of the lowest level.
func (l *linux) connect(ctx context.Context, to bt.TypedAddress) error {
	return l.connectAt(ctx, to, 1)
}

// connectAt connects a socket of a level: 2 encrypted, 3 authenticated, 4 by LE
// Secure Connections.
func (l *linux) connectAt(_ context.Context, to bt.TypedAddress, level uint8) error {
	l.forgetSocket()
	l.socket++
	l.peer = to
	return l.guest.do(guestRequest{
		Do: "connect", ID: l.socket, Address: hex.EncodeToString(to.Address[:]), Type: mgmtType(to), Level: level,
	})
}

// opened takes the socket of a link over.
func (l *linux) opened(e guestEvent) {
	if e.Error != "" {
		l.feed.put(told{kind: "socket failed", text: e.Error})
		return
	}
	l.mu.Lock()
	l.current = e.ID
	l.mu.Unlock()
	l.feed.put(told{kind: "socket"})
}

// connectedSocket waits for the socket of the link.
func (l *linux) connectedSocket(ctx context.Context) (id int, err error) {
	err = l.feed.settle(ctx, func() error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if id = l.current; id == 0 {
			return errors.New("the link has no socket")
		}
		return nil
	})
	return id, err
}

// pair waits for the socket: before that, Pair Device answers that all is done.
func (l *linux) pair(ctx context.Context) error {
	if _, err := l.connectedSocket(ctx); err != nil {
		return err
	}
	l.pairing = true
	return l.mgmtSend(mgmtPairDevice, append(mgmtAddress(l.other()), byte(l.io)))
}

// other is who is at the other side of the link.
func (l *linux) other() bt.TypedAddress {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.peer
}

// raise asks for more security on the socket of the link.
func (l *linux) raise(ctx context.Context, level uint8) error {
	id, err := l.connectedSocket(ctx)
	if err != nil {
		return err
	}
	return l.guest.do(guestRequest{Do: "security", ID: id, Level: level})
}

func (l *linux) requestSecurity(ctx context.Context, want smp.SecurityRequirements) error {
	level := uint8(2)
	switch {
	case want.MITM && want.SC:
		level = 4
	case want.MITM:
		level = 3
	}
	return l.raise(ctx, level)
}

func (l *linux) encrypt(ctx context.Context) error { return l.raise(ctx, 2) }

// cancel gives up Pair Device. A responder has none, and refuses to enter the
// passkey.
// repower turns hci0 off and on, with which it takes another private address.
func (l *linux) repower(ctx context.Context) error {
	for _, on := range []byte{0, 1} {
		if _, err := l.mgmt(ctx, mgmtSetPowered, []byte{on}); err != nil {
			return err
		}
	}
	return nil
}

func (l *linux) cancel(ctx context.Context) error {
	if !l.pairing {
		return l.mgmtSend(mgmtPasskeyNo, mgmtAddress(l.other()))
	}
	_, err := l.mgmt(ctx, mgmtCancelPair, mgmtAddress(l.other()))
	return err
}

func (l *linux) keypress(context.Context, smp.KeypressType) error {
	return errors.New("Linux sends no keypress notifications")
}

func (l *linux) disconnect(ctx context.Context) error {
	return l.mgmtSend(mgmtDisconnect, mgmtAddress(l.other()))
}

func (l *linux) forget(ctx context.Context, who bt.TypedAddress) error {
	l.mu.Lock()
	delete(l.bonds, who)
	l.mu.Unlock()
	_, err := l.mgmt(ctx, mgmtUnpair, append(mgmtAddress(who), 0))
	return err
}

func (l *linux) enter(ctx context.Context, passkey smp.Passkey) error {
	return l.mgmtSend(mgmtPasskey, binary.LittleEndian.AppendUint32(mgmtAddress(l.other()), uint32(passkey)))
}

func (l *linux) compare(ctx context.Context, same bool) error {
	opcode := uint16(mgmtConfirmNo)
	if same {
		opcode = mgmtConfirm
	}
	return l.mgmtSend(opcode, mgmtAddress(l.other()))
}

func (l *linux) stop() {
	if l.guest != nil {
		l.guest.stop()
	}
}
