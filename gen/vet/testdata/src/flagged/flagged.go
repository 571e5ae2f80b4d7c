package flagged

import "time"

type Key [16]byte

func same(a, b Key) bool { return a == b } // want `== compares a secret`

func now() time.Time { return time.Now() } // want `uses the clock: time.Now`
