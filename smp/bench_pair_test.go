package smp_test

import (
	"crypto/rand"
	"runtime"
	"testing"
	"time"

	"blesmp/bt"
	"blesmp/internal/floor"
	"blesmp/smp"
)

// random reads from the system's source.
type random struct{}

func (random) Read(p []byte) (int, error) { return rand.Read(p) }

// scene is a way to pair, with the floor that it is held against and the most
// that it may cost of it.
type scene struct {
	name     string
	floor    floor.Model
	features [2]smp.Features
	oob      bool
	bar      float64 // at engine level
}

// scenes are all association models, legacy and not.
func scenes() []scene {
	io := func(sc bool, a, b smp.IOCapability) (f [2]smp.Features) {
		for role, capability := range [2]smp.IOCapability{a, b} {
			f[role] = with(func(f *smp.Features) { f.IOCapability, f.SC, f.MITM = capability, sc, true })
		}
		return f
	}
	plain := func(sc bool) [2]smp.Features { return both(with(func(f *smp.Features) { f.SC = sc })) }
	return []scene{
		{"SC/just works", floor.JustWorks, plain(true), false, 1.10},
		{"SC/numeric comparison", floor.NumericComparison, io(true, smp.DisplayYesNo, smp.DisplayYesNo), false, 1.10},
		{"SC/passkey", floor.Passkey, io(true, smp.KeyboardOnly, smp.DisplayOnly), false, 1.15},
		{"SC/out of band", floor.OOB, io(true, smp.NoInputNoOutput, smp.NoInputNoOutput), true, 1.10},
		{"legacy/just works", floor.LegacyJustWorks, plain(false), false, 4},
		{"legacy/passkey", floor.LegacyPasskey, io(false, smp.KeyboardOnly, smp.DisplayOnly), false, 4},
	}
}

// engine gives a pairing of this scene between two Procedures, and the floor: key
// pairs, and out-of-band data, are there before in both.
func (s scene) engine(t testing.TB) (base, subject floor.Work) {
	t.Helper()
	features := s.features
	var oob [2]*smp.LocalOOB
	if s.oob {
		addresses := [2]bt.TypedAddress{centralAddress, peripheralAddress}
		for role := range oob {
			oob[role] = smp.NewLocalOOB(addresses[role])
			features[1-role].PeerOOB = &smp.PeerOOB{
				Address: addresses[role], Confirm: &oob[role].Confirm, Random: &oob[role].Random,
			}
		}
	}
	d, err := newDuo(features, oob)
	if err != nil {
		t.Fatal(err)
	}
	crypto, err := floor.New(s.floor, false)
	if err != nil {
		t.Fatal(err)
	}
	subject = floor.Each(d.pair)
	if !s.floor.Legacy() && !s.oob {
		subject.Prepare = d.prepare
	}
	return floor.Work{Run: crypto.RunN}, subject
}

// BenchmarkEngine pairs two Procedures, without links.
func BenchmarkEngine(b *testing.B) {
	for _, s := range scenes() {
		b.Run(s.name, func(b *testing.B) {
			base, subject := s.engine(b)
			b.ReportAllocs()
			for b.Loop() {
				if subject.Prepare != nil {
					b.StopTimer()
					if err := subject.Prepare(1); err != nil {
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
