//go:build interop

package interop

import (
	"fmt"

	"blesmp/bt"
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
		group: "Linux socket security levels", name: "level 4 where we do without LE Secure Connections: it pairs all the same", cannot: onlyLinux,
		run: func(r *rig) {
			p := scInitiator
			p.level.SC = false
			if r.role == bt.Central {
				p.initiator.SC = false
			} else {
				p.responder.SC = false
			}
			p.offer(r)
			r.link()
			r.must(r.peer.(*linux).raise(r.ctx, 4), "level")
			result, err := r.us.events.awaitOutcome(r.ctx)
			r.must(err, "pair")
			r.checkLevel(result.Level, p.level)
			p.check(r, result)
		},
	})
}
