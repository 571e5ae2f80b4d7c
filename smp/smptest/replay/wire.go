package replay

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"blesmp/bt"
	"blesmp/smp"
)

// The HCI commands and events that a Security Manager has to do with (Core
// Vol 4, Part E, 7).
const (
	disconnect           = 0x0406
	enableEncryption     = 0x2019
	ltkReply             = 0x201a
	ltkNegativeReply     = 0x201b
	disconnected         = 0x05
	encryptionChange     = 0x08
	encryptionRefreshed  = 0x30
	encryptionChangeSize = 0x59
	ltkRequest           = 0x3e05
)

type hciLayout struct {
	name   string
	kind   StepKind
	length int
}

var hciLayouts = map[uint16]hciLayout{
	disconnect:           {"Disconnect", CommandStep, 3},
	enableEncryption:     {"LE Enable Encryption", CommandStep, 28},
	ltkReply:             {"LE Long Term Key Request Reply", CommandStep, 18},
	ltkNegativeReply:     {"LE Long Term Key Request Negative Reply", CommandStep, 2},
	disconnected:         {"Disconnection Complete", EventStep, 4},
	encryptionChange:     {"Encryption Change", EventStep, 4},
	encryptionRefreshed:  {"Encryption Key Refresh Complete", EventStep, 3},
	encryptionChangeSize: {"Encryption Change", EventStep, 5},
	ltkRequest:           {"LE Long Term Key Request", EventStep, 12},
}

// output is one thing that the procedure under test has sent: a PDU, or a
// command to its controller.
type output struct {
	pdu    []byte
	code   uint16
	params []byte
}

// encryptCommand is LE Enable Encryption.
func encryptCommand(handle uint16, e *smp.Effect) output {
	b := binary.LittleEndian.AppendUint16(nil, handle)
	b = binary.LittleEndian.AppendUint64(b, e.Rand)
	b = binary.LittleEndian.AppendUint16(b, e.EDIV)
	return output{code: enableEncryption, params: appendReversed(b, e.Key[:])}
}

// replyCommand is LE Long Term Key Request Reply.
func replyCommand(handle uint16, e *smp.Effect) output {
	b := binary.LittleEndian.AppendUint16(nil, handle)
	return output{code: ltkReply, params: appendReversed(b, e.Key[:])}
}

func negativeReplyCommand(handle uint16) output {
	return output{code: ltkNegativeReply, params: binary.LittleEndian.AppendUint16(nil, handle)}
}

func disconnectCommand(handle uint16, reason bt.Status) output {
	b := binary.LittleEndian.AppendUint16(nil, handle)
	return output{code: disconnect, params: append(b, byte(reason))}
}

// keyOf gives the key that a command has behind its other parameters.
func keyOf(params []byte) (k bt.Key) {
	for i, b := range params[len(params)-len(k):] {
		k[len(k)-1-i] = b
	}
	return k
}

func appendReversed(dst, b []byte) []byte {
	for i := len(b) - 1; i >= 0; i-- {
		dst = append(dst, b[i])
	}
	return dst
}

// outputOf is what a step of our side wants to see.
func outputOf(s *Step) output { return output{pdu: s.PDU, code: s.Code, params: s.Params} }

func (o output) equal(other output) bool {
	return o.code == other.code && bytes.Equal(o.pdu, other.pdu) && bytes.Equal(o.params, other.params)
}

// failure gives the reason of a Pairing Failed.
func (o output) failure() (smp.Reason, bool) {
	if len(o.pdu) != 2 || smp.PDUCode(o.pdu[0]) != smp.CodePairingFailed {
		return 0, false
	}
	return smp.Reason(o.pdu[1]), true
}

// is reports whether the output is a PDU with this code.
func (o output) is(code smp.PDUCode) bool {
	return len(o.pdu) > 0 && smp.PDUCode(o.pdu[0]) == code
}

