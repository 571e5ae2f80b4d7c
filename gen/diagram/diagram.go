package diagram

import (
	"context"
	"path"
	"strings"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
)

// Options say what the drawing cannot know from the specification.
type Options struct {
	// Source is the path of the specification as the pages link to it, relative
	// to the folder of the pages, with slashes.
	Source string
}

// File is one page or picture. Path is relative to the folder of the pages, with
// slashes.
type File struct {
	Path    string
	Content []byte
}

// Files draws everything that a specification has: a machine its charts, its
// matrix and its skeleton; grids, PDUs and answers their tables. It may be called
// from any goroutine; charts are laid out one after the other.
func Files(ctx context.Context, m *machine.Machine, o Options) ([]File, error) {
	d := &drawing{m: m, source: o.Source, name: strings.ToLower(m.File.Protocol.Text)}
	if len(m.File.PDUs) > 0 {
		d.page("-pdus.md", d.pdus())
	}
	if len(m.Grids) > 0 {
		d.page("-association.md", d.grids())
	}
	if m.File.Machine == nil {
		return d.files, nil
	}
	if e := d.answers(); e != nil {
		d.page("-answers.md", d.reasons(e))
	}
	d.page("-matrix.md", d.matrix())
	skeleton, err := d.skeleton()
	if err != nil {
		return nil, err
	}
	d.page("-skeleton.md", skeleton)
	if err := d.charts(ctx); err != nil {
		return nil, err
	}
	return d.files, nil
}

// drawing is the work on one specification.
type drawing struct {
	m      *machine.Machine
	source string
	name   string // of the protocol, lower case; every page starts with it
	files  []File
}

// page adds a page of Markdown, under a line that says where it comes from.
func (d *drawing) page(suffix, text string) {
	header := "<!-- Drawn by smpgen from " + path.Base(d.source) + "; DO NOT EDIT. -->\n\n"
	d.files = append(d.files, File{d.name + suffix, []byte(header + text)})
}

// link gives the address of a line of the specification, seen from the pages.
func (d *drawing) link(pos spec.Pos) string {
	return d.source + "#L" + itoa(pos.Line)
}

// section names a section of the standard.
func (d *drawing) section(ref string) string {
	switch {
	case ref == "":
		return ""
	case d.m.File.Core == "":
		return ref
	}
	return d.m.File.Core + ", " + ref
}

// leaves gives the phases that have states of their own.
func (d *drawing) leaves() []*machine.Phase {
	var out []*machine.Phase
	for _, p := range d.m.Phases {
		if len(p.States) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// answers finds the enumeration that failures are told with.
func (d *drawing) answers() *spec.Enum {
	for _, e := range d.m.File.Enums {
		if e.Name.Text == d.m.File.Answers.Text {
			return e
		}
	}
	return nil
}
