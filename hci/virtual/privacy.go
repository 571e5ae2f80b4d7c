package virtual

import (
	"crypto/aes"
	"slices"
	"time"

	"blesmp/bt"
	"blesmp/hci"
)

// defaultRPATimeout is how long a generated private address is used (Core Vol
// 4, Part E, 7.8.45).
const defaultRPATimeout = 900 * time.Second

// privacy is the resolving list (Core Vol 6, Part B, 4.7 and 6).
type privacy struct {
	enabled bool
	timeout time.Duration
	list    []*resolvable
}

// resolvable is an entry of the resolving list.
type resolvable struct {
	peer              bt.TypedAddress
	peerIRK, localIRK bt.Key
	device            bool // device privacy: the peer may also show its identity
	local, remote     generated
	heard             bt.Address // the last address that was resolved to this peer
}

// generated is a private address that is used for a while.
type generated struct {
	address bt.Address
	expires time.Time
}

// airAddress is an address that a controller uses on the air.
type airAddress struct {
	bt.TypedAddress
	generated bool // made by the controller from an IRK
}

// hash is ah: the lower three octets of a resolvable private address, made of
// the upper three (Core Vol 3, Part H, 2.2.2).
func hash(irk bt.Key, prand []byte) []byte {
	var block [aes.BlockSize]byte
	copy(block[aes.BlockSize-3:], prand)
	cipher, err := aes.NewCipher(irk[:])
	if err != nil {
		panic(err) // the key is sixteen octets by its type
	}
	cipher.Encrypt(block[:], block[:])
	return block[aes.BlockSize-3:]
}

// resolves reports whether the address was made from this IRK.
func resolves(irk bt.Key, a bt.TypedAddress) bool {
	return !irk.IsZero() && a.IsResolvable() && slices.Equal(hash(irk, a.Address[:3]), a.Address[3:])
}

// newPrivateAddress makes a resolvable private address (Core Vol 6, Part B,
// 1.3.2.2).
func (a *Air) newPrivateAddress(irk bt.Key) (address bt.Address) {
	for {
		a.random(address[:3])
		address[0] = address[0]&0x3f | 0x40
		if random := [3]byte{address[0] & 0x3f, address[1], address[2]}; random != [3]byte{} &&
			random != [3]byte{0x3f, 0xff, 0xff} {
			break
		}
	}
	copy(address[3:], hash(irk, address[:3]))
	return address
}

// current gives the address, made anew if it is too old.
func (c *Controller) current(g *generated, irk bt.Key) bt.Address {
	now := time.Now()
	if !now.Before(g.expires) {
		g.address = c.air.newPrivateAddress(irk)
		g.expires = now.Add(c.privacy.timeout)
	}
	return g.address
}

// entry finds the entry of a peer by its identity; nil if there is none.
func (p *privacy) entry(identity bt.TypedAddress) *resolvable {
	for _, r := range p.list {
		if r.peer == identity {
			return r
		}
	}
	return nil
}

// identify gives the identity behind an address on the air, which is the
// address itself where nothing resolves. It reports false for a peer that must
// not be heard: one that shows its identity though network privacy says that it
// uses private addresses (Core Vol 6, Part B, 4.7).
func (c *Controller) identify(a bt.TypedAddress) (bt.TypedAddress, bool) {
	if !c.privacy.enabled {
		return a, true
	}
	for _, r := range c.privacy.list {
		if resolves(r.peerIRK, a) {
			r.heard = a.Address
			return r.peer, true
		}
	}
	if r := c.privacy.entry(a); r != nil && !r.peerIRK.IsZero() && !r.device {
		return a, false
	}
	return a, true
}

// own gives the address that goes on the air towards a peer, and false if the
// controller does not have the public address, or the host has not set the random
// one, that it wants (Core Vol 4, Part E, 7.8.5).
func (c *Controller) own(kind hci.OwnAddressType, peer bt.TypedAddress) (airAddress, bool) {
	if kind == hci.OwnResolvableOrPublic || kind == hci.OwnResolvableOrRandom {
		if r := c.privacy.entry(peer); r != nil && !r.localIRK.IsZero() {
			address := bt.TypedAddress{Type: bt.RandomAddress, Address: c.current(&r.local, r.localIRK)}
			return airAddress{address, true}, true
		}
	}
	if kind == hci.OwnPublic || kind == hci.OwnResolvableOrPublic {
		address := bt.TypedAddress{Type: bt.PublicAddress, Address: c.config.PublicAddress}
		return airAddress{address, false}, c.config.PublicAddress != bt.Address{}
	}
	address := bt.TypedAddress{Type: bt.RandomAddress, Address: c.randomAddress}
	return airAddress{address, false}, c.randomAddress != bt.Address{}
}

// identityType marks an address as resolved (Core Vol 4, Part E, 7.7.65.10).
func identityType(t bt.AddressType) hci.PeerAddressType {
	return hci.PeerAddressType(t) + hci.PeerPublicIdentity
}

