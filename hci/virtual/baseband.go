package virtual

import (
	"crypto/aes"
	"encoding/binary"

	"blesmp/bt"
	"blesmp/hci"
)

// What a controller says of itself. The company identifier is the one that
// Assigned Numbers keeps for internal use and tests.
const (
	version          = 0x0c // Core 5.3
	companyID        = 0xffff
	subversion       = 0x0001
	featuresOctet4   = 0x60 // LE is supported, BR/EDR is not
	supportedStates  = 0x000003ffffffffff
	transmitPower    = 0  // dBm
	maxTransmitPower = 8  // dBm
	microsPerOctet   = 8  // on LE 1M
	packetOverhead   = 14 // octets of a packet beside its payload
)

// The link layer features that are carried out (Core Vol 6, Part B, 4.6).
const localFeatures = hci.LEFeaturesEncryption |
	hci.LEFeaturesExtendedRejectIndication |
	hci.LEFeaturesPeripheralInitiatedFeaturesExchange |
	hci.LEFeaturesDataPacketLengthExtension |
	hci.LEFeaturesPrivacy |
	hci.LEFeaturesExtendedScannerFilterPolicies

func (c *Controller) reset(*hci.Reset, *hci.ResetReturn) bt.Status {
	c.clear()
	return bt.Success
}

func (c *Controller) setEventMask(cmd *hci.SetEventMask, _ *hci.SetEventMaskReturn) bt.Status {
	c.eventMask = cmd.EventMask
	return bt.Success
}

func (c *Controller) setEventMaskPage2(cmd *hci.SetEventMaskPage2, _ *hci.SetEventMaskPage2Return) bt.Status {
	c.eventMaskPage2 = cmd.EventMaskPage2
	return bt.Success
}

func (c *Controller) leSetEventMask(cmd *hci.LESetEventMask, _ *hci.LESetEventMaskReturn) bt.Status {
	c.leEventMask = cmd.LEEventMask
	return bt.Success
}

// setControllerToHostFlowControl takes only "off": data goes to the host as it
// comes, and a host that does not read is not sent more by its peers.
func (c *Controller) setControllerToHostFlowControl(
	cmd *hci.SetControllerToHostFlowControl, _ *hci.SetControllerToHostFlowControlReturn,
) bt.Status {
	if cmd.FlowControlEnable != 0 {
		return bt.InvalidParameters
	}
	return bt.Success
}

func (c *Controller) hostBufferSize(*hci.HostBufferSize, *hci.HostBufferSizeReturn) bt.Status {
	return bt.Success
}

func (c *Controller) writeLEHostSupport(*hci.WriteLEHostSupport, *hci.WriteLEHostSupportReturn) bt.Status {
	return bt.Success
}

func (c *Controller) readLocalVersionInformation(
	_ *hci.ReadLocalVersionInformation, ret *hci.ReadLocalVersionInformationReturn,
) bt.Status {
	ret.HCIVersion, ret.HCISubversion = version, subversion
	ret.LMPVersion, ret.LMPSubversion = version, subversion
	ret.CompanyIdentifier = companyID
	return bt.Success
}

func (c *Controller) readLocalSupportedCommands(
	_ *hci.ReadLocalSupportedCommands, ret *hci.ReadLocalSupportedCommandsReturn,
) bt.Status {
	for _, known := range c.commands {
		if known.octet != alwaysSupported {
			ret.SupportedCommands[known.octet] |= 1 << known.bit
		}
	}
	return bt.Success
}

func (c *Controller) readLocalSupportedFeatures(
	_ *hci.ReadLocalSupportedFeatures, ret *hci.ReadLocalSupportedFeaturesReturn,
) bt.Status {
	ret.LMPFeatures[4] = featuresOctet4
	return bt.Success
}

func (c *Controller) readBufferSize(_ *hci.ReadBufferSize, ret *hci.ReadBufferSizeReturn) bt.Status {
	ret.ACLDataPacketLength = c.config.ACLLength
	ret.TotalNumACLDataPackets = uint16(c.config.ACLPackets)
	return bt.Success
}

func (c *Controller) readBDADDR(_ *hci.ReadBDADDR, ret *hci.ReadBDADDRReturn) bt.Status {
	ret.BDADDR = c.config.PublicAddress
	return bt.Success
}

func (c *Controller) readRSSI(cmd *hci.ReadRSSI, ret *hci.ReadRSSIReturn) bt.Status {
	ret.Handle = cmd.Handle
	e, ok := c.links[cmd.Handle]
	if !ok {
		return bt.UnknownConnection
	}
	ret.RSSI = e.peer.controller.config.RSSI
	return bt.Success
}

func (c *Controller) readTransmitPowerLevel(
	cmd *hci.ReadTransmitPowerLevel, ret *hci.ReadTransmitPowerLevelReturn,
) bt.Status {
	ret.ConnectionHandle = cmd.ConnectionHandle
	if _, ok := c.links[cmd.ConnectionHandle]; !ok {
		return bt.UnknownConnection
	}
	ret.TxPowerLevel = transmitPower
	if cmd.Type == 1 {
		ret.TxPowerLevel = maxTransmitPower
	}
	return bt.Success
}

func (c *Controller) leReadBufferSize(_ *hci.LEReadBufferSize, ret *hci.LEReadBufferSizeReturn) bt.Status {
	ret.LEACLDataPacketLength = c.config.ACLLength
	ret.TotalNumLEACLDataPackets = c.config.ACLPackets
	return bt.Success
}

func (c *Controller) leReadLocalSupportedFeatures(
	_ *hci.LEReadLocalSupportedFeatures, ret *hci.LEReadLocalSupportedFeaturesReturn,
) bt.Status {
	ret.LEFeatures = localFeatures
	return bt.Success
}

func (c *Controller) leReadSupportedStates(
	_ *hci.LEReadSupportedStates, ret *hci.LEReadSupportedStatesReturn,
) bt.Status {
	ret.LEStates = supportedStates
	return bt.Success
}

// leSetRandomAddress is refused while the address may be in use (Core Vol 4,
// Part E, 7.8.4).
func (c *Controller) leSetRandomAddress(cmd *hci.LESetRandomAddress, _ *hci.LESetRandomAddressReturn) bt.Status {
	if c.advertiser.enabled || c.scanner.enabled || c.initiator.active {
		return bt.CommandDisallowed
	}
	c.randomAddress = cmd.RandomAddress
	return bt.Success
}

func (c *Controller) leEncrypt(cmd *hci.LEEncrypt, ret *hci.LEEncryptReturn) bt.Status {
	block, err := aes.NewCipher(cmd.Key[:])
	if err != nil {
		return bt.UnspecifiedError
	}
	block.Encrypt(ret.EncryptedData[:], cmd.PlaintextData[:])
	return bt.Success
}

func (c *Controller) leRand(_ *hci.LERand, ret *hci.LERandReturn) bt.Status {
	var b [8]byte
	c.air.random(b[:])
	ret.RandomNumber = binary.LittleEndian.Uint64(b[:])
	return bt.Success
}
