package replay_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest/replay"
)

// The tests here break good records in one place each, and want the player to
// say so. What no player can find is left out by name.

// good gives the records of exchanges that succeed.
func good(t *testing.T) (paths []string) {
	for _, path := range files(t) {
		if load(t, path)["expect"].(map[string]any)["outcome"] == "paired" {
			paths = append(paths, path)
		}
	}
	if len(paths) < 20 {
		t.Fatalf("%d records of exchanges that succeed", len(paths))
	}
	return paths
}

// flip changes one bit of hexadecimal digits.
func flip(text string, octet int, mask byte) string {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	b[octet] ^= mask
	return hex.EncodeToString(b)
}

// changed gives a copy of a record with another step i.
func changed(original *replay.Transcript, i int, change func(*replay.Step)) *replay.Transcript {
	mutant := *original
	mutant.Steps = slices.Clone(original.Steps)
	s := &mutant.Steps[i]
	s.PDU, s.Params = slices.Clone(s.PDU), slices.Clone(s.Params)
	change(s)
	return &mutant
}

// step gives the i-th step of a record, to be changed.
func step(root map[string]any, i int) map[string]any {
	return root["steps"].([]any)[i].(map[string]any)
}

// atOrBefore wants the error of a step that is no later than this one. A
// mutant can be found early: a nonce that differs shows in the confirm value.
func atOrBefore(err error, number int) bool {
	m, ok := errors.AsType[*replay.Mismatch](err)
	return ok && m.Step > 0 && m.Step <= number
}

// free reports whether an octet of a PDU may be another one in an exchange
// that is otherwise the same.
func free(pdu []byte, octet, keySize int, sc, own bool) bool {
	switch smp.PDUCode(pdu[0]) {
	case smp.CodeSecurityRequest, smp.CodeKeypressNotification:
		return octet > 0 || !own // what they say is their sender's choice
	case smp.CodePairingRequest, smp.CodePairingResponse:
		return !own && sc && octet >= 4 // no check value covers key size and key distribution
	case smp.CodeEncryptionInformation:
		return !own && octet > keySize // what is cut off
	}
	return pdu[0] > 0x0e // reserved, and ignored
}

// opens reports whether the PDU is a nonce. Those that no confirm value of the
// same side comes before show only in what is computed from them later.
func opens(pdu []byte) bool { return smp.PDUCode(pdu[0]) == smp.CodePairingRandom }

// distributes reports whether the PDU carries a key.
func distributes(pdu []byte) bool {
	code := smp.PDUCode(pdu[0])
	return code >= smp.CodeEncryptionInformation && code <= smp.CodeSigningInformation
}

func TestFlippedPDUs(t *testing.T) {
	for _, path := range good(t) {
		original := read(t, path)
		keySize := int(load(t, path)["expect"].(map[string]any)["key_size"].(float64))
		described := load(t, path)["initiator"] != nil // else features come from the PDU itself
		sc := strings.Contains(original.Method, "sc") || original.ID == "neg-reserved-code-0f"
		for i, s := range original.Steps {
			if s.Kind != replay.PDUStep {
				continue
			}
			for _, octet := range slices.Compact([]int{0, 1, len(s.PDU) / 2, len(s.PDU) - 1}) {
				mutant := changed(original, i, func(s *replay.Step) { s.PDU[octet] ^= 1 })
				for _, role := range original.Roles() {
					own := s.At == role
					if free(s.PDU, octet, keySize, sc, own) {
						continue
					}
					err := replay.Play(mutant, role)
					named := own && described && !opens(s.PDU) || distributes(s.PDU) && octet > 0
					if err == nil || named && !atOrBefore(err, s.Number) {
						t.Errorf("%s as %v: octet %d of step %d: %v", original.ID, role, octet, s.Number, err)
					}
				}
			}
		}
	}
}

