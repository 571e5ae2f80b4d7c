package replay

import (
	"fmt"

	"blesmp/bt"
)

// Mismatch says where a procedure did something else than the transcript. Want
// and Got show keys only where the Player shows them.
type Mismatch struct {
	Step      int    // where it is about one step, else 0
	Expect    string // else what was expected, such as "expect.ltk"
	Want, Got string
	Role      bt.Role // that was played
}

// Error gives the place, as "step 5: want Pairing Random 04..., got nothing".
func (m *Mismatch) Error() string {
	where := m.Expect
	if m.Step != 0 {
		where = fmt.Sprintf("step %d", m.Step)
	}
	return fmt.Sprintf("%s: want %s, got %s", where, m.Want, m.Got)
}

// sideNames are the names of the sides, by bt.Role.
var sideNames = [2]string{"initiator", "responder"}
