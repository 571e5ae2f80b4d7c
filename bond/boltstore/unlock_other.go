//go:build !unix || aix || solaris

package boltstore

import "os"

// release closes a file that bbolt has locked and does not close any more. Here
// this also unlocks it.
func release(f *os.File) error { return f.Close() }
