package machine

import (
	"blesmp/gen/diag"
	"blesmp/gen/spec"
	"blesmp/gen/table"
)

// Machine is a specification whose names are resolved and whose cells are
// decided. The ID of an entry is its index in its slice and its number in the
// table. A file without a machine part has PDUs and grids alone.
type Machine struct {
	File  *spec.File
	Notes *diag.List // worth a look, but no errors

	Roles   []string
	Events  []*Event // Events[0] is Choose, then the PDUs, then the others
	States  []*State // in the order of the file, those of a sequence where it stands
	Phases  []*Phase // each before the phases in it
	Slots   []*Slot  // variables, inputs, event fields
	Guards  []*Guard // expressions too; Opaque gives the others alone
	Actions []*Action
	PDUs    []*PDU
	Effects []*Effect
	Timers  []*Timer
	Macros  []*Macro
	Grids   []*Grid

	Properties []*Property

	// Cells decide what happens, by (role, state, event) as in the table; use
	// Cell. A cell that cannot come up has no rules and a zero Decision.
	Cells []*Cell
}

// Event is one thing that a machine can step on.
type Event struct {
	ID    int
	Name  string
	Class string // as in the file; "pdu" for PDUs, "" for Choose
	Role  string // the role at which alone it can occur, or ""
	Doc   string
	PDU   *PDU        // nil for other events
	Spec  *spec.Event // nil for PDUs and Choose
}

// State is one state.
type State struct {
	ID     int
	Name   string
	Phase  *Phase // innermost
	Flags  table.StateFlags
	Roles  uint8    // bit set by role: where it exists
	Timers []*Timer // those that run in it: its own and its phases'
	// FailedTo is where the macros in its rows lead instead of their own
	// target; nil for there.
	FailedTo *State
	Spec     *spec.State
	// Generated says that a sequence made the state.
	Generated bool
}

// Phase is one phase.
type Phase struct {
	ID      int
	Name    string
	Parent  *Phase // nil at the top
	Phases  []*Phase
	States  []*State // its own, without those of inner phases
	Timer   *Timer   // nil for none
	OnLeave []*Action
	Spec    *spec.Phase
}

// Kind is the kind of a type.
type Kind uint8

// The kinds of types.
const (
	Bool    Kind = iota + 1
	Number       // Low to High
	Enum         // values of Enum
	Flags        // bits of Flags
	PDUCode      // a PDU of the file, by its code
)

// Type is what a variable, an input, an event field or an argument can hold.
type Type struct {
	Kind      Kind
	Low, High int         // the smallest and the largest value
	Enum      *spec.Enum  // for Enum
	Flags     *spec.Flags // for Flags
}

// Slot is one small value: a variable, an input, or a part of an event.
type Slot struct {
	ID   int
	Name string
	Kind table.SlotKind
	Type *Type
	Of   []*Event // fields: the events that carry it
	Spec *spec.Slot
}

// Guard is a named condition.
type Guard struct {
	ID   int // in the table, for an opaque guard; -1 for an expression
	Name string
	Expr *Expr // nil for an opaque guard
	Spec *spec.Guard
}

// Action is one action.
type Action struct {
	ID   int
	Name string
	Sets []*Slot
	// Gives holds the values that verify tries for a slot of Sets; a slot that
	// is not in it can get any value of its type.
	Gives map[*Slot][]int
	Spec  *spec.Action
}

// PDU is one PDU of the file.
type PDU struct {
	ID    int
	Name  string
	Event *Event // its receipt
	// Arg is the field that the argument of a send fills, nil where sends take
	// none.
	Arg  *spec.Field
	Spec *spec.PDU
}

// Effect is one effect.
type Effect struct {
	ID   int
	Name string
	Arg  *Type // nil where it takes no argument
	Spec *spec.Effect
}

// Timer is one timer.
type Timer struct {
	ID    int
	Name  string
	Fires *Event
	Spec  *spec.Timer
}

// Macro is one macro.
type Macro struct {
	ID   int // table.Rule.Macro is ID + 1
	Name string
	Arg  *Type // nil where it takes no argument
	Send []*PDU
	Emit []*Effect
	Goto *State // nil to stay
	Spec *spec.Macro
}

// Property is a promise about the machine, which verify proves.
type Property struct {
	Name    string
	In      []*State // nil for everywhere
	Events  []*Event // nil for any
	If      *Expr    // nil for always
	Text    string   // of If, as written
	Without []string // facts
	Send    []*PDU   // that are never sent
	Emit    []*Effect
	Goto    []*State
	Spec    *spec.Property
}

// Grid is one resolved grid: its cells are values of the result, row after row
// by the numbers of the axes' values.
type Grid struct {
	ID      int
	Name    string
	Result  *spec.Enum
	Rows    *spec.Enum
	Columns *spec.Enum
	Cells   []int
	Spec    *spec.Grid

	exceptions []gridException
}

type gridException struct {
	cond   *Expr
	text   string
	result int
}

// Level is how far from a state the line stands that decides a cell.
type Level uint8

// The levels, the closest first.
const (
	InState Level = iota + 1
	InPhase
	InDefaults
)

// Decision says where in the file a cell is decided.
type Decision struct {
	Level Level  // 0 for a cell that cannot come up
	Name  string // of the state or the phase; "" for the defaults
	Role  string // of the body for one role; "" for `when`
	Key   string // the row's event or group, or "choose"
	Group bool   // the key is a group
	Pos   spec.Pos
	Row   *spec.Row // nil for a choice
}

// Cell is what happens on one event in one state at one role.
type Cell struct {
	Role  int
	State *State
	Event *Event
	Rules []*Rule // tried in order; the last one has no condition
	By    Decision
	Outer []Decision // what would decide without By, the closest first
}

// Rule is one rule in the place of one cell: its macro written out, its target
// and its timers known.
type Rule struct {
	Spec  *spec.Rule
	Text  string // condition as written; "" for none
	Cond  *Expr  // nil for none
	Ops   []Op
	Next  *State // nil to stay
	Flags table.RuleFlags
	Macro *Macro // nil for none
}

// Op is one thing that a rule does.
type Op struct {
	Kind table.OpKind
	ID   int
	Name string
	Arg  *Expr    // value of a set, argument of a send or an emit; nil for none
	Pos  spec.Pos // where the name stands
	From string   // what added it: "" for the rule itself, or such as "on_leave of Open"
}

// Expr is a resolved expression.
type Expr struct {
	Op    table.NodeOp
	X, Y  *Expr
	Value int    // of a Const
	Slot  *Slot  // of a Load
	Guard *Guard // of an Ask, or the named expression that stands here
	Type  *Type
	Pos   spec.Pos
}

// Cell gives the cell of an event, all three by ID.
func (m *Machine) Cell(role, state, event int) *Cell {
	return m.Cells[(role*len(m.States)+state)*len(m.Events)+event]
}

// Opaque gives the guards that Go code answers, by their IDs in the table.
func (m *Machine) Opaque() []*Guard {
	var opaque []*Guard
	for _, g := range m.Guards {
		if g.Expr == nil {
			opaque = append(opaque, g)
		}
	}
	return opaque
}

// In reports whether the state stands in the phase or in a phase within it.
func (s *State) In(p *Phase) bool {
	for at := s.Phase; at != nil; at = at.Parent {
		if at == p {
			return true
		}
	}
	return false
}

// At reports whether the state exists at the role.
func (s *State) At(role int) bool { return s.Roles&(1<<role) != 0 }

// Is reports whether the state has all of the flags.
func (s *State) Is(flags table.StateFlags) bool { return s.Flags&flags == flags }
