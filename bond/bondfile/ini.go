package bondfile

import (
	"strings"
)

// group is a group of an INI file as GLib's GKeyFile writes it.
type group struct {
	place
	name   string
	values map[string]value
}

type value struct {
	place
	key  string
	text string
}

const remedyINI = "compare the file with one that BlueZ wrote, or copy it anew"

// parseINI reads groups of KEY=VALUE lines. Lines that begin with # are
// comments.
func parseINI(file string, data []byte) (map[string]*group, error) {
	groups := map[string]*group{}
	var current *group
	for i, line := range strings.Split(string(data), "\n") {
		at := place{file, i + 1}
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
			continue
		case line[0] == '[':
			name := strings.TrimSuffix(line[1:], "]")
			if len(name) != len(line)-2 || name == "" || strings.ContainsAny(name, "[]") {
				return nil, at.wrong(remedyINI, "not a group: a group's name stands in brackets")
			}
			if old := groups[name]; old != nil {
				return nil, at.wrong("leave one of them", "the group [%s] was there before, in line %d", name, old.line)
			}
			current = &group{place: at, name: name, values: map[string]value{}}
			groups[name] = current
			continue
		}
		key, text, found := strings.Cut(line, "=")
		key = strings.TrimSpace(key)
		switch {
		case !found || key == "":
			return nil, at.wrong(remedyINI, "neither [GROUP] nor KEY=VALUE")
		case current == nil:
			return nil, at.wrong(remedyINI, "%s stands before the first group", printable(key))
		}
		if old, ok := current.values[key]; ok {
			return nil, at.wrong("leave one of them", "%s was there before, in line %d", printable(key), old.line)
		}
		current.values[key] = value{place: at, key: key, text: strings.TrimSpace(text)}
	}
	return groups, nil
}

// printable cuts what comes from a file to what fits an error of one line.
func printable(s string) string {
	const most = 60
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return '?'
		}
		return r
	}, s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
