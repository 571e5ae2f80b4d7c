package smp_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// reaction is what a side does with something unexpected, as far as its peer,
// its controller and its caller see it.
type reaction struct {
	State      smp.State
	Failed     smp.Reason // Pairing Failed that was sent
	Sent       int        // PDUs, Pairing Failed included
	Report     string     // of the pairing's end
	Rejected   smp.Reason // report of a request that was turned down
	Link       string     // report about encryption
	Refusal    smp.Refusal
	Negative   bool // reply to the controller
	Disconnect bool
	Other      []smp.EffectKind // anything else: keys, bonds, questions
}

// react gives the reaction to an input.
func react(d *smptest.Device, effects []smp.Effect) reaction {
	r := reaction{State: d.State()}
	for _, e := range effects {
		switch e.Kind {
		case smp.EffectSend:
			r.Sent++
			if e.PDU[0] == byte(smp.CodePairingFailed) {
				r.Failed = smp.Reason(e.PDU[1])
			}
		case smp.EffectReportFailure:
			r.Report += fmt.Sprintf("failed: %v", e.Err.Reason)
		case smp.EffectReportRejection:
			r.Rejected = e.Err.Reason
		case smp.EffectReportEnd:
			r.Report += fmt.Sprintf("ended: %v", e.Err.Cause)
		case smp.EffectReportTimeout:
			r.Report += "timeout"
		case smp.EffectReportLevel:
			r.Link += "level"
		case smp.EffectReportEncryptionFailure:
			r.Link += fmt.Sprintf("failed: %v", e.Status)
		case smp.EffectRefuse:
			r.Refusal = e.Refusal
		case smp.EffectNegativeReply:
			r.Negative = true
		case smp.EffectDisconnect:
			r.Disconnect = true
		case smp.EffectStopTimer, smp.EffectStartTimer:
		default:
			r.Other = append(r.Other, e.Kind)
		}
	}
	return r
}

// fails is the reaction that ends a pairing with a reason.
func (r reaction) fails(reason smp.Reason) reaction {
	r.Sent, r.Failed, r.Report = 1, reason, fmt.Sprintf("failed: %v", reason)
	return r.ends()
}

// ends is where a pairing ends: while the controllers start encryption, they
// are waited for.
func (r reaction) ends() reaction {
	if r.State == smp.StateAwaitEncryption {
		r.State = smp.StateSettling
	} else {
		r.State = smp.StateIdle
	}
	return r
}

// endsBy is the reaction that ends a pairing without a PDU.
func (r reaction) endsBy(cause smp.Cause) reaction {
	r.Report = fmt.Sprintf("ended: %v", cause)
	return r.ends()
}

// answers is the reaction of a side that answers and stays.
func (r reaction) answers(reason smp.Reason) reaction {
	r.Sent, r.Failed, r.Rejected = 1, reason, reason
	return r
}

// situation is one side in one state.
type situation struct {
	role      bt.Role
	state     smp.State
	encrypted bool
}

// groups of states by what the rules for the unexpected tell apart.
var (
	settling   = []smp.State{smp.StateEncryptingStored, smp.StateSettling}
	dead       = []smp.State{smp.StateMute, smp.StateClosed}
	pastCancel = []smp.State{
		smp.StateAwaitLTKRequest, smp.StateAwaitEncryption, smp.StateAwaitEncryptionInformation, smp.StateAwaitCentralIdentification,
		smp.StateAwaitIdentityInformation, smp.StateAwaitIdentityAddressInformation, smp.StateAwaitSigningInformation, smp.StateAwaitDelivery,
	}
)

func (s situation) in(states ...smp.State) bool { return slices.Contains(states, s.state) }

