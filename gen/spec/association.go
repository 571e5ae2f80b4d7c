package spec

import (
	"slices"

	"go.yaml.in/yaml/v4"
)

// grids reads `association`: what the grids have in common, and the grids.
func (l *loader) grids(into *[]*Grid) func(*yaml.Node) {
	return func(n *yaml.Node) {
		var common Grid
		var grids *yaml.Node
		l.mapping(n, "association", at(n),
			required("result", l.word(&common.Result)),
			required("rows", l.axis("rows", &common.Rows)),
			required("columns", l.axis("columns", &common.Cols)),
			optional("inputs", l.newWords("inputs", &common.Inputs)),
			required("grids", later(&grids)),
		)
		if grids == nil {
			return
		}
		l.entries(grids, "grids", func(name Name, n *yaml.Node) {
			g := common
			g.Name = name
			l.grid(n, &g)
			if l.newName(name) {
				*into = append(*into, &g)
			}
		})
	}
}

// axis reads how a side of the grids is known, and its enumeration.
func (l *loader) axis(what string, into *Axis) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
			l.errorf(at(n), "%s is a name and its enum, such as {left: Shape}", what)
			return
		}
		l.entries(n, what, func(name Name, n *yaml.Node) {
			if l.newName(name) {
				into.Name = name
			}
			l.word(&into.Enum)(n)
		})
	}
}

func (l *loader) grid(n *yaml.Node, g *Grid) {
	owner := "grid " + g.Name.Text
	var rows *yaml.Node
	l.mapping(n, owner, g.Name.Pos,
		optional("doc", l.text(&g.Doc)),
		optional("ref", l.ref(&g.Ref)),
		optional("exceptions", func(n *yaml.Node) {
			l.items(n, "exceptions", func(n *yaml.Node) {
				var e Exception
				l.mapping(n, "an exception", at(n),
					required("if", l.expr(&e.If)),
					required("result", l.word(&e.Result)),
				)
				if e.If != nil && e.Result.Text != "" {
					g.Exceptions = append(g.Exceptions, e)
				}
			})
		}),
		required("columns", l.columns(owner, &g.Cols.Values)),
		required("rows", later(&rows)),
	)
	if rows == nil {
		return
	}
	l.entries(rows, "rows of "+owner, func(name Name, n *yaml.Node) {
		var cells []Name
		l.words("row "+name.Text, &cells)(n)
		if n.Kind == yaml.SequenceNode && len(n.Content) != len(g.Cols.Values) && len(g.Cols.Values) > 0 {
			l.errorf(name.Pos, "%s: row %s has %d outcomes for %d columns", owner, name.Text, len(n.Content), len(g.Cols.Values))
		}
		g.Rows.Values = append(g.Rows.Values, name)
		g.Cells = append(g.Cells, cells)
	})
}

// columns reads the values of a side, none twice.
func (l *loader) columns(owner string, into *[]Name) func(*yaml.Node) {
	return func(n *yaml.Node) {
		l.words("columns of "+owner, into)(n)
		for i, name := range *into {
			if slices.ContainsFunc((*into)[:i], func(n Name) bool { return n.Text == name.Text }) {
				l.errorf(name.Pos, "%s: column %s stands there twice", owner, name.Text)
			}
		}
	}
}
