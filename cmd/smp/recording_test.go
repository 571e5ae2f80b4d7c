package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"blesmp/hci/virtual"
)

// TestRecordHCI reads a recording that nobody ends: every packet is in the file
// as soon as it has passed.
func TestRecordHCI(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hci.btsnoop")
	link, end, err := recordHCI(virtual.NewAir(virtual.Options{}).NewController(virtual.Config{}), path)
	if err != nil {
		t.Fatal(err)
	}
	reset := []byte{0x01, 0x03, 0x0c, 0x00}
	if err := link.WritePacket(reset); err != nil {
		t.Fatal(err)
	}
	recorded, err := os.ReadFile(path)
	if err != nil || !bytes.HasSuffix(recorded, reset) {
		t.Errorf("the recording is % x, %v: want the packet % x at its end", recorded, err, reset)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the recording: %v, %v", info.Mode(), err)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
	// A recording that has become impossible is reported at its end.
	if err := link.WritePacket(reset); err != nil {
		t.Fatal(err)
	}
	if err := end(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("end of a broken recording: %v, want an error with the path", err)
	}
	var refused *fs.PathError
	if _, _, err := recordHCI(link, filepath.Join(path, "x")); !errors.As(err, &refused) {
		t.Errorf("a recording in a file that is no folder: %v, want a *fs.PathError", err)
	}
	if err := link.Close(); err != nil {
		t.Error(err)
	}
}
