package virtual

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"blesmp/bt"
)

// Fault is one rule by which an air goes wrong. ParseFault reads it from text:
// an action, and behind commas what it applies to.
//
//	drop                  the PDU is lost for good, and the link goes on
//	delay=DURATION        the PDU travels so much longer, and all behind it, as delay=200ms
//	disconnect            the two devices are out of range before the PDU arrives
//	wrong-ltk             the two controllers encrypt with different keys: 0x3D at both
//	reorder               data overtakes the events for a host
//
// drop, delay and disconnect apply to all PDUs of all connections, or those with
//
//	pdu=N                 the Nth, from 1, on each link that the rest applies to; disconnect has 1
//	from=ROLE             sent by the central or the peripheral
//	type=TYPE             control, l2cap, smp, att or signalling
//	code=0xNN             this first octet: the opcode of a control PDU, the code of an SMP PDU
//	link=N                on the Nth link of the air, from 1
//
// An L2CAP PDU in several fragments is one PDU. wrong-ltk takes pdu=N, the Nth
// start of encryption on a link, and link=N. reorder takes link=N, at=ROLE, whose
// host it is, and event=encryption (Encryption Change and Key Refresh, the
// default) or event=connection: it holds that event, and all events behind it,
// until the next data for the host has overtaken them, or for 50 ms.
type Fault struct {
	Action FaultAction
	Delay  time.Duration // of FaultDelay
	PDU    int           // the one that is meant, from 1; 0 for every one
	Side   FaultSide     // the sender, or of FaultReorder the host
	Type   FaultType
	Code   int    // first octet; -1 for any
	Link   uint64 // its number; 0 for every one
	Event  FaultEvent
}

// FaultAction is what goes wrong.
type FaultAction uint8

// The actions.
const (
	FaultDrop FaultAction = iota
	FaultDelay
	FaultDisconnect
	FaultWrongLTK
	FaultReorder
)

// FaultSide is a role, or either.
type FaultSide uint8

// The sides.
const (
	EitherSide FaultSide = iota
	CentralSide
	PeripheralSide
)

// is reports whether a role is meant.
func (s FaultSide) is(role bt.Role) bool {
	return s == EitherSide || (s == CentralSide) == (role == bt.Central)
}

// FaultType is a kind of PDU.
type FaultType uint8

// The types; all but the control PDUs are L2CAP.
const (
	AnyPDU FaultType = iota
	ControlPDU
	L2CAPPDU
	SMPPDU
	ATTPDU
	SignallingPDU
)

// FaultEvent is the event that comes late.
type FaultEvent uint8

// The events.
const (
	LateEncryption FaultEvent = iota
	LateConnection
)

// The words of the rules, by value.
var (
	faultActions = []string{"drop", "delay", "disconnect", "wrong-ltk", "reorder"}
	faultSides   = []string{"", "central", "peripheral"}
	faultTypes   = []string{"", "control", "l2cap", "smp", "att", "signalling"}
	faultEvents  = []string{"encryption", "connection"}
)

// faultKeys are what each action can be narrowed down with.
var faultKeys = [...][]string{
	FaultDrop:       {"pdu", "from", "type", "code", "link"},
	FaultDelay:      {"pdu", "from", "type", "code", "link"},
	FaultDisconnect: {"pdu", "from", "type", "code", "link"},
	FaultWrongLTK:   {"pdu", "link"},
	FaultReorder:    {"at", "event", "link"},
}

// String gives the action's word.
func (a FaultAction) String() string { return word(faultActions, int(a)) }

// String gives the word of the side.
func (s FaultSide) String() string { return word(faultSides, int(s)) }

// String gives the word of the type.
func (t FaultType) String() string { return word(faultTypes, int(t)) }

// String gives the word of the event.
func (e FaultEvent) String() string { return word(faultEvents, int(e)) }

func word(words []string, i int) string {
	if i < len(words) {
		return words[i]
	}
	return strconv.Itoa(i)
}

// FaultError says what is wrong with the text of a rule.
type FaultError struct{ Rule, Problem string }

