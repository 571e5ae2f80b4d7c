package replay

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"blesmp/bt"
	"blesmp/smp"
)

// formatName is what the format calls itself.
const formatName = "smp-transcript/1"

// Read reads the file of a transcript. Its errors are those of
// Parse and those of reading files.
func Read(path string) (*Transcript, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// Parse reads a transcript from the octets of its file, whose name
// errors repeat. Keys that the format does not know are comments; a known key
// with a value that it cannot have is a *FormatError.
func Parse(file string, data []byte) (*Transcript, error) {
	r := &reader{file: file, data: data}
	root, err := parseJSON(data)
	if err != nil {
		problem, _ := errors.AsType[*jsonError](err)
		r.fail(problem.offset, "%s", problem.problem)
		return nil, r.err
	}
	t := r.transcript(root)
	if r.err != nil {
		return nil, r.err
	}
	return t, nil
}

func (r *reader) transcript(root *value) *Transcript {
	if root.kind != jsonObject {
		r.fail(root.offset, "want an object, got %v", root.kind)
		return nil
	}
	if format := need(r, root, "format", text); format != formatName {
		r.fail(root.offset, "format is %q, want %q", format, formatName)
	}
	t := &Transcript{
		ID:     need(r, root, "id", text),
		Method: methodNames[need(r, root, "method", oneOf[uint8](methodNames...))],
		IUT:    need(r, root, "iut_role", sideName),
		Steps:  r.steps(root),
		sides:  [2]side{r.side(root, "initiator"), r.side(root, "responder")},
		user:   r.user(root),
		expect: r.expect(root),
	}
	r.object(root, "source")
	field(r, root, "derived_from", text)
	field(r, root, "recomputed", list(text))
	if t.ID == "" {
		r.fail(root.offset, "id is empty")
	}
	return t
}

// methodNames are the values of method.
var methodNames = []string{
	"legacy-just-works", "legacy-passkey-entry", "legacy-out-of-band", "legacy-numeric-comparison",
	"sc-just-works", "sc-passkey-entry", "sc-out-of-band", "sc-numeric-comparison",
	"negative",
}

func (r *reader) side(root *value, name string) (s side) {
	obj := r.object(root, name)
	if obj == nil {
		return s
	}
	s.address = r.typedAddress(obj, "address")
	s.identity = r.typedAddress(obj, "identity_address")
	s.ioCapability = field(r, obj, "io_capability", capability)
	s.oob = field(r, obj, "oob_data_flag", flag)
	s.authReq = r.authReq(obj)
	s.maxKeySize = field(r, obj, "max_key_size", number)
	s.keys[bt.Central] = field(r, obj, "init_key_dist", keyDistribution)
	s.keys[bt.Peripheral] = field(r, obj, "resp_key_dist", keyDistribution)
	s.privateKey = field(r, obj, "private_key", octets32)
	s.random = field(r, obj, "random", octets16)
	return s
}

// authReq reads the octet of that name, or puts it together from the flags
// that stand beside it; flags that say something else are a mistake.
func (r *reader) authReq(obj *value) *smp.AuthReq {
	sent := field(r, obj, "authreq", authReq)
	var made smp.AuthReq
	if sent != nil {
		made = *sent
	}
	found := sent != nil
	for _, bit := range []struct {
		name string
		get  func(smp.AuthReq) bool
		with func(smp.AuthReq) smp.AuthReq
	}{
		{"bonding", func(a smp.AuthReq) bool { return a.Bonding() != 0 }, func(a smp.AuthReq) smp.AuthReq { return a.WithBonding(1) }},
		{"mitm", smp.AuthReq.MITM, func(a smp.AuthReq) smp.AuthReq { return a.WithMITM(true) }},
		{"sc", smp.AuthReq.SC, func(a smp.AuthReq) smp.AuthReq { return a.WithSC(true) }},
		{"keypress", smp.AuthReq.Keypress, func(a smp.AuthReq) smp.AuthReq { return a.WithKeypress(true) }},
		{"ct2", smp.AuthReq.CT2, func(a smp.AuthReq) smp.AuthReq { return a.WithCT2(true) }},
	} {
		set := field(r, obj, bit.name, truth)
		switch {
		case set == nil:
		case sent != nil && *set != bit.get(*sent):
			r.fail(obj.member(bit.name).offset, "%s is %v, authreq says otherwise", bit.name, *set)
		case sent == nil:
			found = true
			if *set {
				made = bit.with(made)
			}
		}
	}
	if !found {
		return nil
	}
	return &made
}

func (r *reader) user(root *value) (u user) {
	obj := r.object(root, "user")
	if obj == nil {
		return u
	}
	field(r, obj, "iut_action", text)
	u.passkey = field(r, obj, "passkey", digits)
	u.number = field(r, obj, "numeric_value", digits)
	u.oobTK = field(r, obj, "oob_tk", key)
	for i, name := range []string{"a", "b"} {
		u.oobRandom[i] = field(r, obj, "oob_r"+name, octets16)
		u.oobConfirm[i] = field(r, obj, "oob_c"+name, octets16)
	}
	return u
}

func (r *reader) steps(root *value) []Step {
	v := root.member("steps")
	switch {
	case v == nil:
		r.fail(root.offset, "steps is missing")
		return nil
	case v.kind != jsonArray:
		r.fail(v.offset, "steps: want an array, got %v", v.kind)
		return nil
	case len(v.items) == 0:
		r.fail(v.offset, "steps is empty")
	}
	steps := make([]Step, len(v.items))
	for i, item := range v.items {
		r.step = i + 1
		steps[i] = r.readStep(item)
	}
	r.step = 0
	return steps
}

func (r *reader) readStep(obj *value) (s Step) {
	if obj.kind != jsonObject {
		r.fail(obj.offset, "want an object, got %v", obj.kind)
		return s
	}
	s.Number = need(r, obj, "n", stepNumber)
	if s.Number != r.step {
		r.fail(obj.offset, "n is %d, want %d", s.Number, r.step)
	}
	s.Kind = need(r, obj, "kind", oneOf[StepKind](stepKindNames[:]...))
	s.Name = need(r, obj, "name", text)
	s.Optional = given(r, obj, "optional", truth)
	s.reasons = given(r, obj, "reason_any_of", list(reason))
	s.anyReason = given(r, obj, "reason_any", truth)
	s.passkey = field(r, obj, "passkey", digits)
	s.number = field(r, obj, "value", digits)
	s.tk = field(r, obj, "tk", key)
	switch s.Kind {
	case PDUStep:
		s.At = need(r, obj, "from", sideName)
		s.PDU = need(r, obj, "pdu", octets)
	case CommandStep, EventStep:
		s.At = need(r, obj, "at", sideName)
		s.Code = need(r, obj, "code", hciCode)
		s.Params = need(r, obj, "params", octets)
		if v := obj.member("params"); v != nil {
			r.checkParams(v.offset, &s)
		}
	case UserStep:
		s.At = need(r, obj, "at", sideName)
	case HostStep, SilenceStep:
		s.At = given(r, obj, "at", sideName)
		s.everywhere = !obj.has("at")
	}
	return s
}

// stepNumber reads a whole number from 1.
func stepNumber(v *value) (int, error) {
	if err := want(v, jsonNumber); err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(v.text, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("want a whole number from 1, got %s", v.text)
	}
	return int(n), nil
}

// hciCode reads an opcode, or the code of an event, with the subevent behind
// it for LE meta events.
func hciCode(v *value) (uint16, error) {
	b, err := octets(v)
	switch {
	case err != nil:
		return 0, err
	case len(b) == 1:
		return uint16(b[0]), nil
	case len(b) == 2:
		return uint16(b[0])<<8 | uint16(b[1]), nil
	}
	return 0, fmt.Errorf("want two or four hexadecimal digits, got %d", 2*len(b))
}

func (r *reader) checkParams(offset int, s *Step) {
	if s.Kind == CommandStep && s.Code < 0x0100 {
		r.fail(offset, "code %02x is no opcode", s.Code)
	}
	layout, ok := hciLayouts[s.Code]
	if ok && layout.kind != s.Kind {
		r.fail(offset, "code %04x is of an %v, not of an %v", s.Code, layout.kind, s.Kind)
	}
	if ok && len(s.Params) != layout.length {
		r.fail(offset, "params: %s has %d octets, got %d", layout.name, layout.length, len(s.Params))
	}
}

func (r *reader) expect(root *value) (e expect) {
	obj := r.object(root, "expect")
	if obj == nil {
		r.fail(root.offset, "expect is missing")
		return e
	}
	e.outcome = need(r, obj, "outcome", oneOf[outcome](outcomeNames[:]...))
	e.authenticated = field(r, obj, "authenticated", truth)
	e.from62 = field(r, obj, "authenticated_from_core_6_2", truth)
	e.keySize = field(r, obj, "key_size", number)
	e.failedReason = field(r, obj, "pairing_failed_reason", reason)
	e.noReason = obj.has("pairing_failed_reason") && e.failedReason == nil
	e.reasons = given(r, obj, "reason_any_of", list(reason))
	e.anyReason = given(r, obj, "reason_any", truth)
	field(r, obj, "reason_before_core_6_0", text)
	field(r, obj, "why", text)
	e.noKey = given(r, obj, "no_key", truth)
	e.mustNotSend = given(r, obj, "must_not_send", list(text))
	e.tk = field(r, obj, "tk", key)
	e.stk = field(r, obj, "stk", key)
	e.macKey = field(r, obj, "mackey", key)
	e.ltk = field(r, obj, "ltk", key)
	e.dhKey = field(r, obj, "dhkey", octets32)
	if keys := r.object(obj, "distributed"); keys != nil {
		e.distributed = &[2]distributed{r.distributed(keys, "initiator"), r.distributed(keys, "responder")}
	}
	if keys := r.object(obj, "reconnect"); keys != nil {
		e.reconnect = r.reconnect(keys)
	}
	return e
}

func (r *reader) distributed(keys *value, name string) (d distributed) {
	obj := r.object(keys, name)
	if obj == nil {
		return d
	}
	return distributed{
		ltk:      field(r, obj, "ltk", key),
		ediv:     field(r, obj, "ediv", ediv),
		rand:     field(r, obj, "rand", randomNumber),
		irk:      field(r, obj, "irk", key),
		identity: r.typedAddress(obj, "identity_address"),
		csrk:     field(r, obj, "csrk", key),
	}
}

// reconnect reads the keys of later encryptions, by who is central then.
func (r *reader) reconnect(keys *value) (k [2]*longTermKey) {
	for i, name := range []string{"initiator_central", "responder_central"} {
		for _, name := range []string{name, "either_central"} {
			if obj := r.object(keys, name); obj != nil && k[i] == nil {
				k[i] = &longTermKey{
					ltk:  need(r, obj, "ltk", key),
					ediv: given(r, obj, "ediv", ediv),
					rand: given(r, obj, "rand", randomNumber),
				}
			}
		}
	}
	return k
}
