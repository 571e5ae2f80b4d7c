//go:build interop

package interop

import (
	"errors"
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
)

func levelCases() []testCase {
	onlyLinux := func(p peerKind, _ bt.Role) string {
		if p.name != linuxOS.name {
			return "it has no sockets"
		}
		return ""
	}
	var cases []testCase
	for _, c := range []struct {
		level uint8
		p     pairing
	}{{2, scJustWorks}, {3, scInitiator}, {3, legResponder}, {4, scNumeric}} {
		name := fmt.Sprintf("level %d: %v", c.level, c.p.level)
		cases = append(cases, testCase{group: "Linux socket security levels", name: name, cannot: onlyLinux, run: func(r *rig) {
			l := r.peer.(*linux)
			c.p.offer(r)
			r.link()
			r.must(l.raise(r.ctx, c.level), "level")
			result, err := r.us.events.awaitOutcome(r.ctx)
			r.must(err, "pair")
			r.checkLevel(result.Level, c.p.level)
			c.p.check(r, result)
			// And again on a new link, by the bond alone.
			r.again()
			r.drain()
			r.must(l.raise(r.ctx, c.level), "level")
			r.awaitEncryption(c.p.level)
		}})
	}
	return append(cases, testCase{
		group: "Linux socket security levels", name: "level 4 where we do without LE Secure Connections: refused", cannot: onlyLinux,
		run: func(r *rig) {
			legInitiator.offer(r)
			r.link()
			r.must(r.peer.(*linux).raise(r.ctx, 4), "level")
			_, err := r.us.events.awaitOutcome(r.ctx)
			if !errors.Is(err, smp.AuthenticationRequirements) {
				r.t.Errorf("our error is %v, want %v", err, smp.AuthenticationRequirements)
			}
		},
	})
}
