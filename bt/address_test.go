package bt_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bt"
)

// TestAddressKinds sorts addresses by their most significant bits
// (Core Vol 6, Part B, 1.3).
func TestAddressKinds(t *testing.T) {
	type kinds struct{ Static, Resolvable, Identity, Possible bool }
	for text, want := range map[string]kinds{
		"00:1B:DC:00:00:01/public": {Identity: true, Possible: true},
		"FF:FF:FF:FF:FF:FF/public": {Identity: true, Possible: true},
		"C0:1B:DC:00:00:01/random": {Static: true, Identity: true, Possible: true},
		"C0:00:00:00:00:00/random": {Static: true, Identity: true},
		"FF:FF:FF:FF:FF:FF/random": {Static: true, Identity: true},
		"FF:FF:FF:FF:FF:FE/random": {Static: true, Identity: true, Possible: true},
		"40:00:01:00:00:00/random": {Resolvable: true, Possible: true},
		"40:00:00:12:34:56/random": {Resolvable: true},
		"7F:FF:FF:12:34:56/random": {Resolvable: true},
		"00:1B:DC:00:00:01/random": {Possible: true},
		"00:00:00:00:00:00/random": {},
		"3F:FF:FF:FF:FF:FF/random": {},
		"80:1B:DC:00:00:01/random": {},
	} {
		a, err := bt.ParseTypedAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		got := kinds{a.IsStatic(), a.IsResolvable(), a.IsIdentity(), a.IsPossible()}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// TestParseTypedAddress reads what String writes, and says what is wrong with
// the rest.
func TestParseTypedAddress(t *testing.T) {
	for _, test := range []struct{ text, want, err string }{
		{text: "C0:11:22:33:44:55/random", want: "C0:11:22:33:44:55/random"},
		{text: "c0:11:22:33:44:5f", want: "C0:11:22:33:44:5F/public"},
		{text: "", err: `bt: address "": want six octets such as C0:11:22:33:44:55`},
		{text: "C0:11:22:33:44", err: `bt: address "C0:11:22:33:44": want six octets such as C0:11:22:33:44:55`},
		{text: "C0:11:22:33:44:5", err: `bt: address "C0:11:22:33:44:5": octet "5" is not two hexadecimal digits`},
		{text: "C0:11:22:33:44:5g", err: `bt: address "C0:11:22:33:44:5g": octet "5g" is not two hexadecimal digits`},
		{text: "C0:11:22:33:44:55/static", err: `bt: address "C0:11:22:33:44:55/static": type "static" is neither public nor random`},
	} {
		a, err := bt.ParseTypedAddress(test.text)
		if test.err != "" {
			if err == nil || err.Error() != test.err {
				t.Errorf("%q: error %v, want %s", test.text, err, test.err)
			}
			continue
		}
		if err != nil || a.String() != test.want {
			t.Errorf("%q: %v, %v, want %s", test.text, a, err, test.want)
		}
		text, _ := json.Marshal(a)
		var back bt.TypedAddress
		if err := json.Unmarshal(text, &back); err != nil || back != a {
			t.Errorf("%s: read back as %v, %v", text, back, err)
		}
	}
}
