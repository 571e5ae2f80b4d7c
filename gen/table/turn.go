package table

// Turn is what a rule that runs as code leaves to whoever steps the machine: how
// it goes on.
type Turn uint8

// The turns. One that Defers also Waits or Chooses.
const (
	Waits   Turn = 1 << iota // in the state that the rule leads to
	Chooses                  // that state decides at once, by its rules for Choose
	Defers                   // the event is offered again where the machine waits

	NoRule Turn = 0 // none was taken
)
