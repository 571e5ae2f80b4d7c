package machine

import (
	"blesmp/gen/table"
)

// checkTargets holds where rules lead against the states that they lead to and
// come from.
func (r *resolver) checkTargets() {
	r.m.eachRule(func(c *Cell, rule *Rule) {
		s := c.State
		switch {
		case rule.Next == nil && s.Is(table.Choice) && rule.Spec.Goto.Text == "":
			r.errors.add(rule.Spec.Pos, "%s is a choice, and this rule does not lead out of it: it needs a goto", s.Name)
		case rule.Next == nil:
		case !rule.Next.At(c.Role):
			r.errors.once(rule.at(), "state %s does not exist at the %s, where this rule runs in state %s",
				rule.Next.Name, r.m.Roles[c.Role], s.Name)
		case s.Is(table.Final) && rule.Next != s:
			r.errors.add(rule.at(), "state %s is final, and this rule leads out of it", s.Name)
		}
	})
}
