package hci

import (
	"context"
	"time"

	"blesmp/bt"
	"blesmp/hci/l2cap"
)

// attempt is one Connect that waits for its connection complete event.
type attempt struct {
	result chan arrival // with room for one
}

// arrival is a new link, or why there is none.
type arrival struct {
	conn *Conn
	err  error
}

// How a central looks for the peer to connect to: all the time.
const (
	connectScanInterval = 0x0060 // 60 ms in units of 0.625 ms
	connectScanWindow   = 0x0060
)

// Connect makes a link to an advertiser, as central. It waits until the peer
// advertises; the end of the context ends the attempt. Attempts run one after
// another.
//
// A peer with private addresses is known by its identity where the resolver has
// its IRK. If the controller does not resolve it, Connect scans for it.
func (h *Host) Connect(ctx context.Context, peer bt.TypedAddress) (*Conn, error) {
	doing := func(err error) error { return doing("connect to "+peer.String(), err) }
	if err := h.take(ctx, h.connecting); err != nil {
		return nil, doing(err)
	}
	defer func() { <-h.connecting }()
	find, err := h.hasToFind(peer)
	if err != nil {
		return nil, doing(err)
	}
	connect := h.connect
	if find {
		connect = h.findAndConnect
	}
	conn, err := connect(ctx, peer)
	if err != nil {
		return nil, doing(err)
	}
	return conn, nil
}

// ConnectAny makes a link to whichever of the peers is heard first. It uses the
// controller's filter accept list, so a peer with private addresses is known by
// its identity only if the controller resolves it. A list that is too long
// gives bt.MemoryCapacityExceeded.
func (h *Host) ConnectAny(ctx context.Context, peers ...bt.TypedAddress) (*Conn, error) {
	if err := h.take(ctx, h.connecting); err != nil {
		return nil, doing("connect to any", err)
	}
	defer func() { <-h.connecting }()
	if err := h.fillAcceptList(ctx, peers); err != nil {
		return nil, doing("connect to any", err)
	}
	conn, err := h.initiate(ctx, bt.TypedAddress{}, initiateToListed)
	if err != nil {
		return nil, doing("connect to any", err)
	}
	return conn, nil
}

// take puts a token into a channel, or gives the reason why it could not.
func (h *Host) take(ctx context.Context, token chan<- struct{}) error {
	select {
	case token <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-h.done:
		return h.Err()
	}
}

func (h *Host) connect(ctx context.Context, peer bt.TypedAddress) (*Conn, error) {
	return h.initiate(ctx, peer, 0)
}

// initiate runs one attempt.
func (h *Host) initiate(ctx context.Context, peer bt.TypedAddress, filter uint8) (*Conn, error) {
	a := &attempt{result: make(chan arrival, 1)}
	h.mu.Lock()
	h.attempt = a
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.attempt = nil
	}()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := h.rotate(ctx); err != nil {
		return nil, err
	}
	p := h.options.Connection
	// The controller answers this at once, and what it has begun must be undone:
	// so the context counts only afterwards.
	err := h.Command(context.WithoutCancel(ctx), &LECreateConnection{
		LEScanInterval:        connectScanInterval,
		LEScanWindow:          connectScanWindow,
		InitiatorFilterPolicy: filter,
		PeerAddressType:       PeerAddressType(peer.Type),
		PeerAddress:           peer.Address,
		OwnAddressType:        h.ownType,
		ConnectionIntervalMin: p.IntervalMin,
		ConnectionIntervalMax: p.IntervalMax,
		MaxLatency:            p.Latency,
		SupervisionTimeout:    p.Timeout,
	}, nil)
	if err != nil {
		return nil, err
	}
	select {
	case r := <-a.result:
		return r.conn, r.err
	case <-h.done:
		return nil, h.Err()
	case <-ctx.Done():
	}
	h.cancel(a)
	return nil, ctx.Err()
}

// cancel gives up an attempt. The controller confirms that with a connection
// complete event, which may also bring the link that was just made.
func (h *Host) cancel(a *attempt) {
	if err := h.Command(context.Background(), &LECreateConnectionCancel{}, nil); err != nil {
		h.log.Debug("connection attempt not cancelled", "error", err)
	}
	late := time.NewTimer(h.options.CommandTimeout)
	defer late.Stop()
	select {
	case r := <-a.result:
		if r.conn != nil {
			_ = r.conn.Disconnect(bt.RemoteUserTerminated)
		}
	case <-h.done:
	case <-late.C:
		h.log.Warn("controller does not confirm that it gave up an attempt to connect")
	}
}

// connected handles both connection complete events.
func (h *Host) connected(e *LEEnhancedConnectionComplete) {
	if e.Status != bt.Success {
		h.notConnected(e.Status)
		return
	}
	c := &Conn{
		host:          h,
		handle:        e.ConnectionHandle & handleMask,
		role:          e.Role,
		localIdentity: h.identity,
		done:          make(chan struct{}),
		channels:      make(map[l2cap.CID]*l2cap.Channel),
	}
	c.signaller = l2cap.Signaller{Role: c.role, Update: c.acceptUpdate}
	h.mu.Lock()
	a := h.attempt
	if c.role == bt.Central {
		h.attempt = nil
	} else {
		h.advertising = false // the controller stops it
	}
	h.mu.Unlock()
	c.localAddress = h.localAddress(e.LocalResolvablePrivateAddress)
	c.peerAddress, c.peerIdentity = h.peerAddresses(e)
	h.add(c)
	switch {
	case c.role != bt.Central:
		h.arrive(arrival{conn: c})
	case a != nil:
		a.result <- arrival{conn: c}
	default:
		h.log.Warn("link that nobody asked for", "peer", c.peerAddress)
		_ = c.Disconnect(bt.RemoteUserTerminated)
	}
}

// notConnected handles a connection complete event without a connection.
func (h *Host) notConnected(status bt.Status) {
	if status == bt.AdvertisingTimeout {
		h.mu.Lock()
		h.advertising = false
		h.mu.Unlock()
		h.arrive(arrival{err: doing("advertise", status)})
		return
	}
	h.mu.Lock()
	a := h.attempt
	h.attempt = nil
	h.mu.Unlock()
	if a != nil {
		a.result <- arrival{err: status}
	}
}

// localAddress is our address on the air: one that the controller has made, or
// the one that the host gave it.
func (h *Host) localAddress(private bt.Address) bt.TypedAddress {
	if private != (bt.Address{}) && h.ownType == OwnResolvableOrRandom {
		return bt.TypedAddress{Type: bt.RandomAddress, Address: private}
	}
	return h.Address()
}

// peerAddresses gives the peer's address on the air, and its identity where the
// controller or the resolver knows it.
func (h *Host) peerAddresses(e *LEEnhancedConnectionComplete) (onAir, identity bt.TypedAddress) {
	identity = typedAddress(e.PeerAddressType, e.PeerAddress)
	if resolved(e.PeerAddressType) {
		if e.PeerResolvablePrivateAddress == (bt.Address{}) {
			return identity, identity
		}
		return bt.TypedAddress{Type: bt.RandomAddress, Address: e.PeerResolvablePrivateAddress}, identity
	}
	return identity, h.resolve(identity)
}

// resolved reports whether a controller says that this is an identity.
func resolved(t PeerAddressType) bool {
	return t == PeerPublicIdentity || t == PeerRandomIdentity
}

// typedAddress drops from an address type what resolved tells.
func typedAddress(t PeerAddressType, address bt.Address) bt.TypedAddress {
	return bt.TypedAddress{Type: bt.AddressType(t & 1), Address: address}
}
