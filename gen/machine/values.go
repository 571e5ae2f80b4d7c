package machine

import (
	"slices"

	"blesmp/gen/table"
)

// checkValues reports numbers that a rule can set outside their range. It tries
// every value that the variables in the new value can have, as long as the
// conditions of the cell let the rule be taken with them; whatever else stands
// in the conditions may hold or not.
func (r *resolver) checkValues() {
	for _, c := range r.m.Cells {
		for i, rule := range c.Rules {
			for _, op := range rule.Ops {
				if op.Kind == table.Set && op.Arg != nil && r.m.Slots[op.ID].Type.Kind == Number {
					r.checkSet(c.Rules[:i+1], op)
				}
			}
		}
	}
}

// most is how many combinations of values checkSet tries.
const most = 1 << 16

func (r *resolver) checkSet(rules []*Rule, op Op) {
	var slots []*Slot
	number := 1
	op.Arg.walk(func(x *Expr) {
		if x.Op == table.Load && !slices.Contains(slots, x.Slot) {
			slots = append(slots, x.Slot)
			number *= x.Slot.Type.High - x.Slot.Type.Low + 1
		}
	})
	target := r.m.Slots[op.ID]
	if number > most || number < 1 {
		return
	}
	values := map[*Slot]int{}
	for i := range number {
		rest := i
		for _, s := range slots {
			width := s.Type.High - s.Type.Low + 1
			values[s] = s.Type.Low + rest%width
			rest /= width
		}
		n, known := op.Arg.try(values)
		if known && !target.Type.holds(n) && taken(rules, values) {
			r.errors.add(op.Arg.Pos, "%s can become %d here, outside %d..%d", target.Name, n, target.Type.Low, target.Type.High)
			return
		}
	}
}

// taken reports whether the last of the rules may be taken with these values.
func taken(rules []*Rule, values map[*Slot]int) bool {
	for i, rule := range rules {
		holds, known := 1, true
		if rule.Cond != nil {
			holds, known = rule.Cond.try(values)
		}
		last := i == len(rules)-1
		if known && (holds != 0) != last {
			return false
		}
	}
	return true
}

// try evaluates an expression of which only some variables are known.
func (x *Expr) try(values map[*Slot]int) (value int, known bool) {
	switch x.Op {
	case table.Const:
		return x.Value, true
	case table.Load:
		value, known = values[x.Slot]
		return value, known
	case table.Ask:
		if x.Guard.Expr != nil {
			return x.Guard.Expr.try(values)
		}
		return 0, false
	}
	a, knownA := x.X.try(values)
	if x.Op == table.Not {
		return number(a == 0), knownA
	}
	b, knownB := x.Y.try(values)
	switch x.Op {
	case table.And:
		if knownA && a == 0 || knownB && b == 0 {
			return 0, true
		}
		return 1, knownA && knownB
	case table.Or:
		if knownA && a != 0 || knownB && b != 0 {
			return 1, true
		}
		return 0, knownA && knownB
	case table.Else:
		if knownA && a != 0 {
			return a, true
		}
		return b, knownA && knownB
	}
	return table.Combine(x.Op, a, b), knownA && knownB
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
