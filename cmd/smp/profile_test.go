package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestProfile looks at the profile with which the command is built: it knows the
// code that is hot, and no path of the machine on which it was taken.
func TestProfile(t *testing.T) {
	packed, err := os.ReadFile("default.pgo")
	if err != nil {
		t.Fatal(err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	profile, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	names := stringTable(t, profile)
	for _, hot := range []string{"blesmp/smp.(*Procedure).Step", "blesmp/smp.binding.step", "blesmp/smp.(*Session).step", "blesmp/hci.(*Conn).enqueue", "blesmp/smp/smptest/verify"} {
		if !slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, hot) }) {
			t.Errorf("the profile has no %s: take it again, as CONTRIBUTING.md says", hot)
		}
	}
	for _, name := range names {
		if filepath.IsAbs(name) {
			t.Errorf("the profile tells of %s on the machine on which it was taken", name)
		}
	}
}

// stringTable gives the strings of a profile: field 6 of its one message, in the
// encoding of protocol buffers.
func stringTable(t *testing.T, profile []byte) []string {
	t.Helper()
	const (
		varint, bytes = 0, 2 // wire types
		strings       = 6
	)
	next := func() uint64 {
		v, n := binary.Uvarint(profile)
		if n <= 0 {
			t.Fatal("the profile ends in a number")
		}
		profile = profile[n:]
		return v
	}
	var names []string
	for len(profile) > 0 {
		key := next()
		switch key & 7 {
		case varint:
			next()
		case bytes:
			size := next()
			if size > uint64(len(profile)) {
				t.Fatal("the profile ends in a field")
			}
			if key>>3 == strings {
				names = append(names, string(profile[:size]))
			}
			profile = profile[size:]
		default:
			t.Fatalf("the profile has a field of wire type %d", key&7)
		}
	}
	return names
}
