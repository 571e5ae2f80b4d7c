package replay

import (
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
)

// Transcript is one recorded exchange on one LE link, read from a file of
// format smp-transcript/1: what both sides sent, what their controllers and
// users did, and what it came to. Play holds a Procedure against it.
type Transcript struct {
	ID     string
	Method string  // such as "sc-numeric-comparison", or "negative"
	IUT    bt.Role // the side that the source treats as device under test
	Steps  []Step

	sides  [2]side // by bt.Role: the initiator is the central
	user   user
	expect expect
}

// StepKind says what a Step is.
type StepKind uint8

// The kinds of step.
const (
	PDUStep     StepKind = iota // a PDU on the air
	CommandStep                 // a host tells its controller something
	EventStep                   // a controller tells its host something
	UserStep                    // a person does something
	HostStep                    // a host reports something
	SilenceStep                 // nothing may be sent
)

var stepKindNames = [...]string{"smp", "hci-command", "hci-event", "user", "host", "silence"}

// String gives the name that the format has for the kind.
func (k StepKind) String() string {
	if int(k) < len(stepKindNames) {
		return stepKindNames[k]
	}
	return fmt.Sprintf("StepKind(%d)", uint8(k))
}

// Step is one thing that happened.
type Step struct {
	Number int // from 1
	Kind   StepKind
	Name   string
	At     bt.Role // whose doing it is; the sender of a PDU

	// PDU is in wire order, code octet first.
	PDU []byte

	// Code is the opcode of a command or the code of an event; LE meta events
	// have 0x3e00 plus their subevent. Params are the octets behind it, handle
	// first.
	Code   uint16
	Params []byte

	// Optional says that the step may be absent.
	Optional bool

	reasons   []smp.Reason // others that pass as well
	anyReason bool

	passkey, number *uint32 // of a person's act
	tk              *bt.Key
	everywhere      bool // a silence that names no side
}

// side is what a transcript says about one device. What it leaves out is nil.
type side struct {
	address, identity *bt.TypedAddress
	ioCapability      *smp.IOCapability
	oob               *bool
	authReq           *smp.AuthReq
	maxKeySize        *int
	keys              [2]*smp.KeyDistribution // by bt.Role: who distributes them
	privateKey        *[32]byte
	random            *[16]byte // a nonce that the exchange never reveals
}

// user is what a person does in the exchange, wherever steps do not say it.
// The out-of-band values are indexed by the side that gave them out.
type user struct {
	passkey, number *uint32
	oobTK           *bt.Key
	oobRandom       [2]*[16]byte
	oobConfirm      [2]*[16]byte
}

// outcome is how an exchange ends.
type outcome uint8

const (
	paired  outcome = iota // with all keys
	partial                // the source stops early
	failed                 // the pairing was ended
	refused                // it was not begun
	ignored                // nothing came of it
)

var outcomeNames = [...]string{"paired", "partial", "failed", "refused", "ignored"}

func (o outcome) String() string { return outcomeNames[o] }

// expect is what an exchange came to. What the transcript leaves out is nil.
type expect struct {
	outcome       outcome
	authenticated *bool // as a fact
	from62        *bool // as the policy counts it
	keySize       *int
	failedReason  *smp.Reason
	noReason      bool // no Pairing Failed is sent, says the transcript
	reasons       []smp.Reason
	anyReason     bool
	noKey         bool
	mustNotSend   []string
	tk, stk       *bt.Key
	macKey, ltk   *bt.Key
	dhKey         *[32]byte
	distributed   *[2]distributed
	reconnect     [2]*longTermKey // by the role in this pairing of who is central then
}

// distributed is what one side distributed.
type distributed struct {
	ltk      *bt.Key
	ediv     *uint16
	rand     *uint64
	irk      *bt.Key
	identity *bt.TypedAddress
	csrk     *bt.Key
}

// longTermKey is what a later encryption uses.
type longTermKey struct {
	ltk  bt.Key
	ediv uint16
	rand uint64
}

// FormatError says what is wrong with a transcript, and where.
type FormatError struct {
	File         string
	Line, Column int
	Step         int // 0 where the mistake is in no step
	Problem      string
}

// Error gives the place and the problem, as "a.json:12:9: step 3: pdu: not
// hexadecimal". It repeats no value that could be a secret.
func (e *FormatError) Error() string {
	step := ""
	if e.Step != 0 {
		step = fmt.Sprintf("step %d: ", e.Step)
	}
	return fmt.Sprintf("%s:%d:%d: %s%s", e.File, e.Line, e.Column, step, e.Problem)
}