// name is what the specification calls the PDU or command.
func (o output) name() string {
	if o.code != 0 {
		if layout, ok := hciLayouts[o.code]; ok {
			return layout.name
		}
		return fmt.Sprintf("command %04x", o.code)
	}
	if len(o.pdu) == 0 {
		return "an empty PDU"
	}
	if name, ok := pduNames[smp.PDUCode(o.pdu[0])]; ok {
		return name
	}
	return fmt.Sprintf("reserved PDU %02x", o.pdu[0])
}

var pduNames = map[smp.PDUCode]string{
	smp.CodePairingRequest:             "Pairing Request",
	smp.CodePairingResponse:            "Pairing Response",
	smp.CodePairingConfirm:             "Pairing Confirm",
	smp.CodePairingRandom:              "Pairing Random",
	smp.CodePairingFailed:              "Pairing Failed",
	smp.CodeEncryptionInformation:      "Encryption Information",
	smp.CodeCentralIdentification:      "Central Identification",
	smp.CodeIdentityInformation:        "Identity Information",
	smp.CodeIdentityAddressInformation: "Identity Address Information",
	smp.CodeSigningInformation:         "Signing Information",
	smp.CodeSecurityRequest:            "Security Request",
	smp.CodePublicKey:                  "Pairing Public Key",
	smp.CodeDHKeyCheck:                 "Pairing DHKey Check",
	smp.CodeKeypressNotification:       "Pairing Keypress Notification",
}

// describe gives name and octets, the keys among them only where show is set.
func (o output) describe(show bool) string {
	octets := o.pdu
	if o.code != 0 {
		octets = o.params
	}
	open := len(octets)
	switch {
	case show:
	case o.code == enableEncryption || o.code == ltkReply:
		open = max(open-len(bt.Key{}), 0)
	case o.is(smp.CodeEncryptionInformation), o.is(smp.CodeIdentityInformation), o.is(smp.CodeSigningInformation):
		open = 1
	}
	var b strings.Builder
	b.WriteString(o.name())
	if open > 0 {
		fmt.Fprintf(&b, " %s", hex.EncodeToString(octets[:open]))
	}
	if open < len(octets) {
		b.WriteString(" [key hidden]")
	}
	if reason, ok := o.failure(); ok {
		fmt.Fprintf(&b, " (%s)", reason.String())
	}
	return b.String()
}

// called reports whether a name that a transcript uses means this output:
// letter case, spaces and a word such as "Pairing" or "HCI" before or behind
// do not matter, nor does which of its two names a renamed PDU has.
func (o output) called(name string) bool { return plainName(o.name()) == plainName(name) }

func plainName(name string) string {
	var words []string
	for _, word := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r < 'a' || r > 'z' }) {
		switch word {
		case "hci", "smp", "le", "pairing", "pdu", "command":
		case "ltk":
			words = append(words, "longtermkey")
		case "master":
			words = append(words, "central")
		default:
			words = append(words, word)
		}
	}
	return strings.Join(words, "")
}

// hciInput gives the input that an event of our controller is. Events that do
// not concern a Security Manager are none.
func hciInput(s *Step) (in smp.Input, ok bool) {
	switch s.Code {
	case ltkRequest:
		in.Event = smp.EventLTKRequest
		in.Rand = binary.LittleEndian.Uint64(s.Params[2:])
		in.EDIV = binary.LittleEndian.Uint16(s.Params[10:])
	case disconnected:
		in.Event, in.Status = smp.EventDisconnected, bt.Status(s.Params[3])
	case encryptionChange, encryptionChangeSize, encryptionRefreshed:
		in.Event, in.Status = smp.EventEncryptionOn, bt.Status(s.Params[0])
		switch {
		case in.Status != bt.Success:
			in.Event = smp.EventEncryptionFailed
		case s.Code != encryptionRefreshed && s.Params[3] == 0:
			in.Event = smp.EventEncryptionOff
		}
	default:
		return in, false
	}
	return in, true
}

// encrypts reports whether the step says that encryption has begun.
func (s *Step) encrypts() bool {
	if s.Kind != EventStep {
		return false
	}
	in, ok := hciInput(s)
	return ok && in.Event == smp.EventEncryptionOn
}
