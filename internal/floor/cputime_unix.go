//go:build unix

package floor

import (
	"syscall"
	"time"
)

// CPUTime is the processor time that this process has used on all cores, its own
// and the kernel's for it: a clock that other programs on the machine do not
// move.
func CPUTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return WallTime()
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
