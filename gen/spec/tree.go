package spec

// Pos is a place in a file, counted from 1. The zero Pos is no place.
type Pos struct {
	Line, Col int
}

// Name is a word of the file and where it stands.
type Name struct {
	Text string
	Pos  Pos
}

// File is one specification.
type File struct {
	Path   string // as it was opened, for messages
	Source []byte

	Protocol  Name
	Core      string // the part of the standard that every ref is a section of
	Doc       string
	BigEndian bool
	Answers   Name // the enumeration whose values answer bad input; "" for none
	Go        GoOptions

	Types    []*Type
	Families []*Family
	Enums    []*Enum
	Flags    []*Flags
	PDUs     []*PDU
	Grids    []*Grid // association: one table of outcomes each

	Machine *Machine // nil where the file describes PDUs alone
}

// GoOptions say where the generated code goes.
type GoOptions struct {
	Package   Name
	Dir       string // relative to the file
	Procedure Name   // the type whose methods are the actions and guards
}

// Type is a Go type made elsewhere that a field may have.
type Type struct {
	Name Name
	Wire string // uint8, uint48, uint128, bytes(6), ...
	Go   string // import path, dot, name
	Doc  string
}

// Family is a kind of PDU with codes of its own.
type Family struct {
	Name   Name
	Code   string // uint8 or uint16
	Method string
	Type   string
	Suffix string
}

// Value is one value of an enumeration.
type Value struct {
	Name   Name
	Number int
	Text   string // what String prints; "" for the name
}

// Enum is an enumeration.
type Enum struct {
	Name      Name
	Doc, Ref  string
	Width     string // uint8 by default
	Values    []Value
	Otherwise Name // what an unknown value is answered with; "" or "keep": it is kept
}

// Bits is one flag, or a small number within the flags.
type Bits struct {
	Name      Name
	Low, High int
	Doc       string
}

// Flags is a set of flags.
type Flags struct {
	Name     Name
	Doc, Ref string
	Width    string
	Bits     []Bits
	Reserved string // keep, zero or reject
}

// Field is one field of a PDU.
type Field struct {
	Name      Name
	Doc, Unit string
	Type      string // as written: uint8, bytes(16), bytes, the name of an enum, flags or type
	TypePos   Pos
	Ranged    bool
	Low, High int
	Otherwise Name
	Length    string // width of the length before a `bytes` field
	Count     string // width of the count before repeated items
	Item      Name
	Of        []*Field
}

// PDU is one protocol data unit.
type PDU struct {
	Name     Name
	Code     int
	CodePos  Pos
	Family   Name
	SentBy   Name
	Doc, Ref string
	Fields   []*Field
	Examples []Name // hexadecimal, as written
}

// Grid is an ordered list of exceptions and, after them, a full table of
// outcomes by two enumerated values; `association` holds several of one shape.
type Grid struct {
	Name       Name
	Doc, Ref   string
	Result     Name   // the enumeration of the outcomes
	Inputs     []Name // truth values that the exceptions' conditions read
	Rows, Cols Axis
	Exceptions []Exception
	Cells      [][]Name // by row and column, in the order of the axes' values
}

// Axis is one side of a grid.
type Axis struct {
	Name   Name   // how a caller knows it: initiator, responder
	Enum   Name   // its enumeration
	Values []Name // in the file's order
}

// Exception is a rule that comes before the table. Its condition is an
// expression over the grid's inputs.
type Exception struct {
	If     *Expr
	Result Name
}

// Machine is the machine part of a file.
type Machine struct {
	Roles    []Name
	Events   []*Event // PDUs are events too, but not in this list
	Groups   []*Group
	Fields   []*Slot // parts of events
	Inputs   []*Slot
	Vars     []*Slot
	Guards   []*Guard
	Effects  []*Effect
	Actions  []*Action
	Macros   []*Macro
	Timers   []*Timer
	Defaults *Body
	Phases   []*Phase
	// Properties are what verify proves beside the rules of the language.
	Properties []*Property
}

// Event is one event beside the PDUs.
type Event struct {
	Name  Name
	Class Name // command, answer, link, timer, bad_pdu, ...
	Role  Name // "" for both
	Doc   string
}

// Group is a name for several events. The group any_pdu is built in.
type Group struct {
	Name    Name
	Members []Name
}

// Slot is a variable, an input or a part of an event.
type Slot struct {
	Name Name
	Doc  string
	// Type is bool, an enumeration, flags, PDU (the codes of this file), or
	// empty for a range.
	Type      Name
	Low, High int
	Of        []Name // events that carry it; fields only
}

// Guard is a named condition: an expression, or opaque, which Go answers.
type Guard struct {
	Name         Name
	Expr         *Expr // nil for an opaque guard
	Opaque       string
	Doc, Ref     string
	Needs, Makes []Name // Makes: what holds once the guard has been true
	Reads        []Name
}

