package dissect

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"blesmp/bt"
	"blesmp/smp"
)

// Note is what steps come to: something that no packet says by itself.
type Note struct {
	// Topic is the kind of note, one word: asked, model, number, debug-key,
	// round, encrypted, paired, failed, warning, timeout, lost, ended.
	Topic string

	// Text says it in words, and Cause what usually is behind it, if it is not
	// what was hoped for.
	Text  string
	Cause string

	// Level is what the pairing gives or gave, Reason why it failed; nil and 0
	// where that does not apply.
	Level  *smp.Level
	Reason smp.Reason

	Link      uint32
	Addresses Addresses
}

// pairingTimeout ends a pairing in which nothing is sent (Core Vol 3, Part H,
// 3.4).
const pairingTimeout = 30 * time.Second

// Tracker follows pairings and encryption on every link of a capture. The zero
// Tracker is ready.
type Tracker struct {
	links map[uint32]*tracked
}

// phase is how far a pairing has come.
type phase int

const (
	idle           phase = iota
	requested            // Pairing Request
	authenticating       // Pairing Response
	encrypting           // the controllers are told to encrypt
	distributing         // encrypted with the new key
)

// tracked is a link.
type tracked struct {
	id        uint32
	addresses Addresses
	own       Side // whose host it is; NoSide on the air
	encrypted bool

	phase    phase
	last     time.Time // of the last SMP PDU of the pairing
	name     string    // of that PDU
	request  smp.PairingRequest
	response smp.PairingResponse
	level    smp.Level
	debug    bool
	public   [3]*smp.PublicKey // by Side
	randoms  [3][16]byte       // the last of each, by Side
	counts   [3]int            // Pairing Randoms, by Side
	awaited  map[awaited]bool  // keys that are still to come
}

// awaited is a key PDU of a side.
type awaited struct {
	from Side
	code smp.PDUCode
}

// Addresses gives those of a link, as far as they are known.
func (t *Tracker) Addresses(link uint32) Addresses {
	if l := t.links[link]; l != nil {
		return l.addresses
	}
	return Addresses{}
}

// Time says that the capture has come to a time, and gives the pairings that
// timed out before it.
func (t *Tracker) Time(at time.Time) []Note {
	var notes []Note
	for _, id := range slices.Sorted(maps.Keys(t.links)) {
		l := t.links[id]
		if l.phase == idle || l.last.IsZero() || at.Sub(l.last) < pairingTimeout {
			continue
		}
		notes = append(notes, l.note(Note{
			Topic: "timeout",
			Text:  fmt.Sprintf("the pairing timed out: nothing for 30 s after %s; no pairing can follow on this link", l.name),
			Cause: "a person did not answer in time, or one side waits for a PDU that the other believes it has sent",
		}))
		l.phase = idle
	}
	return notes
}

// Step takes what a Dissector or a Sniffer gave, and tells what follows.
func (t *Tracker) Step(at time.Time, s *Step) []Note {
	if s.Kind == ErrorStep {
		return nil
	}
	if t.links == nil {
		t.links = map[uint32]*tracked{}
	}
	l := t.links[s.Link]
	if l == nil || s.Happening == LinkUp {
		l = &tracked{id: s.Link, addresses: s.Addresses, own: s.Own}
		t.links[s.Link] = l
	}
	notes := l.happening(s)
	if s.Kind == PDUStep {
		notes = append(notes, l.pdu(at, s)...)
	}
	for i := range notes {
		notes[i] = l.note(notes[i])
	}
	if s.Happening == LinkDown {
		delete(t.links, s.Link)
	}
	return notes
}

// End tells what the capture leaves open.
func (t *Tracker) End() []Note {
	var notes []Note
	for _, id := range slices.Sorted(maps.Keys(t.links)) {
		if l := t.links[id]; l.phase != idle {
			notes = append(notes, l.note(Note{Topic: "ended", Text: fmt.Sprintf("the capture ends before the pairing does; last came %s", l.name)}))
		}
	}
	return notes
}

func (l *tracked) note(n Note) Note {
	n.Link, n.Addresses = l.id, l.addresses
	return n
}

