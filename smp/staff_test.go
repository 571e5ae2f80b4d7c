package smp

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bond"
	"blesmp/bt"
)

// crowd gives n sessions of one Manager, without links.
func crowd(t *testing.T, n int) []*Session {
	t.Helper()
	m := NewManager(bond.NewMemory(), Options{})
	sessions := make([]*Session, n)
	for i := range sessions {
		sessions[i] = &Session{manager: m}
		if err := sessions[i].procedure.begin(Config{Role: bt.Central, Local: ourselves, Peer: public}); err != nil {
			t.Fatal(err)
		}
	}
	return sessions
}

// TestStaff_few has as many sessions work as there are jobs, with few goroutines
// at a time, and none when all is done.
func TestStaff_few(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sessions := crowd(t, 100)
		staff := sessions[0].manager.staff
		hold := make(chan struct{})
		done := make(chan struct{}, len(sessions))
		for _, s := range sessions {
			s.post(&job{run: func() {
				<-hold
				done <- struct{}{}
			}})
		}
		synctest.Wait()
		if staff.all != staff.most {
			t.Errorf("%d goroutines, want %d", staff.all, staff.most)
		}
		close(hold)
		synctest.Wait()
		if len(done) != len(sessions) {
			t.Errorf("%d jobs done, want %d", len(done), len(sessions))
		}
		if staff.all != 0 {
			t.Errorf("%d goroutines at rest, want none", staff.all)
		}
	})
}

// TestStaff_turns has a session with many jobs let another one in between.
func TestStaff_turns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sessions := crowd(t, 2)
		sessions[0].manager.staff.most = 1
		hold := make(chan struct{})
		var order []int
		sessions[0].post(&job{run: func() { <-hold }})
		for range 2 * jobsAtOnce {
			sessions[0].post(&job{run: func() { order = append(order, 0) }})
		}
		sessions[1].post(&job{run: func() { order = append(order, 1) }})
		close(hold)
		synctest.Wait()
		if got, want := slices.Index(order, 1), jobsAtOnce-1; got != want {
			t.Errorf("the other session's turn comes after %d jobs, want %d", got, want)
		}
		if len(order) != 2*jobsAtOnce+1 {
			t.Errorf("%d jobs done, want %d", len(order), 2*jobsAtOnce+1)
		}
	})
}

// TestStaff_away lets others go on while all that there are wait for the store.
func TestStaff_away(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sessions := crowd(t, 100)
		staff := sessions[0].manager.staff
		store := make(chan struct{})
		done := 0
		for _, s := range sessions[1:] {
			s.post(&job{run: func() {
				staff.leave()
				<-store
				staff.back()
			}})
		}
		sessions[0].post(&job{run: func() { done++ }})
		synctest.Wait()
		if done != 1 {
			t.Error("a session waits for the store of others")
		}
		close(store)
		synctest.Wait()
		if staff.all != 0 {
			t.Errorf("%d goroutines at rest, want none", staff.all)
		}
	})
}

// servedHost is a host without links.
type servedHost chan struct{}

func (servedHost) ServeLinks(func(bt.Link) bt.LinkHandler) {}
func (h servedHost) Done() <-chan struct{}                 { return h }

// TestStaff_serves keeps goroutines while one of two hosts is served.
func TestStaff_serves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := crowd(t, 1)[0]
		staff := s.manager.staff
		hosts := []servedHost{make(chan struct{}), make(chan struct{})}
		for _, host := range hosts {
			if err := s.manager.Serve(host); err != nil {
				t.Fatal(err)
			}
		}
		s.post(&job{run: func() {}})
		for i, host := range hosts {
			synctest.Wait()
			if staff.all != 1 || staff.waiting != 1 {
				t.Errorf("%d hosts done: %d goroutines, of which %d wait, want one", i, staff.all, staff.waiting)
			}
			close(host)
		}
		synctest.Wait()
		if staff.all != 0 {
			t.Errorf("%d goroutines after the last host, want none", staff.all)
		}
	})
}

// TestStaff_stays keeps goroutines while a procedure runs.
func TestStaff_stays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := crowd(t, 1)[0]
		staff := s.manager.staff
		s.post(&job{run: func() { s.startTimer(time.Minute, 1) }})
		synctest.Wait()
		if staff.all != 1 || staff.waiting != 1 {
			t.Errorf("%d goroutines, of which %d wait, want one", staff.all, staff.waiting)
		}
		s.post(&job{run: s.stopTimer})
		synctest.Wait()
		if staff.all != 0 {
			t.Errorf("%d goroutines at rest, want none", staff.all)
		}
	})
}