// Effect is something beside PDUs that leaves the engine.
type Effect struct {
	Name     Name
	Doc, Ref string
	OnlyIn   []Name // phases
	With     []Name // effects that have to stand in the same rule
	Arg      Name   // type of the argument; "" for none
	Needs    []Name
}

// Action is straight-line Go code.
type Action struct {
	Name         Name
	Doc, Ref     string
	Sets         []Name // vars
	Gives        []Given
	Reads        []Name // vars
	Needs, Makes []Name
	ClearsAll    bool // nothing that was made before holds any more
}

// Given narrows the values that an action may give to one of the vars that it
// sets: to the outcomes of a grid, or to some values. For flags, any of the
// Values may come together. Only verify looks at it.
type Given struct {
	Var    Name
	Grid   Name // "" where Values are written
	Values []Name
}

// Property is a promise about the whole machine, in words and then in terms of
// the file: where all of its conditions hold, no rule does what Never lists.
type Property struct {
	Name     Name
	Doc, Ref string
	In       []Name // states and phases in which the rule is taken; none for all
	Event    []Name // events and groups that the step began with; none for all
	If       *Expr  // over vars and event fields, before the rule
	Without  []Name // facts of which one at least has not been made before it
	Never    []Name // PDUs and groups that are not sent, effects that are not emitted, states and phases that it does not lead to
}

// Macro is a short way to write the end of a rule.
type Macro struct {
	Name        Name
	Doc         string
	Arg         Name // type of the argument; "" for none
	Default     Name // argument where none is written
	Send, Emit  []Name
	Goto        Name
	Defer       bool
	Unreachable bool
	Ignore      bool
}

// Timer is one timer.
type Timer struct {
	Name          Name
	Doc, Ref      string
	After         string // a Go duration
	Fires         Name   // event
	RestartSent   []Name // PDUs or groups; sending one starts the timer again
	RestartExcept []Name
	RestartOn     []Name // received events that do so, unless they are ignored
	MustFor       []Name // kinds of waiting that may not be without a timer
}

// Phase is a nested group of states that share rows and properties.
type Phase struct {
	Name      Name
	Doc, Ref  string
	Timer     Name
	MustLeave bool
	OnLeave   []Name
	Body      Body
	Sequence  *Sequence
	States    []*State
	Phases    []*Phase
}

// State is one state.
type State struct {
	Name     Name
	Doc, Ref string
	Role     Name // "" for both
	Initial  bool
	Final    bool
	Rest     bool
	WaitsFor Name // peer, user, controller
	Timer    Name
	FailedTo Name // where the macros in its rows lead instead of their own target
	Body     Body
}

// Body holds rows: for both roles, and for one.
type Body struct {
	When  []*Row
	Roles []RoleBody
	// Choose is the choice for both roles; RoleBody has one for each.
	Choose *Choose
}

// RoleBody is the part of a body for one role.
type RoleBody struct {
	Role   Name
	When   []*Row
	Choose *Choose
}

// Choose is the decision of a state that is no place to wait: a list of rules,
// or one rule for each value of an enumerated variable.
type Choose struct {
	Pos   Pos
	By    Name // "" for a list
	Rules []*Rule
	Cases []Case
}

// Case is one value of Choose.By.
type Case struct {
	Value Name
	Rules []*Rule
}

// Row is what happens on one event, or on any event of a group: the first rule
// whose condition holds.
type Row struct {
	Event Name
	Rules []*Rule
}

// Rule is one rule, as written.
type Rule struct {
	Pos   Pos
	Ref   string
	If    *Expr
	Sets  []Assignment
	Do    []Name
	Send  []Name
	Emit  []Call
	Macro *Call
	Goto  Name
}

// Call is a name with an argument.
type Call struct {
	Name Name
	Arg  *Expr // nil where none is written
}

// Assignment gives a variable a value.
type Assignment struct {
	Var   Name
	Value *Expr
}

// Sequence is key distribution in a few words; see the spec language.
type Sequence struct {
	Pos                     Pos
	Send, Receive           Name // variables of the same flags type
	SendPrefix, AwaitPrefix string
	Next, Sent, Received    Name // states
	Items                   []SequenceItem
}

// SequenceItem is one flag with its PDUs.
type SequenceItem struct {
	Flag Name
	Ref  string
	PDUs []*Row // the rules of a PDU; the way on is added
}

// Expr is an expression: a name, a number, or an operation.
type Expr struct {
	Pos  Pos
	Text string // as written; of the whole expression at its root
	Op   string // "name", "number", "field", "not", "and", "or", "==", ..., "has", "without", "with", "or_else"
	Name string
	Num  int
	X, Y *Expr
}
