//go:build !purego

package ah

import (
	"encoding/binary"
	"os"
	"runtime"
)

// hasAES says whether the processor has what the assembly uses: on macOS it
// always does, on Linux the kernel says so, and elsewhere nobody is asked.
var hasAES = runtime.GOOS == "darwin" || runtime.GOOS == "linux" && kernelHasAES("/proc/self/auxv")

// The entry of the auxiliary vector that has the capabilities of the processor,
// and the one for AES in it (Linux, asm/hwcap.h).
const (
	typeHWCAP = 16
	hwcapAES  = 1 << 3
)

// kernelHasAES reads the auxiliary vector of this process: pairs of a type and a
// value, 8 octets each.
func kernelHasAES(path string) bool {
	vector, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	for ; len(vector) >= 16; vector = vector[16:] {
		if binary.LittleEndian.Uint64(vector) == typeHWCAP {
			return binary.LittleEndian.Uint64(vector[8:])&hwcapAES != 0
		}
	}
	return false
}
