package table

// Table is a resolved state machine for all of its roles. The slices of names
// give the numbers their meaning: State 3 is States[3], and so on. A table is
// read-only once it is in use and may be shared between machines.
type Table struct {
	Protocol string
	Source   string // the specification's file name, for messages
	Roles    []string
	States   []State
	Events   []string // Events[0] is Choose
	Slots    []Slot   // variables, inputs and event fields, in this order
	Guards   []string // the opaque guards, which Go code answers
	Actions  []string
	PDUs     []string
	Effects  []string
	Timers   []string
	Macros   []string // the macro a rule was written with, for messages

	Nodes []Node // Nodes[0] is unused, so that 0 can mean "no expression"
	Ops   []Op
	Rules []Rule
	Cells []Span // spans of Rules by (role, state, event), see Cell

	Grids []Grid
}

// Choose is the event of states that are no place to wait: as soon as such a
// state is entered, its rules for Choose decide where to go on.
const Choose = 0

// State is one state of the machine.
type State struct {
	Name  string
	Phase string // innermost phase, for messages and pictures
	Flags StateFlags
	Roles uint8 // bit set by role: where the state exists
	Line  uint16
}

// StateFlags are the properties that the specification gives a state.
type StateFlags uint8

// The flags of a state.
const (
	Initial  StateFlags = 1 << iota // where a machine starts
	Final                           // never left
	Rest                            // no procedure is running
	Choice                          // left at once, by the rules for Choose
	WaitPeer                        // waits for the other side
	WaitUser                        // waits for a person
	WaitController
)

// Slot is one small value that conditions can read.
type Slot struct {
	Name string
	Kind SlotKind
	Max  uint8    // largest value
	Text []string // names of the values, where the type is an enumeration
}

// SlotKind says who writes a slot.
type SlotKind uint8

// The kinds of slots.
const (
	Var   SlotKind = iota // written by rules and by the actions that declare it
	Input                 // written by the driver before each event
	Field                 // part of the current event
)

// Span is a run of entries: [First, First+Len).
type Span struct {
	First, Len uint16
}

// Rule is one row of the machine: taken where Cond holds and no earlier rule of
// its cell was, it runs Ops in order and goes to Next.
type Rule struct {
	If    string // the condition as written, "" where there is none
	Cond  uint16 // root of the condition in Nodes; 0 always holds
	Ops   Span
	Next  uint8 // state; Stay for the current one
	Flags RuleFlags
	Macro uint8  // index into Macros + 1; 0 for none
	Line  uint16 // in the specification
}

// Stay is the Next of a rule that leaves the state as it is.
const Stay = 0xff

// RuleFlags mark rules that are more than their ops.
type RuleFlags uint8

// The flags of a rule.
const (
	Defer       RuleFlags = 1 << iota // offer the event again in the state that the rule leads to
	Unreachable                       // the specification promises that the rule is never taken
	Ignore                            // the rule does nothing on purpose
)

// Op is one thing that a rule does.
type Op struct {
	Kind OpKind
	ID   uint8  // slot, action, PDU, effect or timer
	Arg  uint16 // expression: the value to set, or the argument of a send or an emit; 0 for none
}

// OpKind tells what an Op's ID means.
type OpKind uint8

// The kinds of ops.
const (
	Set OpKind = iota
	Do
	Send
	Emit
	StartTimer // or start it again
	StopTimer
)

// Node is one node of an expression tree; A and B are indexes of other nodes,
// or the value, slot or guard of a leaf.
type Node struct {
	Op   NodeOp
	A, B uint16
}

// NodeOp is the operation of a Node.
type NodeOp uint8

// The operations. A truth value is 0 or 1, and any value but 0 counts as true.
const (
	Const   NodeOp = iota + 1 // A
	Load                      // slot A
	Ask                       // opaque guard A
	Not                       // of A
	And                       // of A and B; B is not looked at where A decides
	Or                        // likewise
	Eq                        // A == B
	Ne                        // A != B
	Lt                        // A < B
	Le                        // A <= B
	Gt                        // A > B
	Ge                        // A >= B
	Has                       // A has all flags of B
	Add                       // A + B
	Sub                       // A - B
	With                      // flags A and B
	Without                   // flags A, B taken away
	Else                      // A where it is not 0, else B
)

// Cell gives the rules that decide an event in a state.
func (t *Table) Cell(role, state, event uint8) Span {
	return t.Cells[(int(role)*len(t.States)+int(state))*len(t.Events)+int(event)]
}

// Ignores reports whether the table does nothing with an event in a state, on
// purpose and whatever the conditions.
func (t *Table) Ignores(role, state, event uint8) bool {
	cell := t.Cell(role, state, event)
	return cell.Len > 0 && t.Rules[cell.First].Flags&Ignore != 0 && t.Rules[cell.First].Cond == 0
}
