package virtual

import (
	"encoding/binary"

	"blesmp/bt"
	"blesmp/hci"
)

// initiator is the initiating state of a controller.
type initiator struct {
	active bool
	params hci.LECreateConnection
}

// wanted gives the peer that the parameters name.
func (i *initiator) wanted() bt.TypedAddress {
	return bt.TypedAddress{Type: bt.AddressType(i.params.PeerAddressType & 1), Address: i.params.PeerAddress}
}

// leCreateConnection waits for an advertiser for as long as the host likes (Core
// Vol 4, Part E, 7.8.12).
func (c *Controller) leCreateConnection(cmd *hci.LECreateConnection) bt.Status {
	p := connectionParameters{cmd.ConnectionIntervalMax, cmd.MaxLatency, cmd.SupervisionTimeout}
	next := initiator{active: true, params: *cmd}
	_, haveAddress := c.own(cmd.OwnAddressType, next.wanted())
	switch {
	case c.initiator.active:
		return bt.CommandDisallowed
	case cmd.LEScanWindow > cmd.LEScanInterval, cmd.ConnectionIntervalMin > cmd.ConnectionIntervalMax, !p.valid(),
		cmd.MinCELength > cmd.MaxCELength, cmd.PeerAddressType > hci.PeerRandomIdentity,
		cmd.OwnAddressType > hci.OwnResolvableOrRandom, !haveAddress:
		return bt.InvalidParameters
	case cmd.InitiatorFilterPolicy == 0 && c.connectedTo(next.wanted()):
		return bt.ConnectionAlreadyExists
	case len(c.links) >= c.config.MaxLinks:
		return bt.ConnectionLimitExceeded
	}
	c.initiator = next
	c.air.soon(c.air.rendezvous)
	return bt.Success
}

// connectedTo reports whether there is a link to the peer already.
func (c *Controller) connectedTo(peer bt.TypedAddress) bool {
	for _, e := range c.links {
		if e.peerIdentity == peer || e.peer.address.TypedAddress == peer {
			return true
		}
	}
	return false
}

// leCreateConnectionCancel gives up. The connection complete event that ends the
// command comes after the answer to this one (Core Vol 4, Part E, 7.8.13).
func (c *Controller) leCreateConnectionCancel(
	*hci.LECreateConnectionCancel, *hci.LECreateConnectionCancelReturn,
) bt.Status {
	if !c.initiator.active {
		return bt.CommandDisallowed
	}
	c.initiator.active = false
	c.air.soon(func() {
		c.sendLEConnectionComplete(&hci.LEEnhancedConnectionComplete{
			Status: bt.UnknownConnection, Role: bt.Central,
		})
	})
	return bt.Success
}

// rendezvous connects each initiator with the first advertiser that it wants
// and that wants it.
func (a *Air) rendezvous() {
	for _, c := range a.controllers {
		for _, p := range a.controllers {
			if !c.initiator.active {
				break
			}
			if p != c && p.advertiser.enabled && p.advertiser.connectable() {
				a.meet(c, p)
			}
		}
	}
}

// meet connects the initiator with the advertiser if the addresses and the
// filters of both allow it (Core Vol 6, Part B, 4.3 and 4.4.4).
func (a *Air) meet(initiating, advertising *Controller) {
	i, v := &initiating.initiator, &advertising.advertiser
	ad := advertising.advertisement()
	peripheral, ok := initiating.identify(ad.address)
	if !ok || !i.wants(initiating, ad.address, peripheral) {
		return
	}
	own, ok := initiating.own(i.params.OwnAddressType, peripheral)
	if !ok {
		return
	}
	central, ok := advertising.identify(own.TypedAddress)
	switch {
	case !ok:
		return
	case v.directed() && (!initiating.isTarget(ad.target, own, peripheral) ||
		own.TypedAddress != ad.target && central != v.peer()):
		return
	case !v.directed() && v.params.AdvertisingFilterPolicy&filterConnectRequests != 0 && !advertising.accepts(central):
		return
	case len(initiating.links) >= initiating.config.MaxLinks,
		len(advertising.links) >= advertising.config.MaxLinks,
		initiating.connectedTo(ad.address):
		return
	}
	i.active = false
	theirs, _ := advertising.own(v.params.OwnAddressType, v.peer())
	advertising.stopAdvertising()
	p := connectionParameters{i.params.ConnectionIntervalMax, i.params.MaxLatency, i.params.SupervisionTimeout}
	a.connect(p,
		&end{controller: initiating, address: own, peerIdentity: peripheral},
		&end{controller: advertising, address: theirs, peerIdentity: central})
}

// wants applies the initiator's filter to an advertiser.
func (i *initiator) wants(c *Controller, on, identity bt.TypedAddress) bool {
	if i.params.InitiatorFilterPolicy != 0 {
		return c.accepts(identity)
	}
	return on == i.wanted() || identity == i.wanted()
}

// isTarget reports whether directed advertising points at the address with
// which we would connect, or at another private one of ours.
func (c *Controller) isTarget(target bt.TypedAddress, own airAddress, advertiser bt.TypedAddress) bool {
	if target == own.TypedAddress {
		return true
	}
	r := c.privacy.entry(advertiser)
	return c.privacy.enabled && own.generated && r != nil && resolves(r.localIRK, target)
}

// connectInd is CONNECT_IND, with which the initiator makes the link (Core Vol
// 6, Part B, 2.3.3.1).
func connectInd(l *Link) []byte {
	central, peripheral := l.ends[bt.Central].address, l.ends[bt.Peripheral].address
	b := binary.LittleEndian.AppendUint32(nil, l.accessAddress)
	b = append(b, crcInit&0xff, crcInit>>8&0xff, crcInit>>16)
	b = append(b, 1, 0, 0) // window of 1.25 ms at once
	for _, v := range [...]uint16{l.parameters.interval, l.parameters.latency, l.parameters.timeout} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	b = append(b, 0xff, 0xff, 0xff, 0xff, 0x1f) // all data channels
	b = append(b, 5)                            // hop of 5 channels, 500 ppm
	return advertisingPDU(pduConnectInd, central.TypedAddress, &peripheral.TypedAddress, b)
}
