package verify

import (
	"hash/maphash"
	"testing"

	"blesmp/smp"
)

// reached gives the hashes of the normal forms of all worlds that a setup has,
// explored with or without wiping, and the number of worlds.
func reached(t *testing.T, s *Setup, seed maphash.Seed, raw bool) (forms map[uint64]bool, worlds int) {
	t.Helper()
	o := &Options{Quick: true}
	r, err := newRun(s, o, shorten(smp.Table(), 2))
	if err != nil {
		t.Fatal(err)
	}
	r.raw = raw
	h := &hasher{seed: seed}
	known := map[uint64]bool{}
	forms = map[uint64]bool{}
	see := func(w *world) bool {
		x := h.sum(w)
		if known[x] {
			return false
		}
		known[x] = true
		form := *w
		r.raw = false
		r.normal(&form)
		r.raw = raw
		forms[h.sum(&form)] = true
		return true
	}
	next := []*world{r.start()}
	see(next[0])
	for len(next) > 0 {
		w := next[0]
		next = next[1:]
		moves, _ := r.moves(w, nil)
		for _, m := range moves {
			to := r.make(w, m)
			if len(r.found) > 0 {
				t.Fatalf("%v: %q", m, r.found)
			}
			if see(to) {
				r.keep()
				next = append(next, to)
			}
		}
	}
	return forms, len(known)
}

// TestNormal explores setups with and without wiping: both reach the same normal
// forms, the one with fewer worlds. If wiping took away something that a side or a
// rule still reads, a world would be missing or too many.
func TestNormal(t *testing.T) {
	for _, name := range []string{
		"attack on the responder: SC, out of band, LTK and identity",
		"legacy, out of band, LTK and identity",
		"SC, numeric comparison, LTK and identity",
	} {
		for _, s := range Setups(true) {
			if s.Name != name {
				continue
			}
			t.Run(name, func(t *testing.T) {
				seed := maphash.MakeSeed()
				want, all := reached(t, &s, seed, true)
				got, fewer := reached(t, &s, seed, false)
				missing, more := 0, 0
				for x := range want {
					if !got[x] {
						missing++
					}
				}
				for x := range got {
					if !want[x] {
						more++
					}
				}
				if missing+more > 0 || fewer >= all || fewer != len(got) {
					t.Errorf("%d worlds, with wiping %d: %d forms are missing, %d too many", all, fewer, missing, more)
				}
				t.Logf("%d worlds, %d normal forms", all, fewer)
			})
		}
	}
}
