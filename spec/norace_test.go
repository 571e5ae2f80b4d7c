//go:build !race

package spec_test

// underRace says that the race detector is on.
const underRace = false