// happening follows the link and its encryption.
func (l *tracked) happening(s *Step) []Note {
	switch s.Happening {
	case LinkDown:
		return l.down(s.Status)
	case LinkFailed:
		return []Note{{Topic: "lost", Text: "the link did not come about: " + s.Status.String()}}
	case EncryptionAsked, KeyAsked:
		if l.phase == authenticating {
			l.phase = encrypting
		}
	case KeyDenied:
		if l.phase != idle {
			return l.failed(0, "the host of the peripheral has no key for the encryption", "the encryption was asked for too early, or with a stored key that the peripheral does not have")
		}
		return []Note{{
			Topic: "lost", Text: "the peripheral has no key for this central",
			Cause: "the bond was removed at the peripheral, or it forgot it; remove it at the central, too, and pair again",
		}}
	case EncryptionOn:
		return l.encryptionOn()
	case EncryptionOff:
		l.encrypted = false
	case EncryptionFailed:
		return l.encryptionFailed(s.Status)
	}
	return nil
}

func (l *tracked) encryptionOn() []Note {
	l.encrypted = true
	if l.phase != authenticating && l.phase != encrypting {
		if l.phase == distributing {
			return nil
		}
		return []Note{{Topic: "encrypted", Text: "encrypted with the key of a bond, without pairing"}}
	}
	l.phase = distributing
	notes := []Note{{Topic: "encrypted", Text: "encrypted with the new key: both sides have the same, so the authentication succeeded"}}
	if l.own == NoSide {
		// The air shows nothing more.
		l.phase = idle
		level := l.level
		return append(notes, Note{Topic: "paired", Level: &level, Text: l.result() + "; the keys that follow are encrypted"})
	}
	return append(notes, l.complete()...)
}

func (l *tracked) encryptionFailed(status bt.Status) []Note {
	if l.phase != idle {
		return l.failed(0, "the encryption failed: "+status.String(), "the two sides worked out different keys, or the peer's host did not give its controller the key")
	}
	n := Note{Topic: "lost", Text: "the link could not be encrypted: " + status.String()}
	if status == bt.PINOrKeyMissing {
		n.Cause = "the peer has lost the bond; remove it here, too, and pair again. If the peer was not reset, somebody else may be using its address"
	}
	return []Note{n}
}

func (l *tracked) down(reason bt.Status) []Note {
	if l.phase == idle {
		if reason == bt.MICFailure {
			return []Note{{Topic: "lost", Text: "the link broke as the encryption began: " + reason.String(), Cause: "the two sides hold different keys for each other; remove the bond on both and pair again"}}
		}
		return nil
	}
	cause := "one side gave up or went out of reach"
	switch reason {
	case bt.MICFailure:
		cause = "the two sides worked out different keys"
	case bt.ConnectionTimeout, bt.LLResponseTimeout:
		cause = "the devices lost sight of each other, or one of them crashed"
	case bt.AuthenticationFailure, bt.InsufficientSecurity, bt.PINOrKeyMissing:
		cause = "one side was not content with the security that the other offers"
	case bt.RemoteUserTerminated, bt.LocalHostTerminated:
		cause = "one side's application closed the link: a person cancelled, a timer ran out, or it refuses to pair"
	}
	return l.failed(0, "the link ended in the middle of it, after "+l.name+": "+reason.String(), cause)
}

// failed ends a pairing.
func (l *tracked) failed(reason smp.Reason, text, cause string) []Note {
	l.phase = idle
	return []Note{{Topic: "failed", Text: "the pairing failed: " + text, Cause: cause, Reason: reason}}
}

// pdu follows a pairing.
func (l *tracked) pdu(at time.Time, s *Step) []Note {
	if len(s.PDU) == 0 {
		return nil
	}
	code := smp.PDUCode(s.PDU[0])
	if s.Malformed != nil {
		if code == smp.CodePairingFailed && l.phase != idle {
			return l.failed(0, "a malformed Pairing Failed", "a bug in the stack of the sender")
		}
		return []Note{{Topic: "warning", Text: "malformed: the receiver should answer with " + reason(smp.InvalidParameters), Cause: "a bug in the stack of the sender, or an attack"}}
	}
	if l.phase != idle {
		l.last, l.name = at, s.Name
		if s.From != NoSide {
			l.name += " from the " + s.From.String()
		}
	}
	switch code {
	case smp.CodeSecurityRequest:
		return l.securityRequest(s.PDU)
	case smp.CodePairingRequest:
		var notes []Note
		if l.phase != idle {
			notes = []Note{{Topic: "warning", Text: "a new pairing begins before the old one has ended"}}
		}
		l.begin(at, s)
		return notes
	case smp.CodePairingResponse:
		return l.agreed(s.PDU)
	case smp.CodePairingFailed:
		return l.pairingFailed(s)
	case smp.CodePublicKey:
		return l.publicKey(s)
	case smp.CodePairingRandom:
		return l.random(s)
	}
	if l.phase == encrypting || l.phase == distributing {
		delete(l.awaited, awaited{s.From, code})
		return l.complete()
	}
	return nil
}

