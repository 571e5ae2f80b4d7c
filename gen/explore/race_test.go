//go:build race

package explore_test

// underRace says that the race detector is on.
const underRace = true
