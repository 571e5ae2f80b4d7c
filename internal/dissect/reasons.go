package dissect

import (
	"fmt"

	"blesmp/smp"
)

// causes tell what usually is behind a reason (Core Vol 3, Part H, 3.5.5).
var causes = map[smp.Reason]string{
	smp.PasskeyEntryFailed:                    "the user cancelled, or the device cannot take a passkey now",
	smp.OOBNotAvailable:                       "the pairing needs out-of-band data that one side does not have (any more)",
	smp.AuthenticationRequirements:            "one side insists on protection that the other does not offer, or does not let this pairing replace the bond that it has",
	smp.ConfirmValueFailed:                    "somebody changed PDUs on the way, or the stack of one side has a bug",
	smp.PairingNotSupported:                   "the device is not in its pairing mode, or takes no more bonds",
	smp.EncryptionKeySize:                     "the sender wants longer keys than the other side can do",
	smp.CommandNotSupported:                   "the PDU is for the other role, or newer than the stack of the sender",
	smp.UnspecifiedReason:                     "the sender got a PDU that it did not expect, or a person cancelled; its log may tell more",
	smp.RepeatedAttempts:                      "the last attempt failed too short a time ago: wait, the time grows with every failure",
	smp.InvalidParameters:                     "a PDU had a length or a field outside its range",
	smp.DHKeyCheckFailed:                      "a public key was not on the curve, the two sides hold different values, or somebody is in the middle",
	smp.NumericComparisonFailed:               "a user said that the numbers differ, or did not confirm. If they did differ, somebody is in the middle",
	smp.BREDRPairingInProgress:                "the two devices are pairing over BR/EDR at the same time",
	smp.CrossTransportKeyDerivationNotAllowed: "the link key of BR/EDR may not be made from this pairing",
	smp.KeyRejected:                           "the receiver does not take one of the keys, such as an identity that belongs to another bond",
	smp.Busy:                                  "the device is busy with another pairing",
}

// pairingFailed says who ended the pairing and why, with what else is known.
func (l *tracked) pairingFailed(s *Step) []Note {
	var x smp.PairingFailed
	if x.Unmarshal(s.PDU) != nil {
		return nil
	}
	by := "one side"
	if s.From != NoSide {
		by = "the " + s.From.String()
	}
	cause := causes[x.Reason]
	if cause == "" {
		cause = "the reason is of no specification that is known here"
	}
	if l.phase == idle {
		return []Note{{Topic: "failed", Text: fmt.Sprintf("%s refuses: %s", by, x.Reason.String()), Cause: cause, Reason: x.Reason}}
	}
	if better := l.cause(x.Reason); better != "" {
		cause = better
	}
	return l.failed(x.Reason, fmt.Sprintf("%s ended it: %s", by, x.Reason.String()), cause)
}

// cause knows more where the features are known.
func (l *tracked) cause(r smp.Reason) string {
	if l.phase == requested {
		return ""
	}
	passkey := l.level.Model == smp.InitiatorTypes || l.level.Model == smp.ResponderTypes || l.level.Model == smp.BothType
	switch {
	case r == smp.ConfirmValueFailed && passkey && l.level.SC:
		return fmt.Sprintf("the passkeys are not the same (round %d of 20 did not match), or somebody guesses", l.counts[CentralSide])
	case r == smp.ConfirmValueFailed && passkey:
		return "the passkeys are not the same, or somebody guesses"
	case r == smp.ConfirmValueFailed && l.level.Model == smp.OutOfBand:
		return "the out-of-band data are not the peer's, or are out of date"
	case r == smp.DHKeyCheckFailed && l.level.Model == smp.OutOfBand:
		return "the random values of the out-of-band data differ, or a public key was not on the curve"
	case r == smp.AuthenticationRequirements && !l.level.MITM && (l.request.AuthReq | l.response.AuthReq).MITM():
		return fmt.Sprintf("one side insists on MITM protection, but with %v and %v there is only Just Works; give one of the devices a keyboard or a display, or do not ask for it",
			l.request.IOCapability, l.response.IOCapability)
	case r == smp.AuthenticationRequirements && !l.level.SC:
		return "one side may insist on LE Secure Connections, which the other does not offer"
	case r == smp.EncryptionKeySize:
		return fmt.Sprintf("the central can do keys of up to %d octets, the peripheral of up to %d; the sender wants more", l.request.MaxKeySize, l.response.MaxKeySize)
	}
	return ""
}