func (l *tracked) securityRequest(pdu []byte) []Note {
	var x smp.SecurityRequest
	if x.Unmarshal(pdu) != nil || l.phase != idle {
		return nil
	}
	var asks []string
	for _, a := range []struct {
		name string
		is   bool
	}{
		{"MITM protection", x.AuthReq.MITM()},
		{"LE Secure Connections", x.AuthReq.SC()},
		{"a bond", x.AuthReq.Bonding() != 0},
	} {
		if a.is {
			asks = append(asks, a.name)
		}
	}
	text := "the peripheral asks for encryption"
	if len(asks) > 0 {
		text += " with " + strings.Join(asks, ", ")
	}
	return []Note{{Topic: "asked", Text: text + "; the central encrypts with its bond or pairs"}}
}

// begin starts a pairing, and forgets the one before.
func (l *tracked) begin(at time.Time, s *Step) {
	*l = tracked{
		id: l.id, addresses: l.addresses, own: l.own, encrypted: l.encrypted,
		phase: requested, last: at, name: s.Name + " from the central",
	}
	_ = l.request.Unmarshal(s.PDU)
}

// agreed works out what the two sides agree on, and why it may be less than
// they hoped for.
func (l *tracked) agreed(pdu []byte) []Note {
	if l.phase != requested || l.response.Unmarshal(pdu) != nil {
		return nil
	}
	level, ok := smp.LevelOfFeatures(l.request, l.response)
	if !ok {
		return nil
	}
	l.phase, l.level = authenticating, level
	l.awaited = awaitedKeys(&l.request, &l.response, level.SC)
	bonding := "no bonding"
	if l.bonding() {
		bonding = "bonding"
	}
	notes := []Note{{Topic: "model", Level: &level, Text: fmt.Sprintf("%v, %s", level, bonding)}}
	both := l.request.AuthReq | l.response.AuthReq
	if both.MITM() && !level.MITM {
		notes = append(notes, Note{
			Topic: "warning", Text: "MITM protection was asked for, but this model has none: the side that needs it fails the pairing",
			Cause: fmt.Sprintf("the IO capabilities %v and %v allow nothing better", l.request.IOCapability, l.response.IOCapability),
		})
	}
	if both.SC() && !level.SC {
		notes = append(notes, Note{Topic: "warning", Text: "one side only can do LE Secure Connections: legacy pairing, whose keys a listener can find out"})
	}
	if level.KeySize < wholeKey {
		notes = append(notes, Note{Topic: "warning", Text: fmt.Sprintf("a key of %d octets is weak, and refused by many", level.KeySize)})
	}
	return notes
}

// wholeKey is the size of a whole key in octets.
const wholeKey = len(bt.Key{})

func (l *tracked) bonding() bool {
	return l.request.AuthReq.Bonding() != 0 && l.response.AuthReq.Bonding() != 0
}

// awaitedKeys lists the last PDU of each key that the two sides distribute
// (Core Vol 3, Part H, 3.6.1). Secure Connections distribute no LTK.
func awaitedKeys(request *smp.PairingRequest, response *smp.PairingResponse, sc bool) map[awaited]bool {
	keys := map[awaited]bool{}
	for _, side := range []struct {
		from Side
		keys smp.KeyDistribution
	}{
		{CentralSide, request.InitiatorKeyDistribution & response.InitiatorKeyDistribution},
		{PeripheralSide, request.ResponderKeyDistribution & response.ResponderKeyDistribution},
	} {
		if side.keys.EncKey() && !sc {
			keys[awaited{side.from, smp.CodeCentralIdentification}] = true
		}
		if side.keys.IdKey() {
			keys[awaited{side.from, smp.CodeIdentityAddressInformation}] = true
		}
		if side.keys.SignKey() {
			keys[awaited{side.from, smp.CodeSigningInformation}] = true
		}
	}
	return keys
}

// complete tells that the last key has come.
func (l *tracked) complete() []Note {
	if l.phase != distributing || len(l.awaited) > 0 {
		return nil
	}
	l.phase = idle
	level := l.level
	return []Note{{Topic: "paired", Level: &level, Text: l.result()}}
}

// result says what a pairing that succeeded is worth.
func (l *tracked) result() string {
	worth := "unauthenticated"
	if l.level.Authenticated(smp.Policy{}) {
		worth = "authenticated"
	}
	if l.debug {
		worth = "worthless: made with the debug key, which everybody knows"
	}
	return fmt.Sprintf("paired: %v; %s", l.level, worth)
}
