package floor_test

import (
	"errors"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/internal/floor"
)

// sleeper takes d each time, and lag more in every third of its runs.
func sleeper(d, lag time.Duration, runs *int) floor.Work {
	return floor.Work{Run: func(n int) error {
		*runs++
		if *runs%3 == 0 {
			time.Sleep(lag)
		}
		time.Sleep(time.Duration(n) * d)
		return nil
	}}
}

func TestCompare(t *testing.T) {
	tests := []struct {
		name           string
		floor, subject time.Duration
		lag            time.Duration
		want           float64
	}{
		{"equal", time.Millisecond, time.Millisecond, 0, 1},
		{"three times", time.Millisecond, 3 * time.Millisecond, 0, 3},
		{"faster than the floor", 4 * time.Microsecond, time.Microsecond, 0, 0.25},
		{"longer than a round", time.Second, 2 * time.Second, 0, 2},
		{"nanoseconds", 3 * time.Nanosecond, 10 * time.Nanosecond, 0, 10.0 / 3},
		{"a third of the rounds disturbed", time.Millisecond, 2 * time.Millisecond, time.Second, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var a, b int
				c, err := floor.Compare(sleeper(test.floor, test.lag, &a), sleeper(test.subject, test.lag, &b), floor.Options{Clock: bubbleTime()})
				if err != nil {
					t.Fatal(err)
				}
				if got := c.Ratio(); math.Abs(got-test.want) > 1e-3 {
					t.Errorf("Ratio %v, want %v: %v", got, test.want, c)
				}
				if got := c.Pairwise(); test.lag == 0 && math.Abs(got-test.want) > 1e-3 {
					t.Errorf("Pairwise %v, want %v", got, test.want)
				}
				if got := c.Best(); math.Abs(got-test.want) > 1e-3 {
					t.Errorf("Best %v, want %v", got, test.want)
				}
				if c.Floor() != test.floor || c.Subject() != test.subject {
					t.Errorf("floor %v and subject %v, want %v and %v", c.Floor(), c.Subject(), test.floor, test.subject)
				}
				if len(c.Rounds) != 11 || a < 12 || b < 12 {
					t.Errorf("%d rounds, %d and %d runs", len(c.Rounds), a, b)
				}
			})
		})
	}
}

// TestCompare_turns wants floor and subject in turn, each prepared for as many as
// it runs, and the preparation not timed.
func TestCompare_turns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order strings.Builder
		prepared := 0
		subject := floor.Work{
			Prepare: func(n int) error {
				time.Sleep(time.Hour)
				prepared = n
				return nil
			},
			Run: func(n int) error {
				if n != prepared {
					t.Errorf("run %d times, prepared for %d", n, prepared)
				}
				order.WriteByte('s')
				time.Sleep(time.Duration(n) * time.Millisecond)
				return nil
			},
		}
		base := floor.Work{Run: func(n int) error {
			order.WriteByte('f')
			time.Sleep(time.Duration(n) * time.Millisecond)
			return nil
		}}
		c, err := floor.Compare(base, subject, floor.Options{Rounds: 7, Time: 4 * time.Millisecond, Clock: bubbleTime()})
		if err != nil {
			t.Fatal(err)
		}
		if c.Ratio() != 1 {
			t.Errorf("ratio %v, want 1", c.Ratio())
		}
		if got, want := order.String(), strings.Repeat("fs", 7); !strings.HasSuffix(got, want) {
			t.Errorf("order %s, want it to end in %s", got, want)
		}
	})
}

func TestCompare_errors(t *testing.T) {
	broken := errors.New("broken")
	good := floor.Each(func() error { return nil })
	bad := floor.Each(func() error { return broken })
	unprepared := floor.Work{Run: good.Run, Prepare: func(int) error { return broken }}
	quick := floor.Options{Time: time.Nanosecond}
	for name, pair := range map[string][2]floor.Work{
		"floor": {bad, good}, "subject": {good, bad}, "preparation": {good, unprepared},
	} {
		if _, err := floor.Compare(pair[0], pair[1], quick); !errors.Is(err, broken) {
			t.Errorf("%s: error %v, want %v", name, err, broken)
		}
	}
	if _, err := floor.Compare(good, good, floor.Options{Rounds: 6}); err == nil {
		t.Error("six rounds are accepted")
	}
}

// bubbleTime is the clock of a synctest bubble.
func bubbleTime() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}

// TestCPUTime wants a clock that moves with work.
func TestCPUTime(t *testing.T) {
	before := floor.CPUTime()
	for limit := time.Now().Add(10 * time.Second); floor.CPUTime()-before < 5*time.Millisecond; {
		if time.Now().After(limit) {
			t.Fatalf("%v of processor time in 10 s of work", floor.CPUTime()-before)
		}
	}
}

// TestCollect counts collections of garbage: one in each round, however much garbage
// there is.
func TestCollect(t *testing.T) {
	const megabyte = 1 << 20
	var litter []byte
	var counts []uint32 // at each call of Prepare, the last one before each round
	work := floor.Work{
		Run: func(int) error { litter = make([]byte, 16*megabyte); return nil },
		Prepare: func(int) error {
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			counts = append(counts, stats.NumGC)
			return nil
		},
	}
	o := floor.Options{Rounds: floor.MinRounds, Time: time.Microsecond, Collect: true}
	if _, err := floor.Compare(floor.Each(func() error { return nil }), work, o); err != nil {
		t.Fatal(err)
	}
	counts = counts[len(counts)-floor.MinRounds:]
	if got := counts[len(counts)-1] - counts[0]; got != floor.MinRounds-1 {
		t.Errorf("%d collections from the first of %d rounds to the last", got, floor.MinRounds)
	}
	if percent := debug.SetGCPercent(100); percent != 100 {
		debug.SetGCPercent(percent)
		t.Errorf("garbage is collected at %d %% afterwards", percent)
	}
	runtime.KeepAlive(litter)
}

// TestTurns lets floor and subject have their turns within a round, and prepares
// for all of them.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order strings.Builder
		var prepared, done int
		work := func(name string) floor.Work {
			return floor.Work{
				Prepare: func(n int) error { prepared = n; return nil },
				Run: func(n int) error {
					order.WriteString(name)
					done = n
					time.Sleep(time.Duration(n) * time.Millisecond)
					return nil
				},
			}
		}
		o := floor.Options{Rounds: floor.MinRounds, Time: 40 * time.Millisecond, Turn: 10 * time.Millisecond, Clock: bubbleTime()}
		c, err := floor.Compare(work("f"), work("s"), o)
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.Repeat("fs", 4*floor.MinRounds); !strings.HasSuffix(order.String(), want) {
			t.Errorf("turns %s, want them to end in %s", order.String(), want)
		}
		if done != 10 || prepared != 40 {
			t.Errorf("prepared for %d, and done %d in a turn; want 40 and 10", prepared, done)
		}
		if c.Floor() != time.Millisecond || c.Subject() != time.Millisecond {
			t.Errorf("%v", c)
		}
	})
}
