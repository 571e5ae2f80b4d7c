//go:build !unix

package floor

import "time"

// CPUTime is WallTime where a process is not told what it has used.
func CPUTime() time.Duration { return WallTime() }