// due are the events for which a state waits: by state, for both roles, and
// below for one.
var due = map[smp.State][]smp.EventKind{
	smp.StateAwaitConsent:                    {smp.EventConsentGiven, smp.EventUserRefused},
	smp.StateConfirmFeatures:                 {smp.EventFeaturesConfirmed, smp.EventUserRefused},
	smp.StateLegacyEnterPasskey:              {smp.EventPasskeyEntered, smp.EventUserRefused},
	smp.StateLegacyHoldConfirm:               {smp.EventPasskeyEntered, smp.EventUserRefused},
	smp.StateLegacyAwaitConfirm:              {smp.EventPairingConfirm},
	smp.StateLegacyAwaitRandom:               {smp.EventPairingRandom},
	smp.StateAwaitResponse:                   {smp.EventPairingResponse},
	smp.StateAwaitPublicKey:                  {smp.EventPublicKey},
	smp.StateNumericAwaitConfirm:             {smp.EventPairingConfirm},
	smp.StateNumericAwaitRandom:              {smp.EventPairingRandom},
	smp.StateCompare:                         {smp.EventNumbersEqual, smp.EventUserRefused},
	smp.StateCompareHoldCheck:                {smp.EventNumbersEqual, smp.EventUserRefused},
	smp.StateEnterPasskey:                    {smp.EventPasskeyEntered, smp.EventUserRefused},
	smp.StatePasskeyHoldConfirm:              {smp.EventPasskeyEntered, smp.EventUserRefused},
	smp.StatePasskeyAwaitConfirm:             {smp.EventPairingConfirm},
	smp.StatePasskeyAwaitRandom:              {smp.EventPairingRandom},
	smp.StateOOBAwaitRandom:                  {smp.EventPairingRandom},
	smp.StateAwaitCheck:                      {smp.EventDHKeyCheck},
	smp.StateAwaitEncryption:                 {smp.EventEncryptionOn},
	smp.StateEncryptingStored:                {smp.EventEncryptionOn},
	smp.StateSettling:                        {smp.EventEncryptionOn},
	smp.StateAwaitEncryptionInformation:      {smp.EventEncryptionInformation},
	smp.StateAwaitCentralIdentification:      {smp.EventCentralIdentification},
	smp.StateAwaitIdentityInformation:        {smp.EventIdentityInformation},
	smp.StateAwaitIdentityAddressInformation: {smp.EventIdentityAddressInformation},
	smp.StateAwaitSigningInformation:         {smp.EventSigningInformation},
	smp.StateAwaitDelivery:                   {smp.EventDelivered},
}

var dueAt = map[bt.Role]map[smp.State][]smp.EventKind{
	bt.Central: {
		smp.StateIdle:          {smp.EventPair, smp.EventEncrypt, smp.EventSecurityRequest},
		smp.StateAwaitConsent:  {smp.EventPair},
		smp.StateAwaitDelivery: {smp.EventSecurityRequest},
	},
	bt.Peripheral: {
		smp.StateIdle:               {smp.EventRequestSecurity, smp.EventPairingRequest},
		smp.StateAwaitSecurity:      {smp.EventPairingRequest},
		smp.StateLegacyEnterPasskey: {smp.EventPairingConfirm},
		smp.StateEnterPasskey:       {smp.EventPairingConfirm},
		smp.StateCompare:            {smp.EventDHKeyCheck},
		smp.StateAwaitDelivery:      {smp.EventPairingRequest, smp.EventLTKRequest},
	},
}

// unexpected is one thing that a side has not waited for.
type unexpected struct {
	name  string
	event smp.EventKind
	input smp.Input
}

