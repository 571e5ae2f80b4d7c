package virtual

import (
	"slices"
	"time"

	"blesmp/bt"
	"blesmp/hci"
)

// handleCount is the number of connection handles, 0x0000 to 0x0EFF (Core Vol
// 4, Part E, 5.4.2).
const handleCount = 0x0f00

// Octets of a data channel PDU's payload: what every device can do, and what
// the length field can say (Core Vol 6, Part B, 4.5.10).
const (
	minDataOctets = 27
	maxDataOctets = 251
)

// Link is one connection between two controllers.
type Link struct {
	air           *Air
	number        uint64 // from 1, in the order in which the links of an air were made
	accessAddress uint32
	parameters    connectionParameters
	ends          [2]*end // by bt.Role
	gone          bool
}

// connectionParameters are in the units of HCI: 1.25 ms, connection events and
// 10 ms.
type connectionParameters struct {
	interval, latency, timeout uint16
}

// end is what one controller knows of a link.
type end struct {
	link       *Link
	controller *Controller
	role       bt.Role
	handle     uint16
	peer       *end

	address      airAddress      // ours, as the connection was made
	peerIdentity bt.TypedAddress // the peer's address, resolved if it was private and we could

	whenCompleted func() // is completed

	held       []outgoing // waits until the encryption procedure is over
	inFlight   uint8      // ACL packets of the host that are not acknowledged
	travelling int        // PDUs that have not arrived
	arriving   time.Time  // when the last of them does
	sn, nesn   bool
	closing    bool // LL_TERMINATE_IND is out

	lengths dataLengths

	encryption encryption
	control    control
}

// outgoing is a PDU that waits to be sent.
type outgoing struct {
	llid    byte
	payload []byte
	done    func() // runs when the peer has it; may be nil
}

// Controller gives the controller that has this role, or nil for another role.
func (l *Link) Controller(role bt.Role) *Controller {
	if int(role) >= len(l.ends) {
		return nil
	}
	return l.ends[role].controller
}

// Handle gives the connection handle at the controller of this role, or 0xFFFF
// for another role.
func (l *Link) Handle(role bt.Role) uint16 {
	if int(role) >= len(l.ends) {
		return 0xffff
	}
	return l.ends[role].handle
}

// Number counts the links of an air from 1, those that have ended included.
func (l *Link) Number() uint64 { return l.number }

// AccessAddress gives what stands before each PDU of the link on the air.
func (l *Link) AccessAddress() uint32 { return l.accessAddress }

// Encrypted reports whether both directions are encrypted.
func (l *Link) Encrypted() bool {
	l.air.mu.Lock()
	defer l.air.mu.Unlock()
	return l.ends[bt.Central].encryption.on() && l.ends[bt.Peripheral].encryption.on()
}

// Drop ends the link as if the devices had moved out of range: both hosts see
// Connection Timeout (0x08).
func (l *Link) Drop() {
	l.air.mu.Lock()
	defer l.air.release()
	l.end(bt.ConnectionTimeout, bt.ConnectionTimeout)
}

// joins reports whether c is at one end.
func (l *Link) joins(c *Controller) bool {
	return l.ends[0].controller == c || l.ends[1].controller == c
}

// connect makes a link and tells both hosts.
func (a *Air) connect(p connectionParameters, central, peripheral *end) {
	a.connections++
	l := &Link{
		air: a, number: a.connections, accessAddress: a.newAccessAddress(), parameters: p,
		ends: [2]*end{central, peripheral},
	}
	central.role, central.peer = bt.Central, peripheral
	peripheral.role, peripheral.peer = bt.Peripheral, central
	for _, e := range l.ends {
		c := e.controller
		e.link = l
		e.handle = c.newHandle()
		e.lengths = c.newDataLengths()
		c.links[e.handle] = e
	}
	a.links = append(a.links, l)
	a.advertise(bt.Central, connectInd(l))
	for _, e := range l.ends {
		e.sendConnectionComplete()
	}
	for _, e := range l.ends {
		if e.lengths.ours.maxTxOctets > minDataOctets {
			e.startDataLength()
		}
	}
}

// newAccessAddress draws an address that no other link has.
func (a *Air) newAccessAddress() uint32 {
	for {
		address := uint32(a.randomUint64())
		taken := slices.ContainsFunc(a.links, func(l *Link) bool { return l.accessAddress == address })
		if !taken && address != advertisingAccessAddress {
			return address
		}
	}
}

// newHandle gives the next handle that is free. Handles of ended links come
// back late, and each controller starts somewhere else, so that a host which
// mixes them up does not get away with it.
func (c *Controller) newHandle() uint16 {
	for {
		handle := c.nextHandle
		c.nextHandle = (c.nextHandle + 1) % handleCount
		if _, taken := c.links[handle]; !taken {
			return handle
		}
	}
}