func TestFlippedControllerKeys(t *testing.T) {
	for _, path := range good(t) {
		original := read(t, path)
		for i, s := range original.Steps {
			if s.Kind != replay.CommandStep {
				continue
			}
			for octet := range s.Params {
				key := octet >= len(s.Params)-16
				mutant := changed(original, i, func(s *replay.Step) { s.Params[octet] ^= 0x10 })
				for _, role := range original.Roles() {
					own := s.At == role
					if !key && !own {
						continue // the handle is another host's
					}
					m, ok := errors.AsType[*replay.Mismatch](replay.Play(mutant, role))
					if !ok || m.Step != s.Number {
						t.Errorf("%s as %v: octet %d of step %d: %v", original.ID, role, octet, s.Number, m)
					}
				}
			}
		}
	}
}

// TestFlippedEvents breaks what our controller says: another link, another
// request, another status.
func TestFlippedEvents(t *testing.T) {
	for _, path := range good(t) {
		original := read(t, path)
		for i, s := range original.Steps {
			if s.Kind != replay.EventStep {
				continue
			}
			for octet := range s.Params {
				if octet == 0 && s.Code == 0x30 {
					continue // the pairing is over: how the next encryption ends is open
				}
				mutant := changed(original, i, func(s *replay.Step) { s.Params[octet] ^= 1 })
				if slices.Contains(original.Roles(), s.At) {
					if err := replay.Play(mutant, s.At); err == nil {
						t.Errorf("%s as %v: octet %d of step %d is not found", original.ID, s.At, octet, s.Number)
					}
				}
			}
		}
	}
}

// dispensable reports whether a record without the step is as good.
func dispensable(s *replay.Step, role bt.Role) bool {
	switch s.Kind {
	case replay.UserStep, replay.HostStep, replay.SilenceStep:
		return true // the user section has the same
	case replay.CommandStep, replay.EventStep:
		return s.At != role // another host's
	}
	// A side need not ask for security, nor tell what its user types; what is
	// reserved is ignored.
	code := smp.PDUCode(s.PDU[0])
	return code == smp.CodeSecurityRequest || code == smp.CodeKeypressNotification || code > smp.CodeKeypressNotification
}

func TestDroppedSteps(t *testing.T) {
	for _, path := range good(t) {
		original := read(t, path)
		for i := range original.Steps {
			root := load(t, path)
			root["steps"] = renumber(slices.Delete(root["steps"].([]any), i, i+1))
			mutant := parse(t, root)
			for _, role := range original.Roles() {
				if dispensable(&original.Steps[i], role) {
					continue
				}
				if err := replay.Play(mutant, role); err == nil {
					t.Errorf("%s as %v: nothing says that step %d is missing", original.ID, role, i+1)
				}
			}
		}
	}
}

func renumber(steps []any) []any {
	for i, s := range steps {
		s.(map[string]any)["n"] = i + 1
	}
	return steps
}

// TestSwappedPDUs swaps what one side sends one after the other.
func TestSwappedPDUs(t *testing.T) {
	for _, path := range good(t) {
		original := read(t, path)
		for i := 1; i < len(original.Steps); i++ {
			a, b := &original.Steps[i-1], &original.Steps[i]
			if a.Kind != replay.PDUStep || b.Kind != replay.PDUStep || a.At != b.At || dispensable(a, a.At) || dispensable(b, b.At) {
				continue
			}
			root := load(t, path)
			steps := root["steps"].([]any)
			steps[i-1], steps[i] = steps[i], steps[i-1]
			renumber(steps)
			mutant := parse(t, root)
			for _, role := range original.Roles() {
				err := replay.Play(mutant, role)
				if err == nil || a.At == role && !atOrBefore(err, a.Number) {
					t.Errorf("%s as %v: steps %d and %d: %v", original.ID, role, a.Number, b.Number, err)
				}
			}
		}
	}
}