// examples are well-formed PDUs, by code.
var examples = map[smp.PDUCode][]byte{
	smp.CodePairingRequest:             {0x01, 0x03, 0x00, 0x09, 0x10, 0x07, 0x07},
	smp.CodePairingResponse:            {0x02, 0x03, 0x00, 0x09, 0x10, 0x07, 0x07},
	smp.CodePairingConfirm:             append([]byte{0x03}, make([]byte, 16)...),
	smp.CodePairingRandom:              append([]byte{0x04}, make([]byte, 16)...),
	smp.CodePairingFailed:              {0x05, 0x08},
	smp.CodeEncryptionInformation:      {0x06, 15: 0x55, 16: 0x66},
	smp.CodeCentralIdentification:      append([]byte{0x07}, make([]byte, 10)...),
	smp.CodeIdentityInformation:        append([]byte{0x08}, make([]byte, 16)...),
	smp.CodeIdentityAddressInformation: {0x09, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06},
	smp.CodeSigningInformation:         append([]byte{0x0a}, make([]byte, 16)...),
	smp.CodeSecurityRequest:            {0x0b, 0x0d},
	smp.CodePublicKey:                  append([]byte{0x0c}, make([]byte, 64)...),
	smp.CodeDHKeyCheck:                 append([]byte{0x0d}, make([]byte, 16)...),
	smp.CodeKeypressNotification:       {0x0e, 0x01},
}

// unexpecteds lists everything that can happen.
func unexpecteds(role bt.Role) []unexpected {
	var all []unexpected
	for _, code := range slices.Sorted(maps.Keys(examples)) {
		pdu := examples[code]
		all = append(all, unexpected{code.String(), smp.EventKind(code), smp.Input{PDU: pdu}})
		for _, bad := range [][]byte{pdu[:len(pdu)-1], append(slices.Clone(pdu), 0)} {
			all = append(all, unexpected{fmt.Sprintf("%v of %d octets", code, len(bad)), smp.EventMalformedPDU, smp.Input{PDU: bad}})
		}
	}
	for _, bad := range []struct {
		name string
		pdu  []byte
	}{
		{"IOCapability 5", []byte{0x01, 0x05, 0x00, 0x09, 0x10, 0x07, 0x07}},
		{"OOBDataFlag 2", []byte{0x01, 0x03, 0x02, 0x09, 0x10, 0x07, 0x07}},
		{"MaxKeySize 6", []byte{0x01, 0x03, 0x00, 0x09, 0x06, 0x07, 0x07}},
		{"MaxKeySize 17", []byte{0x01, 0x03, 0x00, 0x09, 0x11, 0x07, 0x07}},
		{"MaxKeySize 255", []byte{0x02, 0x03, 0x00, 0x09, 0xff, 0x07, 0x07}},
		{"AddressType 2", []byte{0x09, 0x02, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06}},
		{"KeypressType 5", []byte{0x0e, 0x05}},
		{"bare PairingFail.", []byte{0x05}},
	} {
		all = append(all, unexpected{bad.name, smp.EventMalformedPDU, smp.Input{PDU: bad.pdu}})
	}
	for _, reserved := range [][]byte{{0x00}, {0x0f}, {0x0f, 1, 2, 3}, {0xff}} {
		all = append(all, unexpected{fmt.Sprintf("reserved % x", reserved), smp.EventReservedPDU, smp.Input{PDU: reserved}})
	}
	all = append(all, unexpected{"no octets", smp.EventMalformedPDU, smp.Input{PDU: []byte{}}})
	features := smp.DefaultFeatures()
	for _, event := range []smp.EventKind{
		smp.EventNotifyKeypress, smp.EventCancel, smp.EventConsentGiven, smp.EventFeaturesConfirmed, smp.EventPasskeyEntered,
		smp.EventNumbersEqual, smp.EventUserRefused, smp.EventEncryptionOn, smp.EventEncryptionOff, smp.EventDelivered, smp.EventTimeout,
	} {
		all = append(all, unexpected{event.String(), event, smp.Input{Event: event, Features: &features}})
	}
	all = append(all,
		unexpected{"EncryptionFailed", smp.EventEncryptionFailed, smp.Input{Event: smp.EventEncryptionFailed, Status: bt.LLResponseTimeout}},
		unexpected{"Disconnected", smp.EventDisconnected, smp.Input{Event: smp.EventDisconnected, Status: bt.ConnectionTimeout}})
	if role == bt.Central {
		return append(all,
			unexpected{"Pair", smp.EventPair, smp.Input{Event: smp.EventPair, Features: &features}},
			unexpected{"Encrypt", smp.EventEncrypt, smp.Input{Event: smp.EventEncrypt}})
	}
	return append(all,
		unexpected{"RequestSecurity", smp.EventRequestSecurity, smp.Input{Event: smp.EventRequestSecurity}},
		unexpected{"LTKRequest", smp.EventLTKRequest, smp.Input{Event: smp.EventLTKRequest}},
		unexpected{"LTKRequest with EDIV", smp.EventLTKRequest, smp.Input{Event: smp.EventLTKRequest, EDIV: 0x1234, Rand: 5}})
}

