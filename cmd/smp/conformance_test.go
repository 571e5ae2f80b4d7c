package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"blesmp/bond"
	"blesmp/hci"
	"blesmp/smp"
)

func TestConformance(t *testing.T) {
	page := filepath.Join(t.TempDir(), "conformance.md")
	tests := []struct {
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{[]string{"--id", "SM/CEN/JW/BV-01-C"}, exitOK, "1 of 1 LE, 0 of 0 attacks", ""},
		{[]string{"--id", "A02", "--markdown", page}, exitOK, "pass        A02/CVE-2020-26558", ""},
		{[]string{"--id", "nothing"}, exitUsage, "", `no scenario that can be played here matches "nothing"`},
		{[]string{"--id", "["}, exitUsage, "", "syntax error in pattern"},
		{[]string{"--id", "A02", "--target", "tcp:127.0.0.1:0"}, exitUsage, "", "no scenario that can be played here"},
		{[]string{"--target", "127.0.0.1:0"}, exitUsage, "", "want an address such as tcp:"},
		{[]string{"--role", "observer"}, exitUsage, "", "the roles are central and peripheral"},
		{[]string{"more"}, exitUsage, "", "takes no arguments"},
	}
	for _, test := range tests {
		code, stdout, stderr := call(append([]string{"conformance"}, test.args...)...)
		if code != test.code || !strings.Contains(stdout, test.stdout) || !strings.Contains(stderr, test.stderr) {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q", test.args, code, stdout, stderr)
		}
	}
	text, err := os.ReadFile(page)
	if err != nil || !strings.Contains(string(text), "**This is not a qualification, and not PTS.**") {
		t.Errorf("the page is %q, %v", text, err)
	}
}

func TestConformanceJSON(t *testing.T) {
	code, stdout, stderr := call("conformance", "--id", "SM/PER/JW/*", "--json")
	var got struct {
		OK      bool
		Results []struct{ ID, Result string }
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	if code != exitOK || !got.OK || len(got.Results) != 3 {
		t.Errorf("exit code %d, %+v, stderr %q", code, got, stderr)
	}
}

// attached is an output that starts a host when it reads where to attach.
type attached struct {
	bytes.Buffer
	attach func(address string)
}

var listening = regexp.MustCompile(`attaches over H4 to (tcp:\S+)`)

func (a *attached) Write(p []byte) (int, error) {
	if m := listening.FindSubmatch(p); m != nil {
		go a.attach(string(m[1]))
	}
	return a.Buffer.Write(p)
}

// TestConformanceTarget attaches our own host over TCP, as a foreign one.
func TestConformanceTarget(t *testing.T) {
	tests := []struct {
		name   string
		policy smp.Policy
		code   int
		want   string
	}{
		{"pairs", smp.Policy{}, exitOK, "1 of 1 LE"},
		{"does not pair", smp.Policy{NotPairable: true}, exitFailure, "got Pairing Failed (pairing not supported (0x05)), want Pairing Response"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			up := make(chan *hci.Host, 1)
			errs := &attached{attach: func(address string) {
				host, err := hci.Open(ctx, address)
				if err != nil {
					t.Error(err)
					cancel()
					return
				}
				up <- host
				manager := smp.NewManager(bond.NewMemory(), smp.Options{Policy: test.policy})
				if err := manager.Serve(host); err != nil {
					t.Error(err)
				}
				if err := host.Advertise(ctx, hci.AdvertisingParameters{}); err != nil {
					t.Error(err)
				}
			}}
			var out bytes.Buffer
			code := run(ctx, streams{strings.NewReader(""), &out, io.Writer(errs)}, []string{
				"conformance", "--id", "SM/PER/JW/BV-02-C", "--target", "tcp:127.0.0.1:0", "--role", "peripheral", "--pause", "0",
			})
			host := <-up
			_ = host.Close()
			<-host.Done()
			if code != test.code || !strings.Contains(out.String(), test.want) {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, &out, errs)
			}
			if !strings.Contains(errs.String(), "please let the device advertise") {
				t.Errorf("nobody was asked: %q", errs)
			}
		})
	}
}