// Error gives the rule and the problem.
func (e *FaultError) Error() string {
	return fmt.Sprintf("virtual: fault %q: %s", e.Rule, e.Problem)
}

// ParseFault reads a rule. Its error is a *FaultError.
func ParseFault(rule string) (Fault, error) {
	f := Fault{Code: -1}
	parts := strings.Split(rule, ",")
	problem := f.parseAction(parts[0])
	seen := make(map[string]bool)
	for _, part := range parts[1:] {
		if problem != "" {
			break
		}
		key, value, found := strings.Cut(part, "=")
		switch {
		case !found:
			problem = fmt.Sprintf("%q is not of the form key=value", part)
		case !slices.Contains(faultKeys[f.Action], key):
			problem = fmt.Sprintf("%v does not take %q; it takes %s", f.Action, key, strings.Join(faultKeys[f.Action], ", "))
		case seen[key]:
			problem = key + " is given twice"
		default:
			problem = f.parseKey(key, value)
		}
		seen[key] = true
	}
	if problem == "" && f.Code >= 0 && f.Type == AnyPDU {
		problem = "code needs a type, as type=smp,code=0x04"
	}
	if problem != "" {
		return Fault{}, &FaultError{Rule: rule, Problem: problem}
	}
	if f.Action == FaultDisconnect && f.PDU == 0 {
		f.PDU = 1
	}
	return f, nil
}

// parseAction reads the first part, and gives what is wrong with it.
func (f *Fault) parseAction(text string) (problem string) {
	action, value, hasValue := strings.Cut(text, "=")
	i := slices.Index(faultActions, action)
	if i < 0 {
		return fmt.Sprintf("there is no action %q; the actions are %s", action, strings.Join(faultActions, ", "))
	}
	f.Action = FaultAction(i)
	if f.Action != FaultDelay {
		if hasValue {
			return fmt.Sprintf("%s has no value; write %s,key=value", action, action)
		}
		return ""
	}
	delay, err := time.ParseDuration(value)
	if err != nil || delay <= 0 {
		return "delay needs a duration, as delay=200ms"
	}
	f.Delay = delay
	return ""
}

// parseKey reads one of the further parts, and gives what is wrong with it.
func (f *Fault) parseKey(key, value string) (problem string) {
	choose := func(words []string) int {
		i := slices.Index(words, value)
		if i < 0 || value == "" {
			problem = fmt.Sprintf("%s=%s: want %s", key, value, strings.TrimPrefix(strings.Join(words, " or "), " or "))
			return 0
		}
		return i
	}
	count := func() uint64 {
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil || n == 0 {
			problem = fmt.Sprintf("%s=%s: want a number from 1", key, value)
		}
		return n
	}
	switch key {
	case "pdu":
		f.PDU = int(count())
	case "link":
		f.Link = count()
	case "from", "at":
		f.Side = FaultSide(choose(faultSides))
	case "type":
		f.Type = FaultType(choose(faultTypes))
	case "event":
		f.Event = FaultEvent(choose(faultEvents))
	case "code":
		n, err := strconv.ParseUint(value, 0, 8)
		if err != nil {
			return fmt.Sprintf("code=%s: want an octet, as 0x04", value)
		}
		f.Code = int(n)
	}
	return problem
}

// String gives the rule as ParseFault reads it.
func (f Fault) String() string {
	parts := []string{f.Action.String()}
	add := func(key string, there bool, value any) {
		if there {
			parts = append(parts, fmt.Sprintf("%s=%v", key, value))
		}
	}
	if f.Action == FaultDelay {
		parts[0] += "=" + f.Delay.String()
	}
	side := "from"
	if f.Action == FaultReorder {
		side = "at"
	}
	add("pdu", f.PDU > 0, f.PDU)
	add(side, f.Side != EitherSide, f.Side)
	add("type", f.Type != AnyPDU, f.Type)
	add("code", f.Code >= 0, fmt.Sprintf("0x%02x", f.Code))
	add("event", f.Event != LateEncryption, f.Event)
	add("link", f.Link > 0, f.Link)
	return strings.Join(parts, ",")
}
