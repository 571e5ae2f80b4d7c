package dissect

import (
	"encoding/binary"

	"blesmp/bt"
	"blesmp/hci"
)

// The extended commands and events of newer controllers that package hci does
// not speak: what they say here is in their first octets (Core Vol 4, Part E,
// 7.8.52, 7.8.53, 7.8.66 and 7.7.65.41).
const (
	opcodeSetAdvertisingSetRandomAddress   hci.Opcode   = 0x2035
	opcodeSetExtendedAdvertisingParameters hci.Opcode   = 0x2036
	opcodeExtendedCreateConnection         hci.Opcode   = 0x2043
	subeventEnhancedConnectionCompleteV2   hci.Subevent = 0x29
	sizeEnhancedConnectionComplete                      = 30
)

// command picks the commands of encryption, and those that tell our address.
func (d *Dissector) command(b []byte) []Step {
	step := Step{Kind: HCIStep, Sent: true}
	params := b[3:]
	var err error
	switch opcode := hci.Opcode(binary.LittleEndian.Uint16(b)); opcode {
	case hci.OpcodeLEEnableEncryption:
		var x hci.LEEnableEncryption
		step.Name, err = "LE Enable Encryption", x.Unmarshal(params)
		step.Handle, step.Happening = x.ConnectionHandle, EncryptionAsked
		step.Fields = append(identifiers(x.EncryptedDiversifier, x.RandomNumber), Field{Name: "LTK", Value: showKey(x.LongTermKey, d.ShowKeys)})
	case hci.OpcodeLELongTermKeyRequestReply:
		var x hci.LELongTermKeyRequestReply
		step.Name, err = "LE Long Term Key Request Reply", x.Unmarshal(params)
		step.Handle, step.Happening = x.ConnectionHandle, KeyGiven
		step.Fields = []Field{{Name: "LTK", Value: showKey(x.LongTermKey, d.ShowKeys)}}
	case hci.OpcodeLELongTermKeyRequestNegativeReply:
		var x hci.LELongTermKeyRequestNegativeReply
		step.Name, err = "LE Long Term Key Request Negative Reply", x.Unmarshal(params)
		step.Handle, step.Happening = x.ConnectionHandle, KeyDenied
	default:
		d.own.command(opcode, params)
		return nil
	}
	return whole(step, err)
}

// event picks the events of encryption and of links.
func (d *Dissector) event(b []byte) []Step {
	step := Step{Kind: HCIStep}
	params := b[2:]
	var err error
	switch hci.EventCode(b[0]) {
	case hci.EventCodeEncryptionChange:
		var x hci.EncryptionChange
		err = x.Unmarshal(params)
		step.Handle = x.ConnectionHandle
		step.encryption("Encryption Change", x.Status, x.EncryptionEnabled != 0)
	case hci.EventCodeEncryptionChangeV2:
		var x hci.EncryptionChangeV2
		err = x.Unmarshal(params)
		step.Handle = x.ConnectionHandle
		step.encryption("Encryption Change", x.Status, x.EncryptionEnabled != 0)
	case hci.EventCodeEncryptionKeyRefreshComplete:
		var x hci.EncryptionKeyRefreshComplete
		err = x.Unmarshal(params)
		step.Handle = x.ConnectionHandle
		step.encryption("Encryption Key Refresh Complete", x.Status, true)
	case hci.EventCodeDisconnectionComplete:
		var x hci.DisconnectionComplete
		step.Name, err = "Disconnection Complete", x.Unmarshal(params)
		if err == nil && x.Status != bt.Success {
			return nil
		}
		step.Kind, step.Handle, step.Details = LinkStep, x.ConnectionHandle, x.Reason.String()
		step.Happening, step.Status = LinkDown, x.Reason
		d.forget(x.ConnectionHandle)
	case hci.EventCodeCommandComplete:
		d.own.complete(params)
		return nil
	case hci.EventCodeLEMeta:
		return d.leEvent(params)
	default:
		return nil
	}
	return whole(step, err)
}

// encryption fills in what an event of encryption says.
func (s *Step) encryption(name string, status bt.Status, enabled bool) {
	s.Name, s.Status = name, status
	switch {
	case status != bt.Success:
		s.Happening, s.Details = EncryptionFailed, status.String()
	case enabled:
		s.Happening, s.Details = EncryptionOn, "encryption on"
	default:
		s.Happening, s.Details = EncryptionOff, "encryption off"
	}
}

