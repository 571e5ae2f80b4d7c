package smp

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestTimer starts and stops a session's timer, and looks at which timeouts come,
// and when.
func TestTimer(t *testing.T) {
	const stop = 0
	type start struct{ at, after int } // seconds
	type timeout struct {
		At     int    // seconds
		Arming uint64 // index of the start
	}
	for _, test := range []struct {
		name   string
		starts []start
		want   []timeout
	}{
		{"once", []start{{0, 30}}, []timeout{{30, 0}}},
		{"again and again", []start{{0, 30}, {10, 30}, {35, 30}}, []timeout{{65, 2}}},
		{"for less than is left", []start{{0, 30}, {10, 5}}, []timeout{{15, 1}}},
		{"for less than before", []start{{0, 30}, {10, 25}}, []timeout{{35, 1}}},
		{"stopped", []start{{0, 30}, {10, 30}, {20, stop}}, nil},
		{"stopped between two alarms", []start{{0, 30}, {10, 30}, {35, stop}}, nil},
		{"after it was stopped", []start{{0, 30}, {10, stop}, {20, 30}}, []timeout{{50, 2}}},
		{"after it has run out", []start{{0, 30}, {40, 30}, {50, 30}}, []timeout{{30, 0}, {80, 2}}},
		{"after it was started again and has run out", []start{{0, 30}, {10, 30}, {45, 30}}, []timeout{{40, 1}, {75, 2}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := crowd(t, 1)[0]
				s.held, s.workspace = 1, &workspace{} // jobs stay where they can be seen
				starts := test.starts
				var got []timeout
				for now := range 120 {
					synctest.Wait()
					s.mu.Lock()
					for _, j := range s.workspace.jobs.waiting[len(got):] {
						got = append(got, timeout{now, j.input.Arming})
					}
					s.mu.Unlock()
					if len(starts) > 0 && starts[0].at == now {
						if after := starts[0].after; after == stop {
							s.stopTimer()
						} else {
							s.startTimer(time.Duration(after)*time.Second, uint64(len(test.starts)-len(starts)))
						}
						starts = starts[1:]
					}
					time.Sleep(time.Second)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("timeouts (-want +got):\n%s", diff)
				}
				s.stopTimer()
			})
		})
	}
}
