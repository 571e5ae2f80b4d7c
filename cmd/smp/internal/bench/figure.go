package bench

import (
	"fmt"
	"slices"

	"blesmp/internal/floor"
)

// Figure is one thing that was measured.
type Figure struct {
	Name string `json:"name"`         // as engine/sc-just-works
	At   int    `json:"at,omitempty"` // with so many links or bonds

	// Value is what it comes to, in the unit: less is better. A time is that of
	// one of what is counted.
	Value float64 `json:"value"`
	Unit  Unit    `json:"unit"`

	// Floor is what nothing can be done for less than, in the same unit, and
	// Ratio how many times the floor the value is; 0 where there is none.
	Floor float64 `json:"floor,omitempty"`
	Ratio float64 `json:"ratio,omitempty"`

	// Bar is what the ratio may be at most, and Limit what the value may be; 0
	// for no bar. No figure has both.
	Bar   float64 `json:"bar,omitempty"`
	Limit float64 `json:"limit,omitempty"`
}

// Unit is what a Value counts.
type Unit string

// The units.
const (
	Seconds Unit = "s"
	Octets  Unit = "octets"
	Times   Unit = "times"
)

// Missed reports whether the figure is more than room times its bar.
func (f Figure) Missed(room float64) bool {
	return f.Bar > 0 && f.Ratio > f.Bar*room || f.Limit > 0 && f.Value > f.Limit*room
}

// Report is all that was measured, and on what.
type Report struct {
	Go      string   `json:"go"`
	System  string   `json:"system"`
	Cores   int      `json:"cores"`
	Rounds  int      `json:"rounds"`
	Links   []int    `json:"links"`
	Pairing int      `json:"pairing"`
	Bonds   []int    `json:"bonds"`
	Figures []Figure `json:"figures"`
}

// Missed gives the figures that are more than room times their bar.
func (r *Report) Missed(room float64) []Figure {
	var missed []Figure
	for _, f := range r.Figures {
		if f.Missed(room) {
			missed = append(missed, f)
		}
	}
	return missed
}

// compared makes a figure of a comparison.
func compared(name string, at int, c floor.Comparison, bar float64) Figure {
	return Figure{
		Name: name, At: at, Unit: Seconds, Bar: bar, Ratio: c.Pairwise(),
		Value: median(c, func(r floor.Round) float64 { return r.Subject }),
		Floor: median(c, func(r floor.Round) float64 { return r.Floor }),
	}
}

// median of rounds, from nanoseconds to seconds.
func median(c floor.Comparison, value func(floor.Round) float64) float64 {
	var all []float64
	for _, r := range c.Rounds {
		all = append(all, value(r))
	}
	return middle(all) / 1e9
}

// middle is the median of values, which it sorts.
func middle(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	if n == 0 {
		return 0
	}
	return (values[(n-1)/2] + values[n/2]) / 2
}

// Verdict says how far a figure is from its bar.
func (f Figure) Verdict(room float64) string {
	name := f.Name
	if f.At > 0 {
		name += " with " + number(f.At)
	}
	what := f.value(f.Value)
	if f.Bar > 0 {
		what = ratio(f.Ratio) + " times the floor"
	}
	if room > 1 {
		return fmt.Sprintf("%s: %s, the bar is %s, with room %s times that", name, what, f.bar(), ratio(room))
	}
	return fmt.Sprintf("%s: %s, the bar is %s", name, what, f.bar())
}
