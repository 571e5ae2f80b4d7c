package docs_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"blesmp/hci/snoop"
	"blesmp/smp"
)

// failures are the reasons, each with what is behind it and what helps.
var failures = []struct {
	reason      smp.Reason
	cause, help string
}{
	{smp.PasskeyEntryFailed, "A user cancelled the entry, or nothing asked for it: `Prompter.EnterPasskey` returned an error.",
		"Pair again and type the passkey that the other device shows."},
	{smp.OOBNotAvailable, "One side wants out-of-band data that the other does not have. We send it where the peer's flag says that it holds data of ours and we gave none, and where `Features.PeerOOB` is of the wrong kind.",
		"Exchange the data anew: `Manager.NewOOB` serves one successful pairing. Or pair without it."},
	{smp.AuthenticationRequirements, "What the two sides can do gives less than one of them insists on, or less than the bond that the pairing would replace. A `*PolicyError` within the error names the setting.",
		"Look at the I/O capabilities in the recording: [the grids](diagrams/smp-association.md) say what they come to. Give the device a way to show or to enter, or ask for less. Where a bond stands in the way, remove it on both sides if you know why it has to go."},
	{smp.ConfirmValueFailed, "The values that the two sides committed to do not fit. With a passkey: it was typed wrong, or somebody is between the devices. Otherwise: a broken device, or an attack.",
		"Pair again and type carefully. If it fails again with the right passkey, do not go on."},
	{smp.PairingNotSupported, "The device does not pair now: a user refused (`Consent`, `PairingRequested`), or `Policy.NotPairable` is set.",
		"Put the other device into its pairing mode, and agree on both sides."},
	{smp.EncryptionKeySize, "The shorter of the two maximum key sizes is less than the longer minimum. Ours is 16 octets unless `Policy.MinKeySize` says otherwise.",
		"Prefer an update of the device that has short keys. `Policy{MinKeySize: 7}` accepts them; such a key can be found by trying."},
	{smp.CommandNotSupported, "A request came to the wrong role, or the peer does not know a command.",
		"Only a central sends a Pairing Request, and only a peripheral a Security Request."},
	{smp.UnspecifiedReason, "A command came out of order, encryption failed, or a program cancelled (`Session.Cancel`, the end of the context of `Pair`).",
		"The error names state, event and line. `smp pair --trace` shows every rule on the way there."},
	{smp.RepeatedAttempts, "The waiting interval after a failed attempt has not passed (`Policy.Backoff`).",
		"Wait. Our own calls return a `*BackoffError` that says how long. The interval doubles with each failure up to five minutes."},
	{smp.InvalidParameters, "A field has a value that the specification forbids: a key size of 17, an I/O capability of 9, a PDU that is too short.",
		"`smp decode` names the field. The device that sent it needs an update."},
	{smp.DHKeyCheckFailed, "The public key is not on the curve, is our own sent back, or the check values differ.",
		"Nothing that a user does brings this about. Treat it as an attack, or as a broken device."},
	{smp.NumericComparisonFailed, "A user said that the numbers differ.",
		"If they did differ, somebody was between the devices: do not pair here. If it was a slip, pair again."},
	{smp.BREDRPairingInProgress, "The peer is pairing with us over BR/EDR.", "Wait for its end, and pair again."},
	{smp.CrossTransportKeyDerivationNotAllowed, "The peer makes no key for BR/EDR from one of LE, or the other way round.",
		"Pair without `Options.CTKD`."},
	{smp.KeyRejected, "A distributed key is one that no device has drawn (zero, or the sample of the specification), or an identity address belongs to another bond.",
		"Do not trust the device that sent it; if it is yours, update it."},
	{smp.Busy, "The device is in the middle of setting up encryption.", "Wait a moment, and pair again."},
}

