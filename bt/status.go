package bt

import "fmt"

// Status is an HCI status or error code (Core Vol 1, Part F, 1.3). Success is
// no error; every other value is one.
type Status uint8

// The codes that a Security Manager meets or sends.
const (
	Success                           Status = 0x00
	UnknownCommand                    Status = 0x01
	UnknownConnection                 Status = 0x02
	HardwareFailure                   Status = 0x03
	AuthenticationFailure             Status = 0x05
	PINOrKeyMissing                   Status = 0x06
	MemoryCapacityExceeded            Status = 0x07
	ConnectionTimeout                 Status = 0x08
	ConnectionLimitExceeded           Status = 0x09
	ConnectionAlreadyExists           Status = 0x0b
	CommandDisallowed                 Status = 0x0c
	ConnectionRejectedSecurityReasons Status = 0x0e
	InvalidParameters                 Status = 0x12
	RemoteUserTerminated              Status = 0x13
	RemoteLowResources                Status = 0x14
	RemotePowerOff                    Status = 0x15
	LocalHostTerminated               Status = 0x16
	UnsupportedRemoteFeature          Status = 0x1a
	UnspecifiedError                  Status = 0x1f
	LLResponseTimeout                 Status = 0x22
	EncryptionModeNotAcceptable       Status = 0x25
	PairingWithUnitKeyNotSupported    Status = 0x29
	InsufficientSecurity              Status = 0x2f
	ControllerBusy                    Status = 0x3a
	UnacceptableConnectionParameters  Status = 0x3b
	AdvertisingTimeout                Status = 0x3c
	MICFailure                        Status = 0x3d
	ConnectionFailedToBeEstablished   Status = 0x3e
	UnknownAdvertisingIdentifier      Status = 0x42
)

var statusNames = map[Status]string{
	Success:                           "success",
	UnknownCommand:                    "unknown HCI command",
	UnknownConnection:                 "unknown connection identifier",
	HardwareFailure:                   "hardware failure",
	AuthenticationFailure:             "authentication failure",
	PINOrKeyMissing:                   "PIN or key missing",
	MemoryCapacityExceeded:            "memory capacity exceeded",
	ConnectionTimeout:                 "connection timeout",
	ConnectionLimitExceeded:           "connection limit exceeded",
	ConnectionAlreadyExists:           "connection already exists",
	CommandDisallowed:                 "command disallowed",
	ConnectionRejectedSecurityReasons: "connection rejected for security reasons",
	InvalidParameters:                 "invalid HCI command parameters",
	RemoteUserTerminated:              "remote user terminated connection",
	RemoteLowResources:                "remote device terminated connection: low resources",
	RemotePowerOff:                    "remote device terminated connection: power off",
	LocalHostTerminated:               "connection terminated by local host",
	UnsupportedRemoteFeature:          "unsupported remote feature",
	UnspecifiedError:                  "unspecified error",
	LLResponseTimeout:                 "LL response timeout",
	EncryptionModeNotAcceptable:       "encryption mode not acceptable",
	PairingWithUnitKeyNotSupported:    "pairing with unit key not supported",
	InsufficientSecurity:              "insufficient security",
	ControllerBusy:                    "controller busy",
	UnacceptableConnectionParameters:  "unacceptable connection parameters",
	AdvertisingTimeout:                "advertising timeout",
	MICFailure:                        "connection terminated due to MIC failure",
	ConnectionFailedToBeEstablished:   "connection failed to be established",
	UnknownAdvertisingIdentifier:      "unknown advertising identifier",
}

// String gives the code's name and value, as "PIN or key missing (0x06)".
func (s Status) String() string {
	if name, ok := statusNames[s]; ok {
		return fmt.Sprintf("%s (0x%02x)", name, uint8(s))
	}
	return fmt.Sprintf("status 0x%02x", uint8(s))
}

// Error is String, so that a Status other than Success can be returned as the
// error that it is.
func (s Status) Error() string { return "hci: " + s.String() }
