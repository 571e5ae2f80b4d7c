package machine

import (
	"maps"
	"slices"
	"strings"

	"blesmp/gen/diag"
	"blesmp/gen/spec"
)

// declaration remembers where a name was declared first.
type declaration struct {
	what string
	pos  spec.Pos
}

// declare enters a name in a space of names, in which each may stand once.
func (r *resolver) declare(space, what string, n spec.Name) bool {
	names := r.declared[space]
	if names == nil {
		names = map[string]declaration{}
		r.declared[space] = names
	}
	first, ok := names[n.Text]
	switch {
	case !ok:
		names[n.Text] = declaration{what, n.Pos}
		return true
	case first.pos == (spec.Pos{}):
		r.errors.add(n.Pos, "%s %s has the name of a built-in %s", what, n.Text, first.what)
	case first.what == what:
		r.errors.add(n.Pos, "%s %s is declared twice, first in line %d", what, n.Text, first.pos.Line)
	default:
		r.errors.add(n.Pos, "%s %s has the name of the %s in line %d", what, n.Text, first.what, first.pos.Line)
	}
	return false
}

// reserve keeps names from being declared.
func (r *resolver) reserve(space, what string, names ...string) {
	if r.declared[space] == nil {
		r.declared[space] = map[string]declaration{}
	}
	for _, name := range names {
		r.declared[space][name] = declaration{what: what}
	}
}

// find looks a name up. An unknown name is reported; where another name is so
// much like it that it was meant, the search goes on with that one.
func find[T any](r *resolver, what string, from map[string]T, n spec.Name) (T, bool) {
	if v, ok := from[n.Text]; ok {
		return v, true
	}
	if hint := r.unknown(what, n, slices.Collect(maps.Keys(from))); hint != "" {
		return from[hint], true
	}
	var zero T
	return zero, false
}

// unknown reports an unknown name and gives the one that was meant, or "".
func (r *resolver) unknown(what string, n spec.Name, candidates []string) string {
	slices.Sort(candidates)
	r.errors.hint(n.Pos, diag.DidYouMean(n.Text, candidates), "unknown %s %q", what, n.Text)
	meant := diag.Suggest(n.Text, candidates)
	if meant == "" {
		r.vague = true
	}
	return meant
}

// optional is find for a name that may be absent.
func optional[T any](r *resolver, what string, from map[string]T, n spec.Name) T {
	var v T
	if n.Text != "" {
		v, _ = find(r, what, from, n)
	}
	return v
}

// list writes names as prose: "a", "a and b", "a, b and c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
