package table

// MaxSlots is the largest number of variables, inputs and event fields that a
// table can have.
const MaxSlots = 32

// Machine is one running state machine: a small value that can be compared,
// copied and used as a map key. The zero Machine is of no use; see New.
type Machine struct {
	Role  uint8
	State uint8
	Slots [MaxSlots]uint8
}

// Host is the hand-written side of a machine. smpgen writes one that calls
// typed methods. Took tells of a rule before its ops run; they run in order,
// and the machine is still in the state that the rule leaves.
type Host interface {
	Guard(id uint8) bool
	Do(id uint8)
	Send(id, arg uint8)
	Emit(id, arg uint8)
	StartTimer(id uint8)
	StopTimer(id uint8)
	Took(Step)
}

// Step tells of one rule that was taken.
type Step struct {
	From, To uint8
	Event    uint8
	Rule     uint16 // index into Rules
}

// New gives a machine of this role in the table's initial state.
func (t *Table) New(role uint8) Machine {
	m := Machine{Role: role}
	for i, s := range t.States {
		if s.Flags&Initial != 0 {
			m.State = uint8(i)
		}
	}
	return m
}

// MaxChoices bounds the rules that one event can take. The generator proves
// that choices form no cycle; the bound keeps a table that was made by hand
// from running for ever.
const MaxChoices = 64

// Step gives an event to the machine: it takes one rule, and goes on through
// choices and deferred events until the machine waits again. It reports false
// where the table has no rule for the event, which the generator excludes; the
// machine then stays as it is.
//
// Fields of the event and inputs have to be in m.Slots.
func (t *Table) Step(m *Machine, h Host, event uint8) bool {
	deferred := false
	current := event
	for range MaxChoices {
		cell := t.Cell(m.Role, m.State, current)
		if cell.Len == 0 {
			return false
		}
		i := cell.First
		rule := &t.Rules[i]
		if rule.Cond != 0 {
			var ok bool
			if i, ok = t.choose(m, h, cell); !ok {
				return false
			}
			rule = &t.Rules[i]
		}
		from := m.State
		to := from
		if rule.Next != Stay {
			to = rule.Next
		}
		h.Took(Step{From: from, To: to, Event: current, Rule: i})
		if rule.Ops.Len > 0 {
			t.run(m, h, rule.Ops)
		}
		m.State = to
		if rule.Flags&Defer != 0 {
			deferred = true
		}
		switch {
		case t.States[to].Flags&Choice != 0:
			current = Choose
		case deferred:
			deferred = false
			current = event
		default:
			return true
		}
	}
	return false
}

// choose finds the first rule whose condition holds.
func (t *Table) choose(m *Machine, h Host, cell Span) (uint16, bool) {
	for i := cell.First; i < cell.First+cell.Len; i++ {
		if cond := t.Rules[i].Cond; cond == 0 || t.eval(m, h, cond) != 0 {
			return i, true
		}
	}
	return 0, false
}

func (t *Table) run(m *Machine, h Host, ops Span) {
	for _, op := range t.Ops[ops.First : ops.First+ops.Len] {
		switch op.Kind {
		case Set:
			m.Slots[op.ID] = t.eval(m, h, op.Arg)
		case Do:
			h.Do(op.ID)
		case Send:
			h.Send(op.ID, t.eval(m, h, op.Arg))
		case Emit:
			h.Emit(op.ID, t.eval(m, h, op.Arg))
		case StartTimer:
			h.StartTimer(op.ID)
		case StopTimer:
			h.StopTimer(op.ID)
		}
	}
}

// eval gives the value of an expression; that of no expression is 0.
func (t *Table) eval(m *Machine, h Host, node uint16) uint8 {
	if node == 0 {
		return 0
	}
	n := t.Nodes[node]
	switch n.Op {
	case Const:
		return uint8(n.A)
	case Load:
		return m.Slots[n.A]
	case Ask:
		return Truth(h.Guard(uint8(n.A)))
	case Not:
		return Truth(t.eval(m, h, n.A) == 0)
	case And:
		return Truth(t.eval(m, h, n.A) != 0 && t.eval(m, h, n.B) != 0)
	case Or:
		return Truth(t.eval(m, h, n.A) != 0 || t.eval(m, h, n.B) != 0)
	case Else:
		if a := t.eval(m, h, n.A); a != 0 {
			return a
		}
		return t.eval(m, h, n.B)
	}
	return Combine(n.Op, t.eval(m, h, n.A), t.eval(m, h, n.B))
}
