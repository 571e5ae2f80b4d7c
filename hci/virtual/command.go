package virtual

import (
	"blesmp/bt"
	"blesmp/hci"
)

// command is how a controller carries out one command.
type command struct {
	octet, bit uint8 // in the supported commands (Core Vol 4, Part E, 6.27)
	run        func(c *Controller, parameters []byte)
}

// alwaysSupported marks a command that has no bit.
const alwaysSupported = 0xff

// commandOf is a generated command: pointers to it decode.
type commandOf[T any] interface {
	*T
	Unmarshal(b []byte) error
	Opcode() hci.Opcode
}

// returnOf is a generated set of return parameters: pointers to it encode.
type returnOf[T any] interface {
	*T
	AppendTo(b []byte) []byte
}

// registry collects the commands of a controller by opcode.
type registry map[hci.Opcode]command

// command answers one command packet. An unknown one gets Command Status (Core
// Vol 4, Part E, 7.7.15).
func (c *Controller) command(opcode hci.Opcode, parameters []byte) {
	known, ok := c.commands[opcode]
	if !ok {
		c.send(&hci.CommandStatus{
			Status: bt.UnknownCommand, NumHCICommandPackets: 1, CommandOpcode: uint16(opcode),
		})
		return
	}
	known.run(c, parameters)
}

func (c *Controller) complete(opcode hci.Opcode, parameters []byte) {
	c.send(&hci.CommandComplete{
		NumHCICommandPackets: 1, CommandOpcode: uint16(opcode), ReturnParameters: parameters,
	})
}

// answer registers a command that ends with Command Complete. The handler fills
// the return parameters but for the status, which it returns.
func answer[C, R any, PC commandOf[C], PR returnOf[R]](
	r registry, octet, bit uint8, handle func(*Controller, PC, PR) bt.Status,
) {
	opcode := PC(new(C)).Opcode()
	r[opcode] = command{octet: octet, bit: bit, run: func(c *Controller, parameters []byte) {
		var cmd, ret = PC(new(C)), PR(new(R))
		status := bt.InvalidParameters
		if cmd.Unmarshal(parameters) == nil {
			status = handle(c, cmd, ret)
		}
		b := ret.AppendTo(nil)
		b[0] = byte(status) // the first return parameter of every command
		c.complete(opcode, b)
	}}
}

// start registers a command that is answered by Command Status and ends later
// with an event of its own.
func start[C any, PC commandOf[C]](r registry, octet, bit uint8, handle func(*Controller, PC) bt.Status) {
	opcode := PC(new(C)).Opcode()
	r[opcode] = command{octet: octet, bit: bit, run: func(c *Controller, parameters []byte) {
		cmd := PC(new(C))
		status := bt.InvalidParameters
		if cmd.Unmarshal(parameters) == nil {
			status = handle(c, cmd)
		}
		c.send(&hci.CommandStatus{Status: status, NumHCICommandPackets: 1, CommandOpcode: uint16(opcode)})
	}}
}

// newCommands lists all commands with their bits in the supported commands.
func newCommands() registry {
	r := make(registry)

	start(r, 0, 5, (*Controller).disconnect)
	start(r, 2, 7, (*Controller).readRemoteVersionInformation)
	answer(r, 5, 6, (*Controller).setEventMask)
	answer(r, 5, 7, (*Controller).reset)
	answer(r, 10, 2, (*Controller).readTransmitPowerLevel)
	answer(r, 10, 5, (*Controller).setControllerToHostFlowControl)
	answer(r, 10, 6, (*Controller).hostBufferSize)
	answer(r, 14, 3, (*Controller).readLocalVersionInformation)
	answer(r, alwaysSupported, 0, (*Controller).readLocalSupportedCommands)
	answer(r, 14, 5, (*Controller).readLocalSupportedFeatures)
	answer(r, 14, 7, (*Controller).readBufferSize)
	answer(r, 15, 1, (*Controller).readBDADDR)
	answer(r, 15, 5, (*Controller).readRSSI)
	answer(r, 22, 2, (*Controller).setEventMaskPage2)
	answer(r, 24, 6, (*Controller).writeLEHostSupport)

	answer(r, 25, 0, (*Controller).leSetEventMask)
	answer(r, 25, 1, (*Controller).leReadBufferSize)
	answer(r, 25, 2, (*Controller).leReadLocalSupportedFeatures)
	answer(r, 25, 4, (*Controller).leSetRandomAddress)
	answer(r, 25, 5, (*Controller).leSetAdvertisingParameters)
	answer(r, 25, 6, (*Controller).leReadAdvertisingPhysicalChannelTxPower)
	answer(r, 25, 7, (*Controller).leSetAdvertisingData)
	answer(r, 26, 0, (*Controller).leSetScanResponseData)
	answer(r, 26, 1, (*Controller).leSetAdvertisingEnable)
	answer(r, 26, 2, (*Controller).leSetScanParameters)
	answer(r, 26, 3, (*Controller).leSetScanEnable)
	start(r, 26, 4, (*Controller).leCreateConnection)
	answer(r, 26, 5, (*Controller).leCreateConnectionCancel)
	answer(r, 26, 6, (*Controller).leReadFilterAcceptListSize)
	answer(r, 26, 7, (*Controller).leClearFilterAcceptList)
	answer(r, 27, 0, (*Controller).leAddDeviceToFilterAcceptList)
	answer(r, 27, 1, (*Controller).leRemoveDeviceFromFilterAcceptList)
	start(r, 27, 2, (*Controller).leConnectionUpdate)
	start(r, 27, 5, (*Controller).leReadRemoteFeatures)
	answer(r, 27, 6, (*Controller).leEncrypt)
	answer(r, 27, 7, (*Controller).leRand)
	start(r, 28, 0, (*Controller).leEnableEncryption)
	answer(r, 28, 1, (*Controller).leLongTermKeyRequestReply)
	answer(r, 28, 2, (*Controller).leLongTermKeyRequestNegativeReply)
	answer(r, 28, 3, (*Controller).leReadSupportedStates)
	answer(r, 33, 6, (*Controller).leSetDataLength)
	answer(r, 33, 7, (*Controller).leReadSuggestedDefaultDataLength)
	answer(r, 34, 0, (*Controller).leWriteSuggestedDefaultDataLength)
	start(r, 34, 1, (*Controller).leReadLocalP256PublicKey)
	start(r, 34, 2, (*Controller).leGenerateDHKey)
	answer(r, 34, 3, (*Controller).leAddDeviceToResolvingList)
	answer(r, 34, 4, (*Controller).leRemoveDeviceFromResolvingList)
	answer(r, 34, 5, (*Controller).leClearResolvingList)
	answer(r, 34, 6, (*Controller).leReadResolvingListSize)
	answer(r, 34, 7, (*Controller).leReadPeerResolvableAddress)
	answer(r, 35, 0, (*Controller).leReadLocalResolvableAddress)
	answer(r, 35, 1, (*Controller).leSetAddressResolutionEnable)
	answer(r, 35, 2, (*Controller).leSetResolvablePrivateAddressTimeout)
	answer(r, 35, 3, (*Controller).leReadMaximumDataLength)
	answer(r, 39, 2, (*Controller).leSetPrivacyMode)
	return r
}
