package diagram

import (
	"fmt"
	"slices"
	"strings"

	"blesmp/gen/machine"
	"blesmp/gen/table"

	"github.com/looplab/fsm"
)

// skeleton writes the bare states and ways of each phase and role, without guards
// and doings, by the emitter of another state machine library.
func (d *drawing) skeleton() (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s, skeleton\n\nStates and the ways that their own rows open, for each phase and role. A way is named for its events, each with the lines of its\n"+
		"rule; the dot leads to the first state of the phase. Guards and what is done are in [the pictures](%s.md).\n", d.m.File.Protocol.Text, d.name)
	for _, p := range d.leaves() {
		fmt.Fprintf(&b, "\n## %s\n", p.Name)
		for role, name := range d.m.Roles {
			bare := d.bare(p, role)
			if bare == nil {
				continue
			}
			text, err := fsm.VisualizeForMermaidWithGraphType(bare, fsm.StateDiagram)
			if err != nil {
				return "", fmt.Errorf("skeleton of %s, %s: %w", p.Name, name, err)
			}
			fmt.Fprintf(&b, "\n### %s at the %s\n\n```mermaid\n%s```\n", p.Name, name, text)
		}
	}
	return b.String(), nil
}

// bare gives a phase at a role as a machine without guards; nil where it has no
// states.
func (d *drawing) bare(p *machine.Phase, role int) *fsm.FSM {
	initial := ""
	var ways []*fsm.EventDesc
	for _, s := range p.States {
		if !s.At(role) {
			continue
		}
		if initial == "" {
			initial = s.Name
		}
		for _, e := range d.m.Events {
			if c := d.m.Cell(role, s.ID, e.ID); c.By.Level == machine.InState {
				ways = open(ways, c)
			}
		}
	}
	if initial == "" {
		return nil
	}
	var events fsm.Events
	for _, w := range ways {
		events = append(events, *w)
	}
	return fsm.NewFSM(initial, events, nil)
}

// open adds the ways that a cell opens. Two with the same ends become one.
func open(ways []*fsm.EventDesc, c *machine.Cell) []*fsm.EventDesc {
	for i, r := range c.Rules {
		if r.Next == nil || r.Next == c.State || ends(r) || r.Flags&table.Unreachable != 0 {
			continue
		}
		line := "/" + itoa(r.Spec.Pos.Line)
		name := c.Event.Name + line
		at := slices.IndexFunc(ways, func(w *fsm.EventDesc) bool { return w.Src[0] == c.State.Name && w.Dst == r.Next.Name })
		switch {
		case at < 0:
			ways = append(ways, &fsm.EventDesc{Name: name, Src: []string{c.State.Name}, Dst: r.Next.Name})
		case i > 0 && strings.Contains(ways[at].Name, c.Event.Name+"/"):
			ways[at].Name += line
		default:
			ways[at].Name += "<br>" + name
		}
	}
	return ways
}
