package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"blesmp/bond"
	"blesmp/bond/boltstore"
	"blesmp/bt"
	"blesmp/cmd/smp/internal/terminal"
	"blesmp/hci"
	"blesmp/smp"
)

// advice is what there is to say of an error beside what happened: whose fault
// it was, and what to try.
type advice struct{ fault, try string }

// Whose fault it can be.
const (
	faultBoth     = "what the two devices ask for and can do does not fit"
	faultPasskey  = "the passkeys of the two devices differ: a typing error, or somebody between them"
	faultPeer     = "the other device"
	faultOurs     = "this side"
	faultRadio    = "the radio, or a device that went out of reach"
	faultProtocol = "one of the two devices does not keep to the specification"
)

// reasonAdvice says, for each Reason of a Pairing Failed, what stands behind it
// where this side sent it and where the peer did (Core Vol 3, Part H, 3.5.5).
var reasonAdvice = map[smp.Reason]struct{ sent, received advice }{
	smp.PasskeyEntryFailed: {
		sent:     advice{"the user of this side typed no passkey", "pair again and type the six digits that the other device shows"},
		received: advice{"the user of the other device typed no passkey", "pair again and type there the six digits that are shown here"},
	},
	smp.OOBNotAvailable: {
		sent:     advice{"the other device has no out-of-band data, or this side has none of it", "give both devices each other's data with --oob, or leave it out at both"},
		received: advice{"the other device has none of our out-of-band data", "carry over what --give-oob shows, or leave it out at both"},
	},
	smp.AuthenticationRequirements: {
		sent:     advice{faultBoth, "leave --mitm and --sc-only out, or say with --io what the user really has; a bond is only replaced as --repairing allows"},
		received: advice{"the other device wants more protection than this pairing gives, or its user said no, or it keeps its bond with us", "say with --io what the user really has, add --mitm, and remove the old bond there"},
	},
	smp.ConfirmValueFailed: {
		sent:     advice{faultPasskey, "pair again and compare digit by digit"},
		received: advice{faultPasskey, "pair again and compare digit by digit"},
	},
	smp.PairingNotSupported: {
		sent:     advice{"this side does not pair now", "allow pairing here"},
		received: advice{"the other device does not pair now", "put it into its pairing mode, often a button that is held"},
	},
	smp.EncryptionKeySize: {
		sent:     advice{"the other device has shorter keys than --min-key-size allows", "lower --min-key-size if that is good enough"},
		received: advice{"the other device wants longer keys than --key-size offers", "raise --key-size"},
	},
	smp.CommandNotSupported: {
		sent:     advice{"the other device sent what its role may not send", "connect in the other role"},
		received: advice{"the other device does not know what was asked", "connect in the other role, or use --legacy"},
	},
	smp.UnspecifiedReason: {
		sent:     advice{"this side gave up, or the other device sent what was not its turn", "pair again; --trace and --snoop show what happened"},
		received: advice{"the other device gave up and does not say why; often its user said no", "pair again and agree there"},
	},
	smp.RepeatedAttempts: {
		sent:     advice{"pairing with this device failed a short time ago", "wait a little and pair again"},
		received: advice{"pairing failed a short time ago, and the other device makes us wait", "wait, from a second to some minutes, and pair again"},
	},
	smp.InvalidParameters: {
		sent:     advice{faultPeer + " sent a packet that cannot be", "update it; --snoop records what it sent"},
		received: advice{"the other device does not understand a packet of ours", "use --legacy or fewer flags; --snoop records what was sent"},
	},
	smp.DHKeyCheckFailed: {
		sent:     advice{"the keys of the two devices differ: " + faultProtocol + ", or somebody is between them", "pair again where nobody else can be; --snoop records it"},
		received: advice{"the keys of the two devices differ: " + faultProtocol + ", or somebody is between them", "pair again where nobody else can be; --snoop records it"},
	},
	smp.NumericComparisonFailed: {
		sent:     advice{"the user of this side said that the numbers differ", "if they do, somebody is between the devices; else pair again"},
		received: advice{"the user of the other device said that the numbers differ", "if they do, somebody is between the devices; else pair again"},
	},
	smp.BREDRPairingInProgress: {
		sent:     advice{faultOurs, "wait until pairing over BR/EDR is done"},
		received: advice{"the other device is pairing over BR/EDR", "wait until it is done and pair again"},
	},
	smp.CrossTransportKeyDerivationNotAllowed: {
		sent:     advice{faultBoth, "pair again"},
		received: advice{"the other device makes no keys for BR/EDR now", "pair again"},
	},
	smp.KeyRejected: {
		sent:     advice{faultPeer + " distributed a key or an identity that cannot be its own", "do not trust it; if it is yours, update it"},
		received: advice{"the other device does not take a key of ours, perhaps since it has a bond with our identity", "remove its bond with this device and pair again"},
	},
	smp.Busy: {
		sent:     advice{faultOurs + " was busy", "pair again"},
		received: advice{"the other device is busy", "wait a moment and pair again"},
	},
}