func TestDoubledPDUs(t *testing.T) {
	for _, path := range good(t) {
		original := read(t, path)
		for i := range original.Steps {
			s := &original.Steps[i]
			last := i == len(original.Steps)-1 // the peer's last one comes when all is over, and is dropped
			if s.Kind != replay.PDUStep || dispensable(s, s.At) {
				continue
			}
			root := load(t, path)
			steps := root["steps"].([]any)
			copied := map[string]any{}
			for k, v := range steps[i].(map[string]any) {
				copied[k] = v
			}
			root["steps"] = renumber(slices.Insert(steps, i+1, any(copied)))
			mutant := parse(t, root)
			for _, role := range original.Roles() {
				if last && s.At != role || encryptedAgain(original, i) {
					continue
				}
				if err := replay.Play(mutant, role); err == nil {
					t.Errorf("%s as %v: nothing says that step %d comes twice", original.ID, role, s.Number)
				}
			}
		}
	}
}

// encryptedAgain reports whether a pairing is over after this step although
// the record goes on.
func encryptedAgain(t *replay.Transcript, i int) bool {
	for _, s := range t.Steps[i+1:] {
		if s.Kind == replay.PDUStep {
			return false
		}
	}
	return i+1 < len(t.Steps)
}

// TestWrongExpectations breaks everything that a record expects.
func TestWrongExpectations(t *testing.T) {
	for _, path := range good(t) {
		original := read(t, path)
		for _, place := range leaves(load(t, path)["expect"], nil) {
			root := load(t, path)
			if !spoil(root["expect"].(map[string]any), place) {
				continue
			}
			mutant := parse(t, root)
			for _, role := range original.Roles() {
				err := replay.Play(mutant, role)
				if err == nil {
					t.Errorf("%s as %v: expect.%s is not looked at", original.ID, role, strings.Join(place, "."))
				}
			}
		}
	}
}

// leaves gives the paths to all values that are neither objects nor arrays.
func leaves(v any, path []string) (all [][]string) {
	m, ok := v.(map[string]any)
	if !ok {
		return [][]string{path}
	}
	for name, member := range m {
		all = append(all, leaves(member, append(slices.Clone(path), name))...)
	}
	return all
}

// spoil changes the value at a place, if it means anything.
func spoil(m map[string]any, place []string) bool {
	for _, name := range place[:len(place)-1] {
		m = m[name].(map[string]any)
	}
	name := place[len(place)-1]
	switch v := m[name].(type) {
	case bool:
		m[name] = !v
	case float64:
		m[name] = v - 1
	case string:
		switch {
		case name == "why":
			return false
		case name == "outcome":
			m[name] = "failed"
		case strings.HasSuffix(name, "_type"):
			m[name] = map[string]string{"public": "random", "random": "public"}[v]
		case strings.HasPrefix(name, "identity"):
			m[name] = v[:len(v)-1] + flipped("0" + strings.ToLower(v[len(v)-1:]))[1:]
		default:
			m[name] = flip(v, len(v)/2-1, 1)
		}
	default:
		return false
	}
	return true
}

// TestWrongUser breaks what the person does: the number to compare, and the
// passkey.
func TestWrongUser(t *testing.T) {
	for _, path := range good(t) {
		original := read(t, path)
		for i, s := range original.Steps {
			if s.Kind != replay.UserStep || !slices.Contains(original.Roles(), s.At) {
				continue
			}
			root := load(t, path)
			act := step(root, i)
			for _, name := range []string{"passkey", "value"} {
				if text, ok := act[name].(string); ok {
					act[name] = text[:4] + flipped(text[4:])
				}
			}
			if text, ok := act["tk"].(string); ok {
				act["tk"] = flip(text, 0, 1)
			}
			if err := replay.Play(parse(t, root), s.At); err == nil {
				t.Errorf("%s as %v: step %d is not looked at", original.ID, s.At, s.Number)
			}
		}
	}
}

