package bench

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSortTraces(t *testing.T) {
	const traces = `File: smp
Type: cpu
Duration: 1s, Total samples = 90ms ( 9.00%)
-----------+-------------------------------------------------------
      30ms   p256MulInternal
             crypto/internal/fips140/nistec.p256PointDoubleAsm
             blesmp/smp/toolbox.KeyPair.DH
             blesmp/smp.(*Procedure).Step
-----------+-------------------------------------------------------
      20ms   runtime.mallocgc
             blesmp/smp.(*Procedure).newEffect (inline)
-----------+-------------------------------------------------------
         1s  crypto/internal/fips140/aes.encryptBlockAsm
             blesmp/smp/toolbox.F4
-----------+-------------------------------------------------------
      10ms   runtime.futex
-----------+-------------------------------------------------------
      10ms   p256MulInternal
             crypto/internal/fips140/nistec.p256PointDoubleAsm
`
	parts, err := sortTraces(traces)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]time.Duration{}
	for _, p := range parts {
		if p.count > 0 {
			name, _, _ := strings.Cut(p.name, ":")
			got[name] = p.count
		}
	}
	want := map[string]time.Duration{
		"P-256": 40 * time.Millisecond, "memory": 20 * time.Millisecond, "AES-CMAC, AES and AES-CCM": time.Second,
		"the scheduler and the rest of the runtime": 10 * time.Millisecond,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
	if _, err := sortTraces("-----------+---\n what is this\n"); err == nil {
		t.Error("a stack without a time")
	}
}
