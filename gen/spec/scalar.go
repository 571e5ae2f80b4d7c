package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"blesmp/gen/diag"

	"go.yaml.in/yaml/v4"
)

// isName reports whether s is a name: a letter, then letters, digits and
// underscores.
func isName(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r != '_' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != ""
}

// isExported reports whether a name begins with a capital, as what becomes a
// Go type, constant or field has to.
func isExported(s string) bool { return s != "" && s[0] >= 'A' && s[0] <= 'Z' }

// reserved are the words of expressions, and Go's, which name nothing else.
var reserved = strings.Fields("true false and or not has with without event null nil " +
	"break case chan const continue default defer else fallthrough for func go goto if import " +
	"interface map package range return select struct switch type var")

// scalar gives the text of a node that has to be one; what says what is
// expected.
func (l *loader) scalar(n *yaml.Node, what string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		l.errorf(at(n), "%s is expected here, not %s", what, kind(n))
		return "", false
	}
	return n.Value, true
}

// name reads a name, whether it stands as a key or as a value.
func (l *loader) name(n *yaml.Node) (Name, bool) {
	s, ok := l.scalar(n, "a name")
	if !ok {
		return Name{}, false
	}
	if !isName(s) {
		l.errorf(at(n), "%q is not a name: letters, digits and underscores, a letter first", s)
		return Name{}, false
	}
	return Name{s, at(n)}, true
}

// newName reads the name of something that the file brings in.
func (l *loader) newName(name Name) bool {
	if slices.Contains(reserved, name.Text) {
		l.errorf(name.Pos, "%q is a word of the language and cannot be a name", name.Text)
		return false
	}
	return true
}

// goName reads the name of something that becomes an exported name of Go.
func (l *loader) goName(name Name, what string) bool {
	if !isExported(name.Text) {
		hint := "write " + strings.ToUpper(name.Text[:1]) + name.Text[1:]
		l.hinted(name.Pos, fmt.Sprintf("the name of %s begins with a capital letter: %q", what, name.Text), hint)
		return false
	}
	return l.newName(name)
}

// word reads a name into into.
func (l *loader) word(into *Name) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if name, ok := l.name(n); ok {
			*into = name
		}
	}
}

// words reads a list of names.
func (l *loader) words(what string, into *[]Name) func(*yaml.Node) {
	return func(n *yaml.Node) {
		l.items(n, what, func(c *yaml.Node) {
			if name, ok := l.name(c); ok {
				*into = append(*into, name)
			}
		})
	}
}

// wordOrWords reads one name or a list of them.
func (l *loader) wordOrWords(what string, into *[]Name) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode {
			l.words(what, into)(n)
		} else if name, ok := l.name(n); ok {
			*into = []Name{name}
		}
	}
}

// newWords reads a list of names that the file brings in, none twice.
func (l *loader) newWords(what string, into *[]Name) func(*yaml.Node) {
	return func(n *yaml.Node) {
		var all []Name
		l.words(what, &all)(n)
		for _, name := range all {
			if slices.ContainsFunc(*into, func(n Name) bool { return n.Text == name.Text }) {
				l.errorf(name.Pos, "%s: %q stands here twice", what, name.Text)
			} else if l.newName(name) {
				*into = append(*into, name)
			}
		}
	}
}

// text reads free text as it is written, also where YAML would take it for a
// number.
func (l *loader) text(into *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s, ok := l.scalar(n, "text")
		if ok && strings.TrimSpace(s) == "" {
			l.errorf(at(n), "text is expected here")
		} else if ok {
			*into = strings.TrimSpace(s)
		}
	}
}

// ref reads a section of the standard, or several: "2.3.5.6, 3.4".
func (l *loader) ref(into *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s, ok := l.scalar(n, "a section, such as 2.3.5,")
		if !ok {
			return
		}
		for part := range strings.SplitSeq(s, ",") {
			for number := range strings.SplitSeq(strings.TrimSpace(part), ".") {
				if number == "" || strings.Trim(number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
					l.errorf(at(n), "%q is not a section, such as 2.3.5", s)
					return
				}
			}
		}
		*into = s
	}
}

// truth reads true or false, and no other word for them.
func (l *loader) truth(into *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		switch {
		case n.Kind == yaml.ScalarNode && n.Style == 0 && n.Value == "true":
			*into = true
		case n.Kind == yaml.ScalarNode && n.Style == 0 && n.Value == "false":
			*into = false
		default:
			l.errorf(at(n), "true or false is expected here, not %s", shown(n))
		}
	}
}

// oneOf reads one of a few fixed words.
func (l *loader) oneOf(into *string, allowed ...string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s, ok := l.scalar(n, oneOfThese(allowed))
		switch {
		case !ok:
		case slices.Contains(allowed, s):
			*into = s
		default:
			l.hinted(at(n), fmt.Sprintf("%s is expected here, not %q", oneOfThese(allowed), s), diag.DidYouMean(s, allowed))
		}
	}
}

func oneOfThese(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// number reads a whole number from low to high, decimal or hexadecimal.
func (l *loader) number(what string, low, high int, into *int) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s, ok := l.plain(n, "a number")
		if !ok {
			return
		}
		v, ok := parseNumber(s)
		switch {
		case !ok:
			l.errorf(at(n), "%s is a number, such as 10 or 0x0a, not %q", what, s)
		case v < low || v > high:
			l.errorf(at(n), "%s is a number from %d to %d, not %s", what, low, high, s)
		default:
			*into = v
		}
	}
}

// plain reads a scalar that has no quotes.
func (l *loader) plain(n *yaml.Node, what string) (string, bool) {
	s, ok := l.scalar(n, what)
	if ok && n.Style != 0 {
		l.errorf(at(n), "%s is expected here, not %s", what, shown(n))
		return "", false
	}
	return s, ok
}

// span reads a number or a range: 7, 7..16.
func (l *loader) span(what string, n *yaml.Node, least, most int) (low, high int, ok bool) {
	s, ok := l.plain(n, "a range, such as 7..16,")
	if !ok {
		return 0, 0, false
	}
	first, last, isRange := strings.Cut(s, "..")
	if !isRange {
		last = first
	}
	low, ok = parseNumber(first)
	if ok {
		high, ok = parseNumber(last)
	}
	switch {
	case !ok:
		l.errorf(at(n), "%s: %q is not a range, such as 7..16", what, s)
	case low > high:
		l.errorf(at(n), "%s: the range %s ends before it begins", what, s)
	case low < least || high > most:
		l.errorf(at(n), "%s: %s does not lie within %d..%d", what, s, least, most)
	default:
		return low, high, true
	}
	return 0, 0, false
}

// parseNumber takes decimal and hexadecimal numbers, the latter without a
// sign. A leading zero is refused: it would be octal to some readers.
func parseNumber(s string) (int, bool) {
	base, digits := 10, s
	if hex, ok := strings.CutPrefix(s, "0x"); ok {
		base, digits = 16, hex
	} else if d := strings.TrimPrefix(s, "-"); len(d) > 1 && d[0] == '0' {
		return 0, false
	}
	if base == 16 && strings.Trim(digits, "0123456789abcdefABCDEF") != "" || strings.HasPrefix(digits, "+") {
		return 0, false
	}
	v, err := strconv.ParseInt(digits, base, 64)
	return int(v), err == nil
}

// shown is a value as it was written, for messages.
func shown(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return kind(n)
	}
	if n.Style != 0 {
		return "text in quotes"
	}
	return strconv.Quote(n.Value)
}