// want is the reaction that conformance demands. It is false for an event that
// is due.
func (s situation) want(u unexpected) (reaction, bool) {
	if slices.Contains(due[s.state], u.event) || slices.Contains(dueAt[s.role][s.state], u.event) {
		return reaction{}, false
	}
	if s.state == smp.StateAwaitLTKRequest && u.event == smp.EventLTKRequest && u.input.EDIV == 0 {
		return reaction{}, false
	}
	stays := reaction{State: s.state}
	switch {
	case u.input.PDU != nil && u.event != smp.EventReservedPDU:
		return s.wantPDU(u, stays), true
	case u.event == smp.EventPair, u.event == smp.EventEncrypt, u.event == smp.EventRequestSecurity, u.event == smp.EventNotifyKeypress, u.event == smp.EventCancel:
		return s.wantCommand(u, stays), true
	case u.event == smp.EventLTKRequest, u.event == smp.EventEncryptionOn, u.event == smp.EventEncryptionOff, u.event == smp.EventEncryptionFailed:
		return s.wantLink(u, stays), true
	case u.event == smp.EventDisconnected:
		if smptest.Pairing(s.state) || s.in(smp.StateAwaitSecurity) {
			stays.Report = "ended: the link was lost"
		}
		stays.State = smp.StateClosed
	case u.event == smp.EventTimeout:
		if smptest.Pairing(s.state) || s.in(smp.StateAwaitSecurity) {
			stays.Report, stays.State = "timeout", smp.StateMute
		}
	}
	return stays, true // reserved codes, late answers, acknowledgements
}

// wantPDU is what becomes of a PDU.
func (s situation) wantPDU(u unexpected, stays reaction) reaction {
	var code smp.PDUCode // none where there is no octet
	if len(u.input.PDU) > 0 {
		code = smp.PDUCode(u.input.PDU[0])
	}
	malformed := u.event == smp.EventMalformedPDU
	wrongRole := code == smp.CodePairingRequest && s.role == bt.Central || code == smp.CodeSecurityRequest && s.role == bt.Peripheral
	switch {
	case s.in(dead...):
		return stays
	case code == smp.CodePairingFailed:
		if smptest.Pairing(s.state) || s.in(smp.StateAwaitSecurity) {
			return stays.endsBy(smp.ByPeer)
		}
		return stays
	case smptest.Pairing(s.state):
		return s.wantInPairing(code, malformed, wrongRole, stays)
	case s.in(settling...):
		switch {
		case malformed:
			return stays
		case wrongRole:
			return stays.answers(smp.CommandNotSupported)
		case code == smp.CodePairingRequest:
			return stays.answers(smp.Busy)
		}
		return stays
	case wrongRole:
		return stays.answers(smp.CommandNotSupported)
	case malformed && code == smp.CodePairingRequest:
		return stays.fails(smp.InvalidParameters)
	case malformed && code == smp.CodeSecurityRequest:
		return stays.answers(smp.InvalidParameters)
	}
	return stays
}

func (s situation) wantInPairing(code smp.PDUCode, malformed, wrongRole bool, stays reaction) reaction {
	switch {
	case malformed:
		return stays.fails(smp.InvalidParameters)
	case wrongRole:
		return stays.fails(smp.CommandNotSupported)
	case code == smp.CodeSecurityRequest, code == smp.CodeKeypressNotification:
		return stays
	}
	return stays.fails(smp.UnspecifiedReason)
}

