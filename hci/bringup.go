package hci

import (
	"context"
	"errors"
	"fmt"

	"blesmp/bt"
)

// Controller is what a controller says about itself.
type Controller struct {
	Version    ReadLocalVersionInformationReturn
	Commands   [64]byte   // the supported commands (Core Vol 4, Part E, 6.27); zero where it did not say
	Features   LEFeatures // of the link layer
	Address    bt.Address // public; zero where there is none
	ACLLength  int        // octets of data in one ACL packet to the controller
	ACLPackets int        // ACL packets that the controller has room for
}

// Supports reports whether the controller lists a command: its octet and bit in
// the table of supported commands (Core Vol 4, Part E, 6.27).
func (c Controller) Supports(octet, bit int) bool {
	return octet >= 0 && octet < len(c.Commands) && bit >= 0 && c.Commands[octet]>>bit&1 == 1
}

// The events that the host acts on.
const (
	wantedEvents = EventMaskDisconnectionComplete | EventMaskEncryptionChange |
		EventMaskReadRemoteVersionInformationComplete | EventMaskHardwareError |
		EventMaskDataBufferOverflow | EventMaskEncryptionKeyRefreshComplete | EventMaskLEMeta

	wantedLEEvents = LEEventMaskConnectionComplete | LEEventMaskAdvertisingReport |
		LEEventMaskConnectionUpdateComplete | LEEventMaskReadRemoteFeaturesComplete |
		LEEventMaskLongTermKeyRequest | LEEventMaskRemoteConnectionParameterRequest |
		LEEventMaskDataLengthChange | LEEventMaskEnhancedConnectionComplete |
		LEEventMaskDirectedAdvertisingReport
)

// bringUp runs the commands after which a controller can be used.
func (h *Host) bringUp(ctx context.Context) error {
	if err := h.Command(ctx, &Reset{}, nil); err != nil {
		return err
	}
	if err := h.ask(ctx); err != nil {
		return err
	}
	if err := h.askBuffers(ctx); err != nil {
		return err
	}
	if err := h.Command(ctx, &SetEventMask{EventMask: wantedEvents}, nil); err != nil {
		return err
	}
	if err := h.Command(ctx, &LESetEventMask{LEEventMask: wantedLEEvents}, nil); err != nil {
		return err
	}
	if err := h.lengthenPackets(ctx); err != nil {
		return err
	}
	if err := h.setIdentity(ctx); err != nil {
		return err
	}
	if h.options.Privacy {
		return h.startPrivacy(ctx)
	}
	return nil
}

// ask reads what the controller is and can do. Small controllers need not know
// the version and the list of commands.
func (h *Host) ask(ctx context.Context) error {
	if err := optional(h.Command(ctx, &ReadLocalVersionInformation{}, &h.controller.Version)); err != nil {
		return err
	}
	var commands ReadLocalSupportedCommandsReturn
	if err := optional(h.Command(ctx, &ReadLocalSupportedCommands{}, &commands)); err != nil {
		return err
	}
	h.controller.Commands = commands.SupportedCommands
	var features LEReadLocalSupportedFeaturesReturn
	if err := h.Command(ctx, &LEReadLocalSupportedFeatures{}, &features); err != nil {
		return err
	}
	h.controller.Features = features.LEFeatures
	var address ReadBDADDRReturn
	if err := optional(h.Command(ctx, &ReadBDADDR{}, &address)); err != nil {
		return err
	}
	h.controller.Address = address.BDADDR
	return nil
}

// optional leaves aside that a command is unknown.
func optional(err error) error {
	if errors.Is(err, bt.UnknownCommand) {
		return nil
	}
	return err
}

// askBuffers reads how much data the controller takes: from the buffers for LE,
// or where there are none, from those that LE shares with BR/EDR (Core Vol 4,
// Part E, 4.1.1).
func (h *Host) askBuffers(ctx context.Context) error {
	var le LEReadBufferSizeReturn
	if err := h.Command(ctx, &LEReadBufferSize{}, &le); err != nil {
		return err
	}
	length, packets := int(le.LEACLDataPacketLength), int(le.TotalNumLEACLDataPackets)
	if length == 0 || packets == 0 {
		var shared ReadBufferSizeReturn
		if err := h.Command(ctx, &ReadBufferSize{}, &shared); err != nil {
			return err
		}
		length, packets = int(shared.ACLDataPacketLength), int(shared.TotalNumACLDataPackets)
	}
	if length == 0 || packets == 0 {
		return &PacketError{Packet: OpcodeReadBufferSize.String(), Problem: "controller has no room for data"}
	}
	h.controller.ACLLength, h.controller.ACLPackets = length, packets
	h.mu.Lock()
	defer h.mu.Unlock()
	h.aclLength, h.aclFree = length, packets
	return nil
}

// The longest packets of a link: octets of payload, and the microseconds that they
// take on LE 1M (Core Vol 6, Part B, 4.5.10).
const (
	longestPayload = 251
	longestTime    = 2120
)

// lengthenPackets has new links carry whole frames where both controllers can: a
// public key of SMP takes one packet then, and three without.
func (h *Host) lengthenPackets(ctx context.Context) error {
	if !h.controller.Features.DataPacketLengthExtension() {
		return nil
	}
	suggested := LEWriteSuggestedDefaultDataLength{SuggestedMaxTXOctets: longestPayload, SuggestedMaxTXTime: longestTime}
	return optional(h.Command(ctx, &suggested, nil))
}

// setIdentity decides on the address that the host is known by, and shows it on
// the air where there is no privacy.
func (h *Host) setIdentity(ctx context.Context) error {
	random, err := h.staticAddress()
	if err != nil {
		return err
	}
	if random == (bt.Address{}) {
		h.identity, h.ownType = bt.TypedAddress{Address: h.controller.Address}, OwnPublic
		h.private.address = h.identity
		return nil
	}
	h.identity, h.ownType = bt.TypedAddress{Type: bt.RandomAddress, Address: random}, OwnRandom
	if !h.identity.IsStatic() {
		return fmt.Errorf("hci: Options.RandomAddress %s is not a static address: its first octet must be C0 or above", random)
	}
	h.private.address = h.identity
	if h.options.Privacy {
		return nil
	}
	return h.Command(ctx, &LESetRandomAddress{RandomAddress: random}, nil)
}

// staticAddress gives the random address to be known by, zero for the public
// one.
func (h *Host) staticAddress() (bt.Address, error) {
	if h.options.RandomAddress != (bt.Address{}) || h.controller.Address != (bt.Address{}) {
		return h.options.RandomAddress, nil
	}
	if h.options.StaticAddress == nil {
		return bt.Address{}, errors.New("hci: controller has no public address: set Options.RandomAddress")
	}
	address, err := h.options.StaticAddress()
	if err != nil {
		return bt.Address{}, doing("static address", err)
	}
	return address, nil
}
