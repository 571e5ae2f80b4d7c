package smp

import (
	"testing"
	"unsafe"
)

// TestSize keeps an idle Procedure small, so that one process can hold very
// many links.
func TestSize(t *testing.T) {
	if size := unsafe.Sizeof(Procedure{}); size >= 1024 {
		t.Errorf("a Procedure has %d octets, want less than 1024", size)
	}
	t.Logf("%d octets, and %d while a pairing runs", unsafe.Sizeof(Procedure{}), unsafe.Sizeof(pairing{}))
}