// resolvingListBusy says that the list may be in use and must not change (Core
// Vol 4, Part E, 7.8.38).
func (c *Controller) resolvingListBusy() bool {
	return c.privacy.enabled && (c.advertiser.enabled || c.scanner.enabled || c.initiator.active)
}

func (c *Controller) leAddDeviceToResolvingList(
	cmd *hci.LEAddDeviceToResolvingList, _ *hci.LEAddDeviceToResolvingListReturn,
) bt.Status {
	peer := bt.TypedAddress{Type: cmd.PeerIdentityAddressType, Address: cmd.PeerIdentityAddress}
	switch {
	case c.resolvingListBusy():
		return bt.CommandDisallowed
	case !peer.IsIdentity() || c.privacy.entry(peer) != nil:
		return bt.InvalidParameters
	case len(c.privacy.list) >= int(c.config.ResolvingListSize):
		return bt.MemoryCapacityExceeded
	}
	c.privacy.list = append(c.privacy.list, &resolvable{peer: peer, peerIRK: cmd.PeerIRK, localIRK: cmd.LocalIRK})
	return bt.Success
}

func (c *Controller) leRemoveDeviceFromResolvingList(
	cmd *hci.LERemoveDeviceFromResolvingList, _ *hci.LERemoveDeviceFromResolvingListReturn,
) bt.Status {
	r := c.privacy.entry(bt.TypedAddress{Type: cmd.PeerIdentityAddressType, Address: cmd.PeerIdentityAddress})
	switch {
	case c.resolvingListBusy():
		return bt.CommandDisallowed
	case r == nil:
		return bt.UnknownConnection
	}
	c.privacy.list = slices.DeleteFunc(c.privacy.list, func(other *resolvable) bool { return other == r })
	return bt.Success
}

func (c *Controller) leClearResolvingList(*hci.LEClearResolvingList, *hci.LEClearResolvingListReturn) bt.Status {
	if c.resolvingListBusy() {
		return bt.CommandDisallowed
	}
	c.privacy.list = nil
	return bt.Success
}

func (c *Controller) leReadResolvingListSize(
	_ *hci.LEReadResolvingListSize, ret *hci.LEReadResolvingListSizeReturn,
) bt.Status {
	ret.ResolvingListSize = c.config.ResolvingListSize
	return bt.Success
}

// leReadPeerResolvableAddress gives the last private address that was heard of
// the peer (Core Vol 4, Part E, 7.8.42).
func (c *Controller) leReadPeerResolvableAddress(
	cmd *hci.LEReadPeerResolvableAddress, ret *hci.LEReadPeerResolvableAddressReturn,
) bt.Status {
	r := c.privacy.entry(bt.TypedAddress{Type: cmd.PeerIdentityAddressType, Address: cmd.PeerIdentityAddress})
	if r == nil {
		return bt.UnknownConnection
	}
	ret.PeerResolvableAddress = r.heard
	return bt.Success
}

func (c *Controller) leReadLocalResolvableAddress(
	cmd *hci.LEReadLocalResolvableAddress, ret *hci.LEReadLocalResolvableAddressReturn,
) bt.Status {
	r := c.privacy.entry(bt.TypedAddress{Type: cmd.PeerIdentityAddressType, Address: cmd.PeerIdentityAddress})
	if r == nil {
		return bt.UnknownConnection
	}
	ret.LocalResolvableAddress = r.local.address
	return bt.Success
}

func (c *Controller) leSetAddressResolutionEnable(
	cmd *hci.LESetAddressResolutionEnable, _ *hci.LESetAddressResolutionEnableReturn,
) bt.Status {
	if c.advertiser.enabled || c.scanner.enabled || c.initiator.active {
		return bt.CommandDisallowed
	}
	c.privacy.enabled = cmd.AddressResolutionEnable == 1
	return bt.Success
}

// leSetResolvablePrivateAddressTimeout counts from now on for the addresses that
// are made from now on (Core Vol 4, Part E, 7.8.45).
func (c *Controller) leSetResolvablePrivateAddressTimeout(
	cmd *hci.LESetResolvablePrivateAddressTimeout, _ *hci.LESetResolvablePrivateAddressTimeoutReturn,
) bt.Status {
	c.privacy.timeout = time.Duration(cmd.RPATimeout) * time.Second
	return bt.Success
}

func (c *Controller) leSetPrivacyMode(cmd *hci.LESetPrivacyMode, _ *hci.LESetPrivacyModeReturn) bt.Status {
	r := c.privacy.entry(bt.TypedAddress{Type: cmd.PeerIdentityAddressType, Address: cmd.PeerIdentityAddress})
	switch {
	case c.resolvingListBusy():
		return bt.CommandDisallowed
	case r == nil:
		return bt.UnknownConnection
	}
	r.device = cmd.PrivacyMode == 1
	return bt.Success
}
