package load

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"blesmp/internal/floor"
)

// Cryptography is how long the cryptography of n pairings by Just Works takes at
// least, spread over all cores: what Pair of a Fleet cannot be faster than.
func Cryptography(n int) (time.Duration, error) {
	cores := runtime.GOMAXPROCS(0)
	pairings := make([]*floor.Pairing, cores)
	for i := range pairings {
		p, err := floor.New(floor.JustWorks, true)
		if err != nil {
			return 0, err
		}
		pairings[i] = p
	}
	var all sync.WaitGroup
	errs := make([]error, cores)
	began := time.Now()
	for i, p := range pairings {
		all.Go(func() { errs[i] = p.RunN((n + i) / cores) })
	}
	all.Wait()
	return time.Since(began), errors.Join(errs...)
}

// Tail is the 99th percentile of times, in times of their mean: 1 where all take
// the same, 2 where they are served one after another, and more where some
// starve.
func Tail(times []time.Duration) float64 {
	sorted := slices.Sorted(slices.Values(times))
	var sum time.Duration
	for _, t := range sorted {
		sum += t
	}
	if sum == 0 {
		return 0
	}
	return float64(sorted[(len(sorted)-1)*99/100]) * float64(len(sorted)) / float64(sum)
}
