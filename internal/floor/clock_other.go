//go:build !unix

package floor

import "time"

// Busy is Elapsed: the time that the processors have worked is not known here.
func Busy() time.Duration { return Elapsed() }
