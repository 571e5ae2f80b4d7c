package load

import (
	"fmt"

	"blesmp/bt"
	"blesmp/hci"
)

// appender is what can be put into return parameters.
type appender interface{ AppendTo(b []byte) []byte }

// command answers one command. Those that only set something up succeed.
func (c *controller) command(opcode hci.Opcode, parameters []byte) error {
	switch opcode {
	case hci.OpcodeLEReadBufferSize:
		c.complete(opcode, &hci.LEReadBufferSizeReturn{LEACLDataPacketLength: aclLength, TotalNumLEACLDataPackets: aclPackets})
	case hci.OpcodeReadBDADDR:
		c.complete(opcode, &hci.ReadBDADDRReturn{BDADDR: c.address})
	case hci.OpcodeReadLocalVersionInformation:
		c.complete(opcode, &hci.ReadLocalVersionInformationReturn{})
	case hci.OpcodeReadLocalSupportedCommands:
		c.complete(opcode, &hci.ReadLocalSupportedCommandsReturn{})
	case hci.OpcodeLEReadLocalSupportedFeatures:
		c.complete(opcode, &hci.LEReadLocalSupportedFeaturesReturn{LEFeatures: hci.LEFeaturesEncryption})
	case hci.OpcodeLECreateConnection:
		return c.connect(parameters)
	case hci.OpcodeDisconnect:
		return c.disconnect(parameters)
	case hci.OpcodeLEEnableEncryption:
		return c.encrypt(parameters)
	default:
		c.complete(opcode, nil)
	}
	return nil
}

// complete answers with success and return parameters, status alone for nil.
func (c *controller) complete(opcode hci.Opcode, parameters appender) {
	ret := []byte{byte(bt.Success)}
	if parameters != nil {
		ret = parameters.AppendTo(nil)
	}
	c.event(&hci.CommandComplete{NumHCICommandPackets: 1, CommandOpcode: uint16(opcode), ReturnParameters: ret})
}

// started answers a command whose end is an event.
func (c *controller) started(opcode hci.Opcode) {
	c.event(&hci.CommandStatus{NumHCICommandPackets: 1, CommandOpcode: uint16(opcode)})
}

// connect makes a link at once: every address has a peer.
func (c *controller) connect(parameters []byte) error {
	var p hci.LECreateConnection
	if err := p.Unmarshal(parameters); err != nil {
		return err
	}
	link := &peer{controller: c, address: bt.TypedAddress{Type: bt.AddressType(p.PeerAddressType), Address: p.PeerAddress}}
	c.mu.Lock()
	switch n := len(c.free); {
	case n > 0:
		link.handle = c.free[n-1]
		c.free, c.links[link.handle] = c.free[:n-1], link
	case len(c.links) == MaxLinks:
		c.mu.Unlock()
		return fmt.Errorf("load: one controller has %d links and no more", MaxLinks)
	default:
		link.handle = uint16(len(c.links))
		c.links = append(c.links, link)
	}
	c.mu.Unlock()
	c.started(hci.OpcodeLECreateConnection)
	c.put(hci.AppendLEEvent(nil, &hci.LEConnectionComplete{
		ConnectionHandle: link.handle, Role: bt.Central,
		PeerAddressType: p.PeerAddressType, PeerAddress: p.PeerAddress,
		ConnectionInterval: p.ConnectionIntervalMin, SupervisionTimeout: p.SupervisionTimeout,
	}))
	return nil
}

// disconnect ends a link; what is under way at its peer goes nowhere.
func (c *controller) disconnect(parameters []byte) error {
	var p hci.Disconnect
	if err := p.Unmarshal(parameters); err != nil {
		return err
	}
	c.started(hci.OpcodeDisconnect)
	c.mu.Lock()
	if int(p.ConnectionHandle) >= len(c.links) || c.links[p.ConnectionHandle] == nil {
		c.mu.Unlock()
		return fmt.Errorf("load: link 0x%04x cannot end, there is none", p.ConnectionHandle)
	}
	c.links[p.ConnectionHandle] = nil
	c.free = append(c.free, p.ConnectionHandle)
	c.mu.Unlock()
	c.event(&hci.DisconnectionComplete{ConnectionHandle: p.ConnectionHandle, Reason: bt.LocalHostTerminated})
	return nil
}

// encrypt asks the peer for the key.
func (c *controller) encrypt(parameters []byte) error {
	var p hci.LEEnableEncryption
	if err := p.Unmarshal(parameters); err != nil {
		return err
	}
	link := c.link(p.ConnectionHandle)
	if link == nil {
		return fmt.Errorf("load: link 0x%04x cannot be encrypted, there is none", p.ConnectionHandle)
	}
	c.started(hci.OpcodeLEEnableEncryption)
	return link.keyRequested(p.RandomNumber, p.EncryptedDiversifier, p.LongTermKey)
}
