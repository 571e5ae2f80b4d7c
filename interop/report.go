package interop

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The outcomes of a case.
const (
	Passed = "passed"
	Cannot = "cannot" // the peer has no way to do it; Result.Note says why
	Failed = "failed"
)

// Result is what one case came to with one peer in one role.
type Result struct {
	Group   string `json:"group"`
	Case    string `json:"case"`
	Peer    string `json:"peer"`
	Role    string `json:"role"` // ours
	Outcome string `json:"outcome"`
	Note    string `json:"note,omitempty"`
}

// Peer is a host that cases ran against.
type Peer struct {
	Name    string   `json:"name"`
	Version string   `json:"version"`
	About   string   `json:"about"`
	Lacks   []string `json:"lacks"`
}

// Quirk is a habit of a peer that we allow for, and the case that pins it.
type Quirk struct {
	Peer string `json:"peer"`
	What string `json:"what"`
	Test string `json:"test"`
}

// Comparison is what a peer and we do in the same case.
type Comparison struct {
	Name string `json:"name"`
	Peer string `json:"peer"`
	Us   string `json:"us"`
}

// Report is all that a run of the tests found.
type Report struct {
	Peers   []Peer   `json:"peers"`
	Results []Result `json:"results"`

	// ToResponder and ToInitiator are the answers of Linux and of us to PDUs
	// that nobody should send, Defects what ble-host gets wrong.
	ToResponder []Comparison `json:"to_responder"`
	ToInitiator []Comparison `json:"to_initiator"`
	Defects     []Comparison `json:"defects"`

	Quirks []Quirk `json:"quirks"`
}

// Sort puts results in an order that does not depend on which ended first.
// Cases stay in the order that order gives.
func (r *Report) Sort(order map[string]int) {
	slices.SortStableFunc(r.Results, func(a, b Result) int {
		if d := order[a.Group+"/"+a.Case] - order[b.Group+"/"+b.Case]; d != 0 {
			return d
		}
		if d := strings.Compare(a.Peer, b.Peer); d != 0 {
			return d
		}
		return strings.Compare(a.Role, b.Role)
	})
}

// ParseReport reads what JSON wrote.
func ParseReport(b []byte) (*Report, error) {
	var r Report
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("interop: report: %w", err)
	}
	return &r, nil
}

// JSON gives the report to be kept.
func (r *Report) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("interop: report: %w", err)
	}
	return append(b, '\n'), nil
}

// column is one peer in one role.
type column struct{ peer, role string }

// Markdown gives the report to be read.
func (r *Report) Markdown() []byte {
	var b strings.Builder
	b.WriteString(heading)
	for _, p := range r.Peers {
		fmt.Fprintf(&b, "## %s\n\n%s\n\nTested: %s.\n\nIt lacks, so that cases are missing:\n\n", p.Name, p.About, p.Version)
		for _, l := range p.Lacks {
			fmt.Fprintf(&b, "- %s\n", l)
		}
		b.WriteString("\n")
	}
	b.WriteString("## Matrix\n\nThe columns say which role we had. A number refers to the list of what a peer cannot do, below.\n")
	notes := r.matrix(&b)
	b.WriteString("\n## What a peer cannot do\n\n")
	for i, n := range notes {
		fmt.Fprintf(&b, "%d. %s\n", i+1, n)
	}
	b.WriteString("\n" + badHeading)
	compare(&b, "\n### To a responder\n", "PDU", "Linux", r.ToResponder)
	compare(&b, "\n### To an initiator\n", "PDU", "Linux", r.ToInitiator)
	b.WriteString("\n" + defectHeading)
	compare(&b, "", "defect", "ble-host", r.Defects)
	b.WriteString("\n## Quirks\n\nWhat we have to allow for, and the case that pins it.\n\n| peer | quirk | case |\n| --- | --- | --- |\n")
	for _, q := range r.Quirks {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", q.Peer, q.What, q.Test)
	}
	return []byte(b.String())
}

const heading = `# Interoperability

Generated from interop/results.json; do not edit. A run of

    interop/setup && go test -tags interop ./interop/... -update

writes both. In each case both hosts use controllers of hci/virtual, which check
that the two have the same keys; the test checks that both agree on the
association model and the level, and compares the bonds that they keep.

`

const badHeading = `## PDUs that nobody should send

In the manner of BlueZ's smp-tester: the same PDUs to Linux and to us, and the
answers. We answer a PDU that is malformed or holds a reserved value with 0x0A,
and one that is not expected in a pairing with 0x08, so that nobody waits (Core
Vol 3, Part H, 3.3 and 3.5.5). Linux drops what it does not expect, and takes
reserved values and PDUs that are too long.
`

const defectHeading = `## Known defects of ble-host

Each was shown against ble-host, and the same was done to us.
`

// compare writes a table of comparisons.
func compare(b *strings.Builder, title, what, peer string, list []Comparison) {
	fmt.Fprintf(b, "%s\n| %s | %s | we |\n| --- | --- | --- |\n", title, what, peer)
	for _, c := range list {
		fmt.Fprintf(b, "| %s | %s | %s |\n", c.Name, c.Peer, c.Us)
	}
}

// matrix writes one table a group, and gives the reasons that it refers to.
func (r *Report) matrix(b *strings.Builder) []string {
	var notes, groups []string
	for _, x := range r.Results {
		if !slices.Contains(groups, x.Group) {
			groups = append(groups, x.Group)
		}
	}
	for _, group := range groups {
		var columns []column
		var names []string
		cells := map[string]map[column]Result{}
		for _, x := range r.Results {
			if x.Group != group {
				continue
			}
			c := column{x.Peer, x.Role}
			if !slices.Contains(columns, c) {
				columns = append(columns, c)
			}
			if cells[x.Case] == nil {
				cells[x.Case] = map[column]Result{}
				names = append(names, x.Case)
			}
			cells[x.Case][c] = x
		}
		slices.SortFunc(columns, func(x, y column) int {
			return strings.Compare(x.peer+" "+x.role, y.peer+" "+y.role)
		})
		fmt.Fprintf(b, "\n### %s\n\n| case |", group)
		for _, c := range columns {
			fmt.Fprintf(b, " %s, %s |", c.peer, c.role)
		}
		b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(columns)) + "\n")
		for _, name := range names {
			fmt.Fprintf(b, "| %s |", name)
			for _, c := range columns {
				fmt.Fprintf(b, " %s |", cell(cells[name][c], &notes))
			}
			b.WriteString("\n")
		}
	}
	return notes
}

// cell gives an outcome in a word; a reason becomes a number.
func cell(x Result, notes *[]string) string {
	switch x.Outcome {
	case Cannot:
	case "":
		return "not run"
	default:
		return x.Outcome
	}
	note := x.Peer + ": " + x.Note
	i := slices.Index(*notes, note)
	if i < 0 {
		*notes = append(*notes, note)
		i = len(*notes) - 1
	}
	return fmt.Sprintf("no (%d)", i+1)
}