// sendConnectionComplete tells the host of a new link, with the private
// addresses if it wants them (Core Vol 4, Part E, 7.7.65.1 and 7.7.65.10).
func (e *end) sendConnectionComplete() {
	p, on, identity := e.link.parameters, e.peer.address.TypedAddress, e.peerIdentity
	complete := hci.LEEnhancedConnectionComplete{
		ConnectionHandle:   e.handle,
		Role:               e.role,
		PeerAddressType:    hci.PeerAddressType(identity.Type),
		PeerAddress:        identity.Address,
		ConnectionInterval: p.interval,
		PeripheralLatency:  p.latency,
		SupervisionTimeout: p.timeout,
	}
	if identity != on {
		complete.PeerAddressType = identityType(identity.Type)
		complete.PeerResolvablePrivateAddress = on.Address
	}
	if e.address.generated {
		complete.LocalResolvablePrivateAddress = e.address.Address
	}
	e.controller.sendLEConnectionComplete(&complete)
}

// sendLEConnectionComplete sends the event in the form that the host wants: the
// enhanced one only if its mask asks for it.
func (c *Controller) sendLEConnectionComplete(e *hci.LEEnhancedConnectionComplete) {
	if c.hears(e.Subevent()) {
		c.sendLE(e)
		return
	}
	c.sendLE(&hci.LEConnectionComplete{
		Status:               e.Status,
		ConnectionHandle:     e.ConnectionHandle,
		Role:                 e.Role,
		PeerAddressType:      e.PeerAddressType & 1,
		PeerAddress:          e.PeerAddress,
		ConnectionInterval:   e.ConnectionInterval,
		PeripheralLatency:    e.PeripheralLatency,
		SupervisionTimeout:   e.SupervisionTimeout,
		CentralClockAccuracy: e.CentralClockAccuracy,
	})
}

// end ends the link and tells the hosts these reasons.
func (l *Link) end(central, peripheral bt.Status) {
	if !l.remove() {
		return
	}
	l.ends[bt.Central].disconnected(central)
	l.ends[bt.Peripheral].disconnected(peripheral)
}

// endFor ends the link and tells only the host on the other side of c.
func (l *Link) endFor(c *Controller, reason bt.Status) {
	if !l.remove() {
		return
	}
	for _, e := range l.ends {
		if e.controller == c {
			e.forget()
			continue
		}
		e.disconnected(reason)
	}
}

// remove takes the link off the air, and reports false if it was off already.
func (l *Link) remove() bool {
	if l.gone {
		return false
	}
	l.gone = true
	l.air.links = slices.DeleteFunc(l.air.links, func(other *Link) bool { return other == l })
	return true
}

// forget frees what the link had of its controller, the buffers included.
func (e *end) forget() {
	e.encryption.stopTimer()
	e.controller.inUse -= e.inFlight
	e.inFlight, e.held = 0, nil
	delete(e.controller.links, e.handle)
}

func (e *end) disconnected(reason bt.Status) {
	e.forget()
	e.controller.send(&hci.DisconnectionComplete{ConnectionHandle: e.handle, Reason: reason})
}

// terminationReasons are those that a host may give (Core Vol 4, Part E,
// 7.1.6).
var terminationReasons = []bt.Status{
	bt.AuthenticationFailure, bt.RemoteUserTerminated, bt.RemoteLowResources, bt.RemotePowerOff,
	bt.UnsupportedRemoteFeature, bt.PairingWithUnitKeyNotSupported, bt.UnacceptableConnectionParameters,
}

// disconnect starts the termination procedure (Core Vol 4, Part E, 7.1.6; Vol
// 6, Part B, 5.1.6). What was sent before arrives before.
func (c *Controller) disconnect(cmd *hci.Disconnect) bt.Status {
	e, ok := c.links[cmd.ConnectionHandle]
	switch {
	case !ok:
		return bt.UnknownConnection
	case !slices.Contains(terminationReasons, cmd.Reason):
		return bt.InvalidParameters
	case e.closing:
		return bt.CommandDisallowed
	}
	c.air.soon(func() { e.terminate(cmd.Reason) })
	e.closing = true
	return bt.Success
}

// terminate sends LL_TERMINATE_IND. The link ends when the peer has it, or,
// where it gets lost, with the peer's supervision timeout.
func (e *end) terminate(reason bt.Status) {
	if e.link.gone {
		return
	}
	e.transmit(llidControl, []byte{opTerminateInd, byte(reason)}, func() {
		e.endBoth(bt.LocalHostTerminated, bt.ConnectionTimeout)
	})
}

// endBoth ends the link with one reason for our host and one for the peer's.
func (e *end) endBoth(ours, peers bt.Status) {
	if e.role == bt.Central {
		e.link.end(ours, peers)
		return
	}
	e.link.end(peers, ours)
}
