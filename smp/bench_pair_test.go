package smp_test

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"blesmp/internal/floor"
	"blesmp/internal/load"
)

// engine gives pairings of two Procedures in a model, and their floor: key pairs
// and out-of-band data are there before in both.
func engine(t testing.TB, m load.Model) (base, subject floor.Work) {
	t.Helper()
	crypto, err := floor.New(m.Cryptography, false)
	if err != nil {
		t.Fatal(err)
	}
	engines, err := load.NewEngines(m)
	if err != nil {
		t.Fatal(err)
	}
	return floor.Work{Run: crypto.RunN}, floor.Work{Run: engines.Run, Prepare: engines.Prepare}
}

// batch is for how many pairings key pairs are made ahead at once: to stop the
// timer takes longer than a pairing without elliptic curves.
const batch = 256

// BenchmarkEngine pairs two Procedures, without links.
func BenchmarkEngine(b *testing.B) {
	for _, m := range load.Models() {
		b.Run(m.Name, func(b *testing.B) {
			base, subject := engine(b, m)
			b.ReportAllocs()
			for prepared := 0; b.Loop(); prepared-- {
				if prepared == 0 {
					prepared = batch
					b.StopTimer()
					if err := subject.Prepare(prepared); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
				}
				if err := subject.Run(1); err != nil {
					b.Fatal(err)
				}
			}
			report(b, base, subject)
		})
	}
}

// connected gives two whole devices with a link, that are closed with the test.
func connected(t testing.TB, m load.Model) *load.Stacks {
	t.Helper()
	stacks, err := load.NewStacks(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stacks.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := stacks.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return stacks
}

// BenchmarkStack has two whole devices connect, pair as strangers and part: the
// floor counts the generation of key pairs, as the devices make theirs, and the
// connection is in the figure as well.
func BenchmarkStack(b *testing.B) {
	for _, m := range load.Models() {
		b.Run(m.Name, func(b *testing.B) {
			stacks := connected(b, m)
			once := func() error {
				return errors.Join(stacks.Pair(b.Context()), stacks.Disconnect(b.Context()), stacks.Forget(), stacks.Connect(b.Context()))
			}
			crypto, err := floor.New(m.Cryptography, true)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := once(); err != nil {
					b.Fatal(err)
				}
			}
			report(b, floor.Work{Run: crypto.RunN}, floor.Each(once))
		})
	}
}

// compare runs both in turn on one core, so that what is counted is work, and
// not what two cores spend on waiting for each other.
func compare(t testing.TB, base, subject floor.Work) floor.Comparison {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	c, err := floor.Compare(base, subject, floor.Options{Rounds: 401, Time: time.Millisecond, Clock: floor.CPUTime})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// report adds the ratio to the floor, measured in turn with it.
func report(b *testing.B, base, subject floor.Work) {
	b.Helper()
	c := compare(b, base, subject)
	b.ReportMetric(c.Ratio(), "x-floor")
	b.ReportMetric(c.Pairwise(), "x-floor-pairwise")
	b.ReportMetric(c.Best(), "x-floor-best")
	b.ReportMetric(float64(c.Floor().Nanoseconds()), "floor-ns")
	b.ReportMetric(float64(c.Subject().Nanoseconds()), "cpu-ns")
}
