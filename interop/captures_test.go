//go:build interop

package interop

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/hci/snoop"
	"blesmp/internal/dissect"
	"blesmp/smp"
)

// everyCapture are the recordings of all cases.
var everyCapture captures

type captures struct {
	mu  sync.Mutex
	all []namedCapture
}

type namedCapture struct {
	name  string
	bytes []byte

	encrypted []bool // of a recording of the air, frame by frame
}

func (c *captures) add(x namedCapture) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, x)
}

// of gives the recordings of the air, or of hosts, without those of attackers
// and their victims: what they say is malformed with purpose.
func (c *captures) of(air bool) []namedCapture {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []namedCapture
	for _, x := range c.all {
		part := strings.Split(x.name, "/")[1]
		if strings.HasSuffix(x.name, "/air") == air && part != "bad_PDUs" && part != "defects" {
			list = append(list, x)
		}
	}
	return list
}

// smpFields are the fields of tshark that are compared.
var smpFields = []string{
	"btsmp.opcode", "btsmp.reason", "btsmp.io_capability", "btsmp.oob_data_flags", "btsmp.authreq",
	"btsmp.max_enc_key_size", "btsmp.initiator_key_distribution", "btsmp.responder_key_distribution",
	"btsmp.cfm_value", "btsmp.random_value", "btsmp.long_term_key", "btsmp.ediv", "btsmp.id_resolving_key",
	"btsmp.bd_addr", "btsmp.address_type", "btsmp.signature_key", "btsmp.public_key_x", "btsmp.public_key_y",
	"btsmp.dhkey_check", "btsmp.notification_type",
}

// checkCaptures shows all recordings to tshark: it must find nothing malformed,
// and read in each SMP PDU what we read in it.
func checkCaptures(t *testing.T) {
	for _, air := range []bool{false, true} {
		name := "hosts"
		if air {
			name = "air"
		}
		t.Run(name, func(t *testing.T) {
			list := everyCapture.of(air)
			if len(list) == 0 {
				t.Fatal("there are no recordings")
			}
			rows := tshark(t, list)
			// Cipher text is no protocol: tshark guesses.
			var encrypted []bool
			for _, c := range list {
				encrypted = append(encrypted, c.encrypted...)
			}
			for i, row := range rows {
				if air && encrypted[i] {
					continue
				}
				if row["_ws.malformed"] != "" {
					t.Errorf("frame %s of %s: %s %s", row["frame.number"], row["frame.interface_id"], row["_ws.malformed"], row["_ws.expert.message"])
				}
			}
			t.Logf("%d recordings, %d frames", len(list), len(rows))
			if !air {
				comparePDUs(t, list, rows)
			}
		})
	}
}