// TestBrokenNegatives takes from each negative what makes it one.
func TestBrokenNegatives(t *testing.T) {
	tests := []struct {
		id     string
		change func(root map[string]any)
		want   string
	}{
		{"neg-disconnect-mid-pairing", func(r map[string]any) { r["steps"] = r["steps"].([]any)[:1] }, "expect.outcome: want failed, got no report"},
		{"neg-key-size-17-request", func(r map[string]any) { step(r, 0)["pdu"] = "01040005100707" }, "step 2: want Pairing Failed 050a (invalid parameters), got Pairing Response"},
		{"neg-key-size-17-request", func(r map[string]any) {
			step(r, 1)["pdu"] = "0508"
			step(r, 1)["reason_any_of"] = nil
			r["expect"].(map[string]any)["reason_any_of"] = nil
		}, "step 2: want Pairing Failed 0508 (unspecified reason), got Pairing Failed 050a (invalid parameters)"},
		{"neg-legacy-confirm-mismatch", func(r map[string]any) { step(r, 3)["pdu"] = flip(step(r, 3)["pdu"].(string), 5, 1) }, "step 4: want Pairing Confirm"},
		{"neg-security-request-while-waiting", func(r map[string]any) { step(r, 1)["pdu"] = "03" }, "step 3: want silence, got Pairing Failed"},
		{"neg-sc-public-key-y-zero-at-responder", func(r map[string]any) {
			good := "0cbcf2d8a5dba3956c99f9110d4d2ef0bdee9b69b6cd8874be40e8e5ccdc884453bfa9820e187a14f877fd8e922af85d39d16d921f387499dc6c2c9423f97256ab"
			step(r, 2)["pdu"] = good
		}, "step 5: want Pairing Failed 050b (DHKey check failed), got Pairing Confirm"},
		{"neg-sc-dhkey-check-bit-at-initiator", func(r map[string]any) { step(r, 8)["pdu"] = flip(step(r, 8)["pdu"].(string), 1, 0x80) }, "step 10: want Pairing Failed 050b (DHKey check failed), got LE Enable Encryption"},
		{"own-neg-timeout-at-initiator", func(r map[string]any) { step(r, 1)["name"], step(r, 3)["name"] = "28 s", "a note" }, "step 6: want silence"},
		{"own-neg-timeout-at-responder", func(r map[string]any) { step(r, 2)["name"], step(r, 3)["name"] = "29 s", "a note" }, "step 6: want silence"},
		{"own-neg-consent-refused-at-responder", func(r map[string]any) { step(r, 1)["name"] = "pairing accepted"; step(r, 2)["pdu"] = "0504" }, "step 3: want Pairing Failed 0504"},
		{"own-neg-unasked-keys-in-response", func(r map[string]any) { step(r, 1)["pdu"] = "02030001100101" }, "step 3: want Pairing Failed 050a (invalid parameters), got Pairing Confirm"},
		{"own-neg-request-at-central", func(r map[string]any) { step(r, 0)["pdu"] = "0b01" }, "step 2: want Pairing Failed 0507"},
		{"own-neg-lgcy-key-rejected-by-initiator", func(r map[string]any) { r["expect"].(map[string]any)["no_key"] = true }, "expect.no_key: want no key for the controller, got one"},
		{"own-neg-ltk-request-before-check", func(r map[string]any) { r["expect"].(map[string]any)["outcome"] = "paired" }, "expect.outcome: want paired"},
		{"own-neg-sc-nc-refused-at-responder", func(r map[string]any) { step(r, 7)["name"] = "numeric comparison accept" }, "want Pairing Failed 050c"},
		{"own-neg-repeated-attempts-at-responder", func(r map[string]any) { r["expect"].(map[string]any)["pairing_failed_reason"] = "08" }, "expect.pairing_failed_reason: want unspecified reason (0x08)"},
		{"own-neg-peer-fails-in-response", func(r map[string]any) { r["expect"].(map[string]any)["outcome"] = "ignored" }, "expect.outcome: want ignored"},
		{"own-neg-peer-fails-in-response", func(r map[string]any) { step(r, 3)["name"] = "pairing reported complete" }, "step 4: want a report of success, got none"},
		{"own-neg-security-request-bonded", func(r map[string]any) { step(r, 1)["params"] = flip(step(r, 1)["params"].(string), 0, 1) }, "step 2: want LE Enable Encryption"},
	}
	for _, test := range tests {
		root := load(t, fmt.Sprintf("../../testdata/transcripts/%s.json", test.id))
		test.change(root)
		root["steps"] = renumber(root["steps"].([]any))
		mutant := parse(t, root)
		err := replay.Play(mutant, mutant.IUT)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.id, err, test.want)
		}
	}
}