// statusAdvice says the same of HCI statuses (Core Vol 1, Part F, 2).
var statusAdvice = map[bt.Status]advice{
	bt.PINOrKeyMissing:                 {"the other device has lost the key of the bond, or somebody is in its place", "pair again if you know that it has forgotten this device"},
	bt.AuthenticationFailure:           {"the two devices do not have the same key, or the other one does not trust this one", "remove the bond on both sides and pair again"},
	bt.ConnectionTimeout:               {faultRadio, "bring the devices closer together and try again"},
	bt.ConnectionFailedToBeEstablished: {faultRadio, "bring the devices closer together and try again"},
	bt.LLResponseTimeout:               {"the other device did not answer", "try again; restart it if that does not help"},
	bt.RemoteUserTerminated:            {"the other device ended the link", "see there why"},
	bt.RemoteLowResources:              {"the other device ended the link for want of resources", "end its other links"},
	bt.RemotePowerOff:                  {"the other device was switched off", "switch it on"},
	bt.LocalHostTerminated:             {"this side ended the link", ""},
	bt.MICFailure:                      {"the keys of the two devices differ, or somebody changes packets", "remove the bond on both sides and pair again"},
	bt.InsufficientSecurity:            {"the link is not secure enough for the other device", "pair with --mitm"},
	bt.UnsupportedRemoteFeature:        {"the other device cannot encrypt", "there is nothing to be done"},
	bt.CommandDisallowed:               {"the controller is doing something that excludes this", "end other programs that use it, and try again"},
	bt.UnknownCommand:                  {"the controller is too old for this", "use another controller"},
	bt.HardwareFailure:                 {"the controller", "unplug it and plug it in again"},
	bt.MemoryCapacityExceeded:          {"the controller has no room left", "use fewer bonds or links"},
	bt.ConnectionLimitExceeded:         {"the controller has no room for another link", "end other links"},
	bt.ConnectionAlreadyExists:         {"there is a link with this device already", "end it first"},
	bt.AdvertisingTimeout:              {"the device that was called did not come", "start it there first"},
}

// causeAdvice is for errors that say themselves what happened.
var causeAdvice = []struct {
	is error
	advice
}{
	{smp.ErrTimedOut, advice{"nothing came for 30 seconds: a user did not answer, or the other device has stopped", "connect and pair again"}},
	{smp.ErrBackoff, advice{"pairing with this device failed a short time ago", "wait as long as it says and pair again"}},
	{terminal.ErrNoAnswer, advice{"this side had nobody to ask", "run it at a terminal, or answer with --passkey, --accept, --yes or --replace"}},
	{errDeclined, advice{"the user of this side said no", ""}},
	{hci.ErrTimeout, advice{"the controller has stopped", "unplug it and plug it in again, or start what serves it again"}},
	{hci.ErrNoPrivacy, advice{"the controller", "leave --privacy out or use another controller"}},
	{boltstore.ErrLocked, advice{"another program has the bonds open for long", "end it, or use another file with --bonds"}},
	{bond.ErrInvalid, advice{faultPeer + " gave keys that no bond can have", "pair again"}},
}

// adviceOn finds what there is to say of an error; ok is false for one that says
// all by itself.
func adviceOn(err error) (advice, bool) {
	if pairing, ok := errors.AsType[*smp.PairingError](err); ok {
		if a, ok := adviceOnPairing(pairing); ok {
			return a, true
		}
	}
	for _, known := range causeAdvice {
		if errors.Is(err, known.is) {
			return known.advice, true
		}
	}
	if reason, ok := errors.AsType[smp.Reason](err); ok {
		return reasonAdvice[reason].sent, true
	}
	if status, ok := errors.AsType[bt.Status](err); ok {
		a, ok := statusAdvice[status]
		return a, ok
	}
	return advice{}, false
}

func adviceOnPairing(e *smp.PairingError) (advice, bool) {
	switch {
	case e.Reason != 0 && e.Remote:
		a, ok := reasonAdvice[e.Reason]
		return a.received, ok
	case errors.Is(e, terminal.ErrNoAnswer), errors.Is(e, errDeclined), errors.Is(e, smp.ErrTimedOut):
		return advice{}, false // these say more than the reason that was sent
	case e.Cause == smp.ByUser, e.Event == smp.EventCancel, errors.Is(e, context.Canceled):
		return advice{"the user of this side cancelled it", ""}, true
	case e.Reason != 0:
		a, ok := reasonAdvice[e.Reason]
		return a.sent, ok
	}
	return advice{}, false
}

// describe gives what happened, without what only a developer wants to know.
func describe(err error) string {
	pairing, ok := errors.AsType[*smp.PairingError](err)
	if !ok {
		return plain(err)
	}
	var policy *smp.PolicyError
	switch {
	case pairing.Remote:
		return fmt.Sprintf("the other device ended the pairing: %v (0x%02x)", pairing.Reason.String(), uint8(pairing.Reason))
	case errors.As(err, &policy):
		return fmt.Sprintf("%v (0x%02x): %s", pairing.Reason.String(), uint8(pairing.Reason), plain(policy))
	case pairing.Reason != 0:
		return fmt.Sprintf("%v (0x%02x)", pairing.Reason.String(), uint8(pairing.Reason))
	case errors.Is(err, smp.ErrTimedOut):
		return "the pairing timed out"
	case pairing.Cause != 0:
		return pairing.Cause.String() + because(pairing.Err)
	}
	return plain(err)
}

// because names the status behind an error.
func because(err error) string {
	if status, ok := errors.AsType[bt.Status](err); ok {
		return ": " + status.String()
	}
	return ""
}

// plain gives an error without the names of packages.
func plain(err error) string {
	text := err.Error()
	for _, name := range []string{"smp: ", "hci: ", "transport: ", "boltstore: ", "bond: "} {
		text = strings.TrimPrefix(text, name)
	}
	return strings.ReplaceAll(text, "\n", "; ")
}

// explain gives an error as one line: what happened, whose fault it was, and what
// to try.
func explain(err error) string {
	text := describe(err)
	a, ok := adviceOn(err)
	if !ok {
		return text
	}
	if a.fault != "" {
		text += "; " + a.fault
	}
	if a.try != "" {
		text += "; try: " + a.try
	}
	return text
}

// asPairingError finds the failure of a pairing in an error.
func asPairingError(err error) (*smp.PairingError, bool) {
	return errors.AsType[*smp.PairingError](err)
}
