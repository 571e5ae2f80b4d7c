//go:build unix && !aix && !solaris

package boltstore

import (
	"os"
	"syscall"
)

// release closes a file that bbolt has locked and does not close any more. The
// lock would otherwise live as long as bbolt's map of the file.
func release(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	_ = raw.Control(func(fd uintptr) { _ = syscall.Flock(int(fd), syscall.LOCK_UN) })
	return f.Close()
}
