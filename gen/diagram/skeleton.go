package diagram

import (
	"fmt"
	"strings"

	"blesmp/gen/machine"
	"blesmp/gen/table"

	"github.com/looplab/fsm"
)

// skeleton writes the bare states and ways of each role, without guards and
// doings, by the emitter of another state machine library.
func (d *drawing) skeleton() (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s, skeleton\n\nStates and the ways that their own rows open. A way is named for its event and its line.\n", d.m.File.Protocol.Text)
	for role, name := range d.m.Roles {
		text, err := fsm.VisualizeForMermaidWithGraphType(d.bare(role), fsm.StateDiagram)
		if err != nil {
			return "", fmt.Errorf("skeleton of %s: %w", name, err)
		}
		fmt.Fprintf(&b, "\n## %s\n\n```mermaid\n%s```\n", sentence(name)[:len(name)], text)
	}
	return b.String(), nil
}

// bare gives the machine of one role.
func (d *drawing) bare(role int) *fsm.FSM {
	initial := ""
	var events fsm.Events
	for _, s := range d.m.States {
		if s.Is(table.Initial) {
			initial = s.Name
		}
		for _, e := range d.m.Events {
			c := d.m.Cell(role, s.ID, e.ID)
			if c.By.Level != machine.InState {
				continue
			}
			for _, r := range c.Rules {
				if r.Next == nil || r.Next == s || ends(r) || r.Flags&table.Unreachable != 0 {
					continue
				}
				events = append(events, fsm.EventDesc{
					Name: fmt.Sprintf("%s/%d", e.Name, r.Spec.Pos.Line), Src: []string{s.Name}, Dst: r.Next.Name,
				})
			}
		}
	}
	return fsm.NewFSM(initial, events, nil)
}
