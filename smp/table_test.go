package smp_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/gen"
	"blesmp/smp"
)

// TestTable compares the table in use with one that is made from the
// specification now.
func TestTable(t *testing.T) {
	machine, err := gen.Load("../spec/smp_states.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(machine.Table(), smp.Table()); diff != "" {
		t.Errorf("run go generate ./... (-want +got):\n%s", diff)
	}
}

// TestGenerated demands that generating again changes no file.
func TestGenerated(t *testing.T) {
	files, err := gen.Generate("../spec/smp_states.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("nothing is generated")
	}
	for _, file := range files {
		got, err := os.ReadFile(file.Path)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(string(file.Content), string(got)); diff != "" {
			t.Errorf("%s: run go generate ./... (-want +got):\n%s", file.Path, diff)
		}
	}
}
