package floor

import "time"

// Clock is something that only goes forward, from any start.
type Clock func() time.Duration

// began is the start of Elapsed.
var began = time.Now()

// Elapsed is the time on the wall.
func Elapsed() time.Duration { return time.Since(began) }