// tshark gives the fields of each frame of recordings, in their order.
func tshark(t *testing.T, list []namedCapture) []map[string]string {
	t.Helper()
	dir := t.TempDir()
	merged := filepath.Join(dir, "merged.pcapng")
	args := []string{"-a", "-I", "none", "-w", merged}
	for i, c := range list {
		path := filepath.Join(dir, fmt.Sprintf("%04d", i))
		if err := os.WriteFile(path, c.bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*caseLimit)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "mergecap", args...).CombinedOutput(); err != nil {
		t.Fatalf("mergecap: %v\n%s", err, out)
	}
	names := append([]string{"frame.number", "frame.interface_id", "_ws.malformed", "_ws.expert.severity", "_ws.expert.message"}, smpFields...)
	args = []string{"-r", merged, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a"}
	for _, f := range names {
		args = append(args, "-e", f)
	}
	cmd := exec.CommandContext(ctx, "tshark", args...)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v\n%s", err, problems.Bytes())
	}
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		if err := os.MkdirAll(outDir, 0o755); err != nil {
			t.Error(err)
		}
		kept := filepath.Join(outDir, strings.ReplaceAll(t.Name(), "/", "-")+".pcapng")
		if err := os.Rename(merged, kept); err != nil {
			t.Error(err)
		}
		t.Logf("the recordings are in %s", kept)
	})
	var rows []map[string]string
	for line := range strings.Lines(string(out)) {
		row := map[string]string{}
		for i, v := range strings.Split(strings.TrimSuffix(line, "\n"), "\t") {
			if v != "" {
				row[names[i]] = v
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// comparePDUs holds what tshark reads in SMP PDUs against what we read.
func comparePDUs(t *testing.T, list []namedCapture, rows []map[string]string) {
	t.Helper()
	at, pdus := 0, 0
	for _, c := range list {
		packets, err := readPackets(c.bytes)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var d dissect.Dissector
		for i, p := range packets {
			if at >= len(rows) {
				t.Fatalf("%s: tshark has only %d frames", c.name, len(rows))
			}
			row := rows[at]
			at++
			want := map[string]string{}
			for _, s := range d.Packet(p.Direction == snoop.Sent, p.Data) {
				if s.Kind == dissect.ErrorStep {
					t.Errorf("%s, packet %d: %s: %s", c.name, i, s.Name, s.Details)
				}
				if s.Kind == dissect.PDUStep {
					pdus++
					if want, err = fieldsOf(s.PDU); err != nil {
						t.Errorf("%s, packet %d: %v", c.name, i, err)
					}
				}
			}
			if diff := cmp.Diff(want, normal(row)); diff != "" {
				t.Errorf("%s, packet %d, SMP fields (-ours +tshark):\n%s", c.name, i, diff)
			}
		}
	}
	if at != len(rows) || pdus == 0 {
		t.Errorf("we read %d packets with %d PDUs, tshark %d", at, pdus, len(rows))
	}
	t.Logf("%d SMP PDUs compared", pdus)
}

// normal gives tshark's SMP fields, numbers as decimals.
func normal(row map[string]string) map[string]string {
	got := map[string]string{}
	for _, f := range smpFields {
		v, ok := row[f]
		if !ok {
			continue
		}
		if n, err := strconv.ParseUint(v, 0, 16); err == nil && len(v) <= 6 {
			v = strconv.FormatUint(n, 10)
		}
		got[f] = strings.ReplaceAll(v, ":", "")
	}
	return got
}

// fieldsOf decodes a PDU by our codecs and names its fields as tshark does.
func fieldsOf(pdu []byte) (map[string]string, error) {
	got := map[string]string{"btsmp.opcode": strconv.Itoa(int(pdu[0]))}
	number := func(name string, v int) { got["btsmp."+name] = strconv.Itoa(v) }
	wire := func(name string, v []byte) { got["btsmp."+name] = hex.EncodeToString(reversed(v)) }
	features := func(x smp.PairingRequest) {
		number("io_capability", int(x.IOCapability))
		number("oob_data_flags", int(x.OOBDataFlag))
		number("authreq", int(x.AuthReq))
		number("max_enc_key_size", int(x.MaxKeySize))
		number("initiator_key_distribution", int(x.InitiatorKeyDistribution))
		number("responder_key_distribution", int(x.ResponderKeyDistribution))
	}
	var err error
	switch smp.PDUCode(pdu[0]) {
	case smp.CodePairingRequest:
		var x smp.PairingRequest
		err = x.Unmarshal(pdu)
		features(x)
	case smp.CodePairingResponse:
		var x smp.PairingResponse
		err = x.Unmarshal(pdu)
		features(smp.PairingRequest(x))
	case smp.CodePairingConfirm:
		var x smp.PairingConfirm
		err = x.Unmarshal(pdu)
		wire("cfm_value", x.Value[:])
	case smp.CodePairingRandom:
		var x smp.PairingRandom
		err = x.Unmarshal(pdu)
		wire("random_value", x.Value[:])
	case smp.CodePairingFailed:
		var x smp.PairingFailed
		err = x.Unmarshal(pdu)
		number("reason", int(x.Reason))
	case smp.CodeEncryptionInformation:
		var x smp.EncryptionInformation
		err = x.Unmarshal(pdu)
		wire("long_term_key", x.LTK[:])
	case smp.CodeCentralIdentification:
		var x smp.CentralIdentification
		err = x.Unmarshal(pdu)
		number("ediv", int(x.EDIV))
		random := make([]byte, 8)
		for i := range random {
			random[i] = byte(x.Rand >> (8 * (7 - i)))
		}
		wire("random_value", random)
	case smp.CodeIdentityInformation:
		var x smp.IdentityInformation
		err = x.Unmarshal(pdu)
		wire("id_resolving_key", x.IRK[:])
	case smp.CodeIdentityAddressInformation:
		var x smp.IdentityAddressInformation
		err = x.Unmarshal(pdu)
		number("address_type", int(x.AddressType))
		got["btsmp.bd_addr"] = hex.EncodeToString(x.Address[:])
	case smp.CodeSigningInformation:
		var x smp.SigningInformation
		err = x.Unmarshal(pdu)
		wire("signature_key", x.CSRK[:])
	case smp.CodeSecurityRequest:
		var x smp.SecurityRequest
		err = x.Unmarshal(pdu)
		number("authreq", int(x.AuthReq))
	case smp.CodePublicKey:
		var x smp.PublicKey
		err = x.Unmarshal(pdu)
		wire("public_key_x", x.X[:])
		wire("public_key_y", x.Y[:])
	case smp.CodeDHKeyCheck:
		var x smp.DHKeyCheck
		err = x.Unmarshal(pdu)
		wire("dhkey_check", x.Value[:])
	case smp.CodeKeypressNotification:
		var x smp.KeypressNotification
		err = x.Unmarshal(pdu)
		number("notification_type", int(x.Type))
	}
	return got, err
}