func (d *Dissector) leEvent(b []byte) []Step {
	if len(b) < 1 {
		return []Step{{Kind: ErrorStep, Name: "LE Meta event", Details: "no subevent code"}}
	}
	params := b[1:]
	switch hci.Subevent(b[0]) {
	case hci.SubeventLELongTermKeyRequest:
		var x hci.LELongTermKeyRequest
		err := x.Unmarshal(params)
		return whole(Step{
			Kind: HCIStep, Name: "LE Long Term Key Request", Handle: x.ConnectionHandle,
			Happening: KeyAsked,
			Fields:    identifiers(x.EncryptedDiversifier, x.RandomNumber),
		}, err)
	case hci.SubeventLEConnectionComplete:
		var x hci.LEConnectionComplete
		if err := x.Unmarshal(params); err != nil {
			return whole(Step{Name: "LE Connection Complete"}, err)
		}
		peer := bt.TypedAddress{Type: bt.AddressType(x.PeerAddressType) & 1, Address: x.PeerAddress}
		return d.connected("LE Connection Complete", x.Status, x.ConnectionHandle, x.Role, peer, bt.Address{})
	case hci.SubeventLEEnhancedConnectionComplete, subeventEnhancedConnectionCompleteV2:
		var x hci.LEEnhancedConnectionComplete
		if err := x.Unmarshal(params[:min(len(params), sizeEnhancedConnectionComplete)]); err != nil {
			return whole(Step{Name: "LE Enhanced Connection Complete"}, err)
		}
		peer := bt.TypedAddress{Type: bt.AddressType(x.PeerAddressType) & 1, Address: x.PeerAddress}
		if x.PeerResolvablePrivateAddress != (bt.Address{}) {
			peer = bt.TypedAddress{Type: bt.RandomAddress, Address: x.PeerResolvablePrivateAddress}
		}
		return d.connected("LE Enhanced Connection Complete", x.Status, x.ConnectionHandle, x.Role, peer, x.LocalResolvablePrivateAddress)
	}
	return nil
}

// connected tells of a new link.
func (d *Dissector) connected(name string, status bt.Status, handle uint16, role bt.Role, peer bt.TypedAddress, ownPrivate bt.Address) []Step {
	step := Step{Kind: LinkStep, Name: name, Handle: handle, Status: status, Details: status.String(), Happening: LinkFailed}
	if status != bt.Success {
		return []Step{step}
	}
	d.forget(handle)
	step.Happening, step.Own = LinkUp, sideOf(role)
	d.setRole(handle, step.Own)
	own := d.own.of(step.Own)
	if ownPrivate != (bt.Address{}) {
		own = bt.TypedAddress{Type: bt.RandomAddress, Address: ownPrivate}
	}
	step.Addresses = Addresses{own, peer}
	if step.Own == PeripheralSide {
		step.Addresses = Addresses{peer, own}
	}
	return []Step{step}
}

// Where the commands have the type of our address. The rest of them does not
// matter, and may be what no strict reader takes (Core Vol 4, Part E, 7.8.5,
// 7.8.12, 7.8.53 and 7.8.66).
const (
	offsetAdvertisingOwnAddressType         = 5
	offsetConnectionOwnAddressType          = 12
	offsetExtendedAdvertisingOwnAddressType = 10
	offsetExtendedConnectionOwnAddressType  = 1
)

// ownAddresses gathers which address a host has in which role.
type ownAddresses struct {
	public, random, set bt.Address // set is that of an advertising set
	initiating          byte       // the own address type of the last command to connect
	advertising         byte       // and to advertise
}

// command looks at the commands that say so. One that is too short says
// nothing.
func (o *ownAddresses) command(opcode hci.Opcode, params []byte) {
	at := func(i int) byte {
		if i < len(params) {
			return params[i]
		}
		return 0
	}
	switch opcode {
	case hci.OpcodeLESetRandomAddress:
		o.random = addressOf(params)
	case opcodeSetAdvertisingSetRandomAddress:
		if len(params) > 0 {
			o.set = addressOf(params[1:])
		}
	case hci.OpcodeLESetAdvertisingParameters:
		o.advertising, o.set = at(offsetAdvertisingOwnAddressType), bt.Address{}
	case opcodeSetExtendedAdvertisingParameters:
		o.advertising = at(offsetExtendedAdvertisingOwnAddressType)
	case hci.OpcodeLECreateConnection:
		o.initiating = at(offsetConnectionOwnAddressType)
	case opcodeExtendedCreateConnection:
		o.initiating = at(offsetExtendedConnectionOwnAddressType)
	}
}

// complete takes the public address from the answer to Read BD_ADDR.
func (o *ownAddresses) complete(params []byte) {
	var x hci.CommandComplete
	var address hci.ReadBDADDRReturn
	if x.Unmarshal(params) == nil && hci.Opcode(x.CommandOpcode) == hci.OpcodeReadBDADDR && address.Unmarshal(x.ReturnParameters) == nil {
		o.public = address.BDADDR
	}
}

// of gives our address in a role, zero where no packet told it.
func (o *ownAddresses) of(s Side) bt.TypedAddress {
	kind, random := o.initiating, o.random
	if s == PeripheralSide {
		kind = o.advertising
		if o.set != (bt.Address{}) {
			random = o.set
		}
	}
	a := bt.TypedAddress{Type: bt.AddressType(kind & 1), Address: o.public}
	if a.Type == bt.RandomAddress {
		a.Address = random
	}
	if a.Address == (bt.Address{}) {
		return bt.TypedAddress{}
	}
	return a
}

// addressOf reads an address in the order of the wire.
func addressOf(b []byte) bt.Address {
	var a bt.Address
	if len(b) < len(a) {
		return a
	}
	for i := range a {
		a[i] = b[len(a)-1-i]
	}
	return a
}
