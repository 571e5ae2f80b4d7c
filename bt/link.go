package bt

// Link is one LE connection as the Security Manager sees it: a way to send
// SMP PDUs and to have the controller encrypt. hci.Conn is one; whoever brings
// another host stack writes another. All methods may be called from any
// goroutine, and none waits for the peer.
type Link interface {
	// Role is ours.
	Role() Role

	// LocalAddress and PeerAddress are the addresses on the air when the link
	// was made: they enter c1, f5 and f6 (Core Vol 3, Part H, 2.2).
	LocalAddress() TypedAddress
	PeerAddress() TypedAddress

	// PeerIdentity is the peer's identity where the controller or the host has
	// resolved PeerAddress, and else PeerAddress itself.
	PeerIdentity() TypedAddress

	// LocalIdentity is the identity that this host has on the link.
	LocalIdentity() TypedAddress

	// SendSMP queues one PDU, code octet first, for channel 0x0006 and returns
	// its number, which rises by one from 1. LinkHandler.HandleDelivered tells
	// when the controller has it acknowledged. The PDU is copied.
	SendSMP(pdu []byte) (number uint64, err error)

	// StartEncryption makes the controller of a central encrypt, or encrypt
	// again (HCI LE Enable Encryption). The result is an encryption event.
	StartEncryption(ltk Key, rand uint64, ediv uint16) error

	// ReplyLTK and RejectLTK answer HandleLTKRequest (HCI LE Long Term Key
	// Request Reply and Negative Reply).
	ReplyLTK(ltk Key) error
	RejectLTK() error

	// Disconnect ends the link with this reason.
	Disconnect(reason Status) error
}

// LinkHandler receives what happens on a Link, one call at a time and in the
// order of the controller: data and events never overtake each other. A
// handler returns at once; it does not wait for a person or a peer.
type LinkHandler interface {
	// HandleSMP takes one PDU of channel 0x0006, valid only during the call.
	HandleSMP(pdu []byte)

	// HandleDelivered says that the peer's controller has acknowledged every
	// PDU up to this number of SendSMP.
	HandleDelivered(number uint64)

	// HandleEncryption reports HCI Encryption Change or, with refreshed, HCI
	// Encryption Key Refresh Complete; enabled counts only where status is
	// Success.
	HandleEncryption(status Status, enabled, refreshed bool)

	// HandleLTKRequest reports HCI LE Long Term Key Request; it has to be
	// answered with ReplyLTK or RejectLTK.
	HandleLTKRequest(rand uint64, ediv uint16)

	// HandleDisconnected is the last call.
	HandleDisconnected(reason Status)
}