// wantCommand is what becomes of a command.
func (s situation) wantCommand(u unexpected, stays reaction) reaction {
	refuse := func(r smp.Refusal) reaction {
		stays.Refusal = r
		return stays
	}
	keypress, cancel := u.event == smp.EventNotifyKeypress, u.event == smp.EventCancel
	switch {
	case s.in(smp.StateMute):
		return refuse(smp.LinkTimedOut)
	case s.in(smp.StateClosed):
		return refuse(smp.LinkClosed)
	case cancel && s.in(smp.StateIdle):
		return stays
	case cancel && s.in(smp.StateAwaitSecurity):
		return stays.endsBy(smp.ByUser)
	case cancel && (s.in(pastCancel...) || s.in(settling...)):
		return refuse(smp.PastCancelling)
	case cancel:
		return stays.fails(smp.UnspecifiedReason)
	case keypress && s.in(smp.StateIdle, smp.StateAwaitSecurity):
		return refuse(smp.NotPairing)
	case keypress && smptest.Pairing(s.state):
		return refuse(smp.KeypressNotAgreed)
	}
	return refuse(smp.ProcedureRunning)
}

// wantLink is what becomes of the controller's events. No side has a bond.
func (s situation) wantLink(u unexpected, stays reaction) reaction {
	if s.in(smp.StateClosed) {
		return stays
	}
	if u.event == smp.EventEncryptionOn {
		stays.Link = "level"
		return stays
	}
	if u.event == smp.EventLTKRequest {
		stays.Negative, stays.Disconnect = true, s.encrypted
		stays.Link = fmt.Sprintf("failed: %v", bt.PINOrKeyMissing)
		switch {
		case s.in(smp.StateAwaitSecurity):
			return stays.endsBy(smp.KeyMissing)
		case s.encrypted && smptest.Pairing(s.state):
			return stays.endsBy(smp.EncryptionLost)
		}
		return stays
	}
	stays.Link = "level"
	if u.event == smp.EventEncryptionFailed {
		stays.Link = fmt.Sprintf("failed: %v", u.input.Status)
	}
	switch {
	case s.in(settling...):
		if s.in(smp.StateSettling) && u.event == smp.EventEncryptionFailed {
			stays.Link = "" // the pairing has been reported
		}
		stays.Disconnect, stays.State = s.encrypted, smp.StateIdle
	case smptest.Pairing(s.state) && s.encrypted:
		stays = stays.endsBy(smp.EncryptionLost)
		stays.Disconnect, stays.State = true, smp.StateIdle
	case smptest.Pairing(s.state):
		stays = stays.fails(smp.UnspecifiedReason)
		stays.State = smp.StateIdle
	}
	return stays
}

// TestUnexpected brings each side to each of its states and lets everything
// happen that is not due.
func TestUnexpected(t *testing.T) {
	fed[t.Name()] = true
	tried := 0
	for role, states := range places(t) {
		for state, at := range states {
			for _, u := range unexpecteds(role) {
				s := situation{role: role, state: state}
				_, is := s.want(u)
				if !is {
					continue
				}
				tried++
				t.Run(fmt.Sprintf("%v/%v/%s", role, state, u.name), func(t *testing.T) {
					rig := at.walk(t)
					d := rig.Device(role)
					_, s.encrypted = d.Procedure.Level()
					keys, bonds := len(d.Keys), len(d.Bonds)
					in := u.input
					in.Question, in.Arming = d.Asked, d.Arming
					got := react(d, rig.Do(role, in))
					want, _ := s.want(u)
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
					for _, e := range d.Keys[keys:] {
						if e.Kind != smp.EffectNegativeReply {
							t.Errorf("a key went out: %v", e.Kind)
						}
					}
					if len(d.Bonds) != bonds {
						t.Error("a bond was stored")
					}
				})
			}
		}
	}
	if tried < 2000 {
		t.Errorf("tried %d, want more than two thousand", tried)
	}
}
