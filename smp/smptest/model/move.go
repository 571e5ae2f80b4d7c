package model

import (
	"fmt"
	"slices"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/commands"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// Kind is what a Move does.
type Kind uint8

// The moves. Those up to Finish are legal: they are what undisturbed sides,
// controllers and users do.
const (
	Begin           Kind = iota // the initiator pairs
	RequestSecurity             // the responder asks for it
	Encrypt                     // the initiator encrypts with its bond
	Go                          // N things happen, as they come
	Deliver                     // the next thing of a side's controller
	Answer                      // a side's user answers
	Keypress                    // a side tells of a key
	Finish                      // all that is left happens, 30 s pass, and the link is made anew where it has to be
	Inject                      // a side gets the octets PDU from somebody
	Alter                       // octet N of the next PDU to a side is changed
	Lose                        // the next PDU to a side is lost
	Repeat                      // a side gets the last PDU again that the other has sent
	Refuse                      // a side's user refuses
	WrongPasskey                // a side's user answers with a wrong passkey or a blind yes
	Cancel                      // a side cancels
	RequestLTK                  // the peripheral is asked for the key with EDIV and Rand N
	StoredLTK                   // the peripheral is asked for the key of its bond
	FailEncryption              // the next set-up of encryption fails
	LoseEncryption              // a side's controller ends encryption
	Wait                        // 31 s pass
	Drop                        // the link is lost
	Forget                      // a side loses its bond
	Stale                       // a side gets an answer and a timeout of long ago
)

var kindNames = [...]string{
	"Begin", "RequestSecurity", "Encrypt", "Go", "Deliver", "Answer", "Keypress", "Finish", "Inject", "Alter", "Lose", "Repeat", "Refuse",
	"WrongPasskey", "Cancel", "RequestLTK", "StoredLTK", "FailEncryption", "LoseEncryption", "Wait", "Drop", "Forget", "Stale",
}

// String gives the name of the kind.
func (k Kind) String() string { return kindNames[k] }

// Move is one command, as a value.
type Move struct {
	Kind Kind
	Role bt.Role
	N    int
	PDU  string // octets
}

var _ commands.Command = Move{}

// String gives the move as Go would write it.
func (m Move) String() string {
	return fmt.Sprintf("{%v %v %d %x}", m.Kind, m.Role, m.N, m.PDU)
}

// State is what the model knows before a move, without looking at the Rig.
type State struct {
	Setup Setup

	// Clean says that nothing but legal moves has been made since the link was
	// made, and Pairings how many were begun on it.
	Clean    bool
	Pairings int
}

// PreCondition holds for every move: what makes no sense changes nothing.
func (m Move) PreCondition(commands.State) bool { return true }

// NextState follows the move.
func (m Move) NextState(state commands.State) commands.State {
	s := state.(State)
	switch m.Kind {
	case Begin:
		s.Pairings++
	case Finish:
		s.Clean, s.Pairings = true, 0
	case Go, Deliver, Answer:
	default:
		s.Clean = false
	}
	return s
}

// Run makes the move and tells what was wrong, nil for nothing.
func (m Move) Run(sut commands.SystemUnderTest) commands.Result {
	t := sut.(*Trial)
	t.apply(m)
	t.moves = append(t.moves, m)
	problems := t.Problems()
	if t.failed != nil && len(problems) > 0 {
		t.failed(Sequence{t.setup, slices.Clone(t.moves)})
		t.failed = nil
	}
	return problems
}

// PostCondition holds where nothing was wrong, and where a clean exchange has
// kept to its chart.
func (m Move) PostCondition(state commands.State, result commands.Result) *gopter.PropResult {
	problems := result.([]string)
	if len(problems) == 0 {
		return &gopter.PropResult{Status: gopter.PropTrue}
	}
	return &gopter.PropResult{Status: gopter.PropFalse, Labels: append([]string{m.String()}, problems...)}
}

// apply makes the move on the rig.
func (t *Trial) apply(m Move) {
	if m.Kind > Go && m.Kind != Deliver && m.Kind != Answer && m.Kind != Finish {
		t.clean = false
	}
	r := t.Rig
	switch m.Kind {
	case Begin:
		t.begin()
	case RequestSecurity:
		t.clean = false
		r.Do(bt.Peripheral, smp.Input{Event: smp.EventRequestSecurity, Security: smp.AuthReq(m.N)})
	case Encrypt:
		t.clean = false
		r.Do(bt.Central, smp.Input{Event: smp.EventEncrypt})
	case Go:
		for range m.N {
			r.Next()
		}
	case Deliver:
		r.Deliver(m.Role)
	case Answer:
		r.Answer(m.Role)
	case Keypress:
		r.Do(m.Role, smp.Input{Event: smp.EventNotifyKeypress, Keypress: smp.KeypressType(m.N)})
	case Finish:
		t.finish()
	default:
		t.disturb(m)
	}
}

// disturb makes a move that no undisturbed exchange has.
func (t *Trial) disturb(m Move) {
	r, d := t.Rig, t.Rig.Device(m.Role)
	switch m.Kind {
	case Inject:
		r.Inject(m.Role, []byte(m.PDU)...)
	case Alter:
		r.Alter(m.Role, func(pdu []byte) []byte {
			if len(pdu) > 0 {
				pdu[m.N%len(pdu)] ^= byte(1 + m.N/len(pdu)%255)
			}
			return pdu
		})
	case Lose:
		r.Lose(m.Role)
	case Repeat:
		r.Repeat(m.Role)
	case Refuse:
		r.Refuse(m.Role, smp.Reason(m.N))
	case WrongPasskey:
		honest := d.User
		d.User = smptest.Types(uint32(m.N), smptest.SaysYes(smptest.Agreeable))
		r.Answer(m.Role)
		d.User = honest
	case Cancel:
		r.Do(m.Role, smp.Input{Event: smp.EventCancel, Reason: smp.Reason(m.N)})
	case RequestLTK:
		r.RequestLTK(uint16(m.N), uint64(m.N))
	case StoredLTK:
		if b := r.Responder.Bond(); b != nil && b.LocalLTK != nil {
			r.RequestLTK(b.LocalLTK.EDIV, b.LocalLTK.Rand)
		}
	case FailEncryption:
		r.FailEncryption(bt.UnsupportedRemoteFeature)
	case LoseEncryption:
		if r.Encrypted() {
			r.Do(m.Role, smp.Input{Event: smp.EventEncryptionOff})
		}
	case Wait:
		r.Elapse(31 * time.Second)
	case Drop:
		r.Drop(bt.ConnectionTimeout)
	case Forget:
		if b := d.Bond(); b != nil {
			t.note(d.Store.Delete(b.Local, b.Peer))
		}
	case Stale:
		for _, event := range []smp.EventKind{smp.EventConsentGiven, smp.EventPasskeyEntered, smp.EventNumbersEqual, smp.EventUserRefused} {
			r.Do(m.Role, smp.Input{Event: event, Question: d.Asked - 1, Features: &d.Features})
		}
		r.Do(m.Role, smp.Input{Event: smp.EventTimeout, Arming: d.Arming - 1})
	}
}

// Disturbing lists the kinds that are not legal.
func Disturbing() []Kind {
	var all []Kind
	for k := Inject; int(k) < len(kindNames); k++ {
		all = append(all, k)
	}
	return slices.Clip(all)
}
