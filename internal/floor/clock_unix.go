//go:build unix

package floor

import (
	"syscall"
	"time"
)

// Busy is the time for which the processors have worked for this process, the
// collection of its garbage included. It is the same on a machine that has other
// things to do, which Elapsed is not. Where the system does not tell it, Busy is
// Elapsed.
func Busy() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return Elapsed()
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
