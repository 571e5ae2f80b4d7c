package floor

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"time"
)

// Work is something that can be done many times over and timed.
type Work struct {
	// Run does it n times.
	Run func(n int) error

	// Prepare, where it is set, is called before the Runs of a round with how often
	// they do it together, and is not timed: for what is made ahead.
	Prepare func(n int) error
}

// Each is the Work of a function that does it once.
func Each(once func() error) Work {
	return Work{Run: func(n int) error {
		for range n {
			if err := once(); err != nil {
				return err
			}
		}
		return nil
	}}
}

// Options say how long Compare measures. The zero value is 11 rounds, in which
// each of the two runs for about 20 ms.
type Options struct {
	Rounds int           // at least MinRounds
	Time   time.Duration // of each of the two in a round

	// Clock is what times: WallTime by default. CPUTime leaves out what else runs
	// on the machine, but also what is waited for, and counts all cores.
	Clock func() time.Duration

	// Turn is how long one of the two runs before the other has its turn: shorter
	// than a machine stays at one pace. Zero is the whole of Time.
	Turn time.Duration

	// Collect has garbage collected before each round and not within it. Else
	// either may pay for what the other has left: where collections keep step with
	// the rounds, always the same one.
	Collect bool
}

// WallTime is the time that has passed since the program began.
func WallTime() time.Duration { return time.Since(began) }

var began = time.Now()

// MinRounds is how many rounds a median takes.
const MinRounds = 7

// Round is what both took in one round: nanoseconds for one of many.
type Round struct {
	Floor, Subject float64
}

// Comparison is what Compare has measured.
type Comparison struct {
	Rounds []Round
}

// Compare runs floor and subject in turn, round after round, each as often as
// fills the time of a round. Whatever else the machine does meets both alike.
func Compare(floor, subject Work, o Options) (Comparison, error) {
	if o.Rounds == 0 {
		o.Rounds = 11
	}
	if o.Time == 0 {
		o.Time = 20 * time.Millisecond
	}
	if o.Clock == nil {
		o.Clock = WallTime
	}
	if o.Rounds < MinRounds || o.Time < 0 {
		return Comparison{}, fmt.Errorf("floor: %d rounds of %v: want %d rounds or more", o.Rounds, o.Time, MinRounds)
	}
	if o.Turn <= 0 || o.Turn > o.Time {
		o.Turn = o.Time
	}
	floors, err := floor.calibrate(o)
	if err != nil {
		return Comparison{}, fmt.Errorf("floor: %w", err)
	}
	subjects, err := subject.calibrate(o)
	if err != nil {
		return Comparison{}, fmt.Errorf("floor: subject: %w", err)
	}
	if o.Collect {
		defer debug.SetGCPercent(debug.SetGCPercent(-1))
	}
	turns := int(o.Time / o.Turn)
	c := Comparison{Rounds: make([]Round, o.Rounds)}
	for i := range c.Rounds {
		err := errors.Join(floor.prepare(turns*floors), subject.prepare(turns*subjects))
		if o.Collect {
			runtime.GC()
		}
		var a, b time.Duration
		for turn := 0; turn < turns && err == nil; turn++ {
			least, errFloor := floor.time(floors, o.Clock)
			took, errSubject := subject.time(subjects, o.Clock)
			a, b, err = a+least, b+took, errors.Join(errFloor, errSubject)
		}
		if err != nil {
			return Comparison{}, fmt.Errorf("floor: round %d: %w", i+1, err)
		}
		c.Rounds[i] = Round{Floor: each(a, turns*floors), Subject: each(b, turns*subjects)}
	}
	return c, nil
}

// Ratio is how many times the floor's median the subject's median is.
func (c Comparison) Ratio() float64 {
	return c.subject() / c.floor()
}

// Pairwise is the median of the rounds' own ratios: nearer to the truth than
// Ratio where the machine grows slower and faster from round to round.
func (c Comparison) Pairwise() float64 {
	return median(c.Rounds, func(r Round) float64 { return r.Subject / r.Floor })
}

// Best is the ratio of the fastest rounds, which are not of the same round: what
// is left where the machine is busy with other things most of the time. Many
// short rounds find it.
func (c Comparison) Best() float64 {
	floor, subject := math.Inf(1), math.Inf(1)
	for _, r := range c.Rounds {
		floor, subject = min(floor, r.Floor), min(subject, r.Subject)
	}
	return subject / floor
}

// Floor is the median time of the floor, once.
func (c Comparison) Floor() time.Duration { return time.Duration(c.floor()) }

// Subject is the median time of the subject, once.
func (c Comparison) Subject() time.Duration { return time.Duration(c.subject()) }

func (c Comparison) floor() float64 {
	return median(c.Rounds, func(r Round) float64 { return r.Floor })
}

func (c Comparison) subject() float64 {
	return median(c.Rounds, func(r Round) float64 { return r.Subject })
}

// String gives the ratios and both times.
func (c Comparison) String() string {
	return fmt.Sprintf("%.2f x floor (%.2f round by round, %.2f at best; %v to %v, medians of %d rounds)",
		c.Ratio(), c.Pairwise(), c.Best(), c.Subject(), c.Floor(), len(c.Rounds))
}

// calibrate finds out how often the work fits into a turn, once at least. What it
// runs for that also warms caches and pools.
func (w Work) calibrate(o Options) (int, error) {
	d := o.Turn
	for n := 1; ; {
		if err := w.prepare(n); err != nil {
			return 0, err
		}
		took, err := w.time(n, o.Clock)
		if err != nil {
			return 0, err
		}
		if took >= d/2 {
			return max(1, int(float64(n)*float64(d)/float64(max(took, 1)))), nil
		}
		// At least twice, at most 100 times as often.
		n = int(float64(n) * min(100, max(2, float64(d)/float64(max(took, 1)))))
	}
}

func (w Work) prepare(n int) error {
	if w.Prepare == nil {
		return nil
	}
	return w.Prepare(n)
}

// time gives how long n times take.
func (w Work) time(n int, clock func() time.Duration) (time.Duration, error) {
	start := clock()
	err := w.Run(n)
	return clock() - start, err
}

// each is one of n; a clock that has not moved counts as a nanosecond, so that
// it can be divided by.
func each(d time.Duration, n int) float64 { return float64(max(1, d)) / float64(n) }

func median(rounds []Round, value func(Round) float64) float64 {
	if len(rounds) == 0 {
		return 0
	}
	values := make([]float64, len(rounds))
	for i, r := range rounds {
		values[i] = value(r)
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}
