package spec_test

import (
	"os"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"blesmp/gen"
	"blesmp/gen/explore"
	"blesmp/internal/floor"
)

// theSpec is the specification that the figures are about: the largest there is.
const theSpec = "smp_states.yaml"

// BenchmarkSpec loads and generates a specification, beside reading the YAML of
// the same file.
func BenchmarkSpec(b *testing.B) {
	source, err := os.ReadFile(theSpec)
	if err != nil {
		b.Fatal(err)
	}
	parse := parsing(source)
	for _, test := range []struct {
		name string
		once func() error
	}{
		{"load", func() error {
			_, err := gen.Load(theSpec)
			return err
		}},
		{"generate", func() error {
			_, err := gen.Generate(theSpec)
			return err
		}},
	} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := test.once(); err != nil {
					b.Fatal(err)
				}
			}
			c, err := floor.Compare(parse, floor.Each(test.once), floor.Options{
				Rounds: floor.MinRounds, Time: time.Millisecond, Clock: floor.CPUTime,
			})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(c.Ratio(), "x-floor")
			b.ReportMetric(float64(c.Subject().Nanoseconds()), "cpu-ns")
		})
	}
}

// parsing reads YAML, and nothing else.
func parsing(source []byte) floor.Work {
	return floor.Each(func() error {
		var node yaml.Node
		return yaml.Unmarshal(source, &node)
	})
}

// BenchmarkVerify explores a specification, which takes seconds: too long to be
// done in turn with reading its YAML, which is timed before.
func BenchmarkVerify(b *testing.B) {
	source, err := os.ReadFile(theSpec)
	if err != nil {
		b.Fatal(err)
	}
	loaded, err := gen.Load(theSpec)
	if err != nil {
		b.Fatal(err)
	}
	parse := parsing(source)
	c, err := floor.Compare(parse, parse, floor.Options{Rounds: floor.MinRounds, Clock: floor.CPUTime})
	if err != nil {
		b.Fatal(err)
	}
	runs, began := 0, floor.CPUTime()
	for b.Loop() {
		if _, err := explore.Explore(loaded, explore.Options{}); err != nil {
			b.Fatal(err)
		}
		runs++
	}
	each := (floor.CPUTime() - began) / time.Duration(runs)
	b.ReportMetric(float64(each)/float64(c.Floor()), "x-floor")
}
