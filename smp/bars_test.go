package smp_test

import (
	"os"
	"testing"

	"blesmp/internal/floor"
)

// limits are how much more than its bar a ratio may be before a test fails: the
// machine does other things, too. What breaks a limit has broken the bar for good.
const (
	engineLimit  = 1.25 // times the bar
	passkeyLimit = 1.35
	legacyLimit  = 2.5
	stackBar     = 1.5
	stackLimit   = 2
)

// TestBars holds the ratios of pairings to the cryptography alone, as medians of
// rounds in turn. It takes a while and a machine that is not too busy, so it
// runs only where SMP_BARS is set, as in .ci/run.
func TestBars(t *testing.T) {
	if os.Getenv("SMP_BARS") == "" {
		t.Skip("set SMP_BARS=1 to hold pairings to what their cryptography takes")
	}
	for _, s := range scenes() {
		t.Run("engine/"+s.name, func(t *testing.T) {
			base, subject := s.engine(t)
			limit := s.bar * engineLimit
			switch {
			case s.floor.Legacy():
				limit = s.bar * legacyLimit
			case s.floor == floor.Passkey:
				limit = s.bar * passkeyLimit
			}
			hold(t, compare(t, base, subject), s.bar, limit)
		})
	}
	just := scenes()[0]
	t.Run("stack/"+just.name, func(t *testing.T) {
		base, subject := just.stack(t)
		hold(t, compare(t, base, subject), stackBar, stackBar*stackLimit)
	})
}

// hold fails where a ratio is above the limit in the medians and also in the best
// rounds, and says how it stands to the bar.
func hold(t *testing.T, c floor.Comparison, bar, limit float64) {
	t.Helper()
	t.Logf("%v; bar %.2f, limit %.2f", c, bar, limit)
	if c.Ratio() > limit && c.Best() > limit {
		t.Errorf("%.2f x floor, %.2f at best: more than %.2f", c.Ratio(), c.Best(), limit)
	}
}