func TestFailures(t *testing.T) {
	var b strings.Builder
	b.WriteString("<!-- Written by go generate ./docs; DO NOT EDIT. -->\n\n# Why did pairing fail?\n\n" +
		"A pairing that fails returns a `*smp.PairingError`. `Reason` is what went over the air, `Remote` says that the peer sent it, `Cause`\n" +
		"says how it ended otherwise, and `State`, `Event` and `Line` name the row of [the specification](../spec/smp_states.yaml) that decided.\n" +
		"`errors.Is(err, smp.ConfirmValueFailed)` asks for one reason.\n\n" +
		"Where you have a recording of either device (Android's `btsnoop_hci.log`, `btmon -w`, a sniffer's pcap, or `--snoop` of `smp`), `smp decode` reads it and\n" +
		"tells what was behind the failure. Each section below shows what it prints when the peer sent the reason after our request.\n\n" +
		"[Every row that gives a reason](diagrams/smp-answers.md) is listed too. At the end stand [the failures without a reason](#failures-without-a-reason).\n")
	for _, f := range failures {
		name := nameOf(t, f.reason)
		fmt.Fprintf(&b, "\n## 0x%02x %v\n\n**What causes it.** %s\n\n**What to do.** %s\n\n[Rows that give it](diagrams/smp-answers.md#%s). `smp decode`:\n\n```text\n%s```\n",
			uint8(f.reason), sentence(f.reason.String()), f.cause, f.help, anchorOf(fmt.Sprintf("0x%02x %s", uint8(f.reason), name)), decoded(t, f.reason))
	}
	b.WriteString("\n## Failures without a reason\n\n" +
		"| what you see | what it means | what to do |\n| --- | --- | --- |\n" +
		"| `errors.Is(err, smp.ErrTimedOut)`, `TimeoutEvent` | nothing came for 30 seconds: a user did not answer, or the peer has stopped | the link is of no more use: connect anew |\n" +
		"| `Cause` is `ByPeer` | the peer sent Pairing Failed: `Reason` says which | see the reason above |\n" +
		"| `Cause` is `ByUser` | our own program or user cancelled while our Security Request waited for the central: nothing went over the air | ask again when you want it |\n" +
		"| `Cause` is `LinkLost` | the link ended in the middle | the `bt.Status` in `Err` says how: out of range, or switched off |\n" +
		"| `Cause` is `EncryptionLost` | the link was encrypted and is no longer: it is dropped, since nothing may go on in the clear | connect anew |\n" +
		"| `Cause` is `KeyMissing` | the peer used a bond that we do not have | pair again, knowingly |\n" +
		"| `BondLostEvent` | the peer has lost the key of our bond, or somebody is in its place | nothing is paired again unasked: ask the user |\n" +
		"| `*smp.BackoffError` | we refuse to try again so soon | it says how long to wait |\n" +
		"| `smp.ErrBusy` | another procedure runs on this link | wait for its end |\n")
	page(t, "failures.md", b.String())
}

var reasonHeading = regexp.MustCompile(`(?m)^## 0x([0-9a-f]{2}) (\w+)$`)

// TestFailuresAreExplained wants an explanation of each reason that the
// specification has, in its order.
func TestFailuresAreExplained(t *testing.T) {
	all := reasonHeading.FindAllStringSubmatch(read(t, "diagrams/smp-answers.md"), -1)
	if len(all) < 16 {
		t.Fatalf("only %d reasons in the specification", len(all))
	}
	for i, match := range all {
		switch {
		case i >= len(failures):
			t.Errorf("the reason %s (0x%s) has no explanation: add what causes it and what helps to failures in failures_test.go", match[2], match[1])
		case fmt.Sprintf("%02x", uint8(failures[i].reason)) != match[1]:
			t.Errorf("explanation %d is about reason 0x%02x, want that of 0x%s", i+1, uint8(failures[i].reason), match[1])
		}
	}
}

// TestCausesAreExplained wants a row of the page for each Cause.
func TestCausesAreExplained(t *testing.T) {
	page, causes := read(t, "failures.md"), 0
	for c := smp.Cause(1); !strings.HasPrefix(c.String(), "Cause("); c++ {
		causes++
	}
	if rows := strings.Count(page, "| `Cause` is `"); rows != causes {
		t.Errorf("%d rows about causes, want %d", rows, causes)
	}
}

// nameOf gives a reason's name in the specification.
func nameOf(t *testing.T, r smp.Reason) string {
	t.Helper()
	for _, match := range reasonHeading.FindAllStringSubmatch(read(t, "diagrams/smp-answers.md"), -1) {
		if match[1] == fmt.Sprintf("%02x", uint8(r)) {
			return match[2]
		}
	}
	t.Fatalf("no section of reason %d", r)
	return ""
}

// decoded is what smp decode prints of a pairing that the peer ends.
func decoded(t *testing.T, r smp.Reason) string {
	t.Helper()
	const handle = 0x0040
	connection := []byte{0x04, 0x3e, 0x13, 0x01, 0x00, 0x40, 0x00, 0x00, 0x01}
	connection = append(connection, 0x02, 0x53, 0x00, 0x5e, 0x00, 0xc0, 0x18, 0x00, 0x00, 0x00, 0xc8, 0x00, 0x00)
	request := (&smp.PairingRequest{
		IOCapability: smp.KeyboardDisplay, AuthReq: smp.AuthReq(0).WithBonding(1).WithMITM(true).WithSC(true), MaxKeySize: 16,
	}).AppendTo(nil)
	packets := []snoop.Packet{
		{Direction: snoop.Received, Data: connection},
		{Direction: snoop.Sent, Data: acl(handle, request)},
		{Direction: snoop.Received, Data: acl(handle|0x2000, (&smp.PairingFailed{Reason: r}).AppendTo(nil))},
	}
	var file bytes.Buffer
	w, err := snoop.NewWriter(&file)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range packets {
		p.Time = time.Date(2025, time.January, 1, 12, 0, 0, i*1000_000, time.UTC)
		if err := w.WritePacket(p); err != nil {
			t.Fatal(err)
		}
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "pairing.btsnoop"), file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := run(t, folder, "smp", "decode", "pairing.btsnoop")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return out
}

// acl packs a PDU of the Security Manager.
func acl(handle uint16, pdu []byte) []byte {
	b := binary.LittleEndian.AppendUint16([]byte{0x02}, handle)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(pdu)+4))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(pdu)))
	return append(binary.LittleEndian.AppendUint16(b, 0x0006), pdu...)
}

// sentence gives a text a capital letter.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
