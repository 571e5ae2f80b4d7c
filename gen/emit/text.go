package emit

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dave/jennifer/jen"
)

// commentWidth is the column at which comments wrap, "// " included.
const commentWidth = 80

// comment writes text as line comments. Empty lines part paragraphs.
func comment(g *jen.Group, text string) {
	for _, line := range wrap(text, commentWidth-len("// ")) {
		g.Comment(line)
	}
}

// wrap breaks text into lines of at most width columns, at spaces. Line feeds
// part paragraphs, which it keeps apart by an empty line.
func wrap(text string, width int) []string {
	var lines []string
	for _, paragraph := range strings.Split(text, "\n") {
		words := strings.Fields(paragraph)
		if len(words) == 0 {
			continue
		}
		if len(lines) > 0 {
			lines = append(lines, "//")
		}
		line := words[0]
		for _, word := range words[1:] {
			if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
				lines = append(lines, line)
				line = word
				continue
			}
			line += " " + word
		}
		lines = append(lines, line)
	}
	return lines
}

// oneLine joins the lines of a text of the file.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// clause is a text without the full stop at its end.
func clause(text string) string { return strings.TrimSuffix(oneLine(text), ".") }

// docOf makes the doc comment of a declaration: name and doc are one sentence,
// which ends with the section that the declaration comes from. A doc that is
// only a part of a sentence ("what a door can do", "the colours of a lamp")
// gets the verb that it lacks.
func (e *emitter) docOf(name, doc, fallback, ref string) string {
	text := clause(doc)
	first, _, _ := strings.Cut(text, " ")
	switch first {
	case "":
		text = fallback
	case "what", "how", "why", "whether", "which", "where", "when", "who":
		text = "says " + text
	case "the", "a", "an", "one":
		text = "is " + text
	}
	return name + " " + text + e.section(ref) + "."
}

// section gives " (Core Vol 3, Part H, 3.5.1)", and nothing without a ref.
func (e *emitter) section(ref string) string {
	switch {
	case ref == "":
		return ""
	case e.spec.Core == "":
		return " (section " + ref + ")"
	}
	return " (Core " + e.spec.Core + ", " + ref + ")"
}

// lowerFirst makes an exported name unexported: PairName becomes pairName, and
// IDCard idCard.
func lowerFirst(name string) string {
	runes := []rune(name)
	for i, r := range runes {
		if !unicode.IsUpper(r) {
			break
		}
		if i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1]) {
			break
		}
		runes[i] = unicode.ToLower(r)
	}
	return string(runes)
}

// exported makes a name of the file exported: next_hop and nextHop become
// NextHop. A first word that the file elsewhere writes in capitals stays so: id
// and idKnown become ID and IDKnown.
func (e *emitter) exported(name string) string {
	var b strings.Builder
	for _, part := range strings.Split(name, "_") {
		end := strings.IndexFunc(part, unicode.IsUpper)
		if end < 0 {
			end = len(part)
		}
		if upper := strings.ToUpper(part[:end]); e.initials[upper] {
			b.WriteString(upper)
			b.WriteString(part[end:])
			continue
		}
		b.WriteString(upperFirst(part))
	}
	return b.String()
}

// unexported makes a name of the file unexported: next_hop becomes nextHop.
func (e *emitter) unexported(name string) string { return lowerFirst(e.exported(name)) }

func upperFirst(word string) string {
	r, size := utf8.DecodeRuneInString(word)
	if size == 0 {
		return word
	}
	return string(unicode.ToUpper(r)) + word[size:]
}

// noteInitials remembers the words in capitals of a name: those of HTTPServer
// and of UserID are HTTP and ID.
func (e *emitter) noteInitials(name string) {
	runes := []rune(name)
	start := 0
	for i := 0; i <= len(runes); i++ {
		if i < len(runes) && unicode.IsUpper(runes[i]) {
			continue
		}
		end := i
		if i < len(runes) && unicode.IsLower(runes[i]) {
			end-- // the last capital starts the next word
		}
		if end-start >= 2 {
			e.initials[string(runes[start:end])] = true
		}
		start = i + 1
	}
}

// article puts "a" or "an" before a name. Names that start with two capitals
// are spelled out when they are read: an LED.
func article(name string) string {
	vowels := "AEIOUaeiou"
	if len(name) > 1 && unicode.IsUpper(rune(name[0])) && unicode.IsUpper(rune(name[1])) {
		vowels = "AEFHILMNORSX"
	}
	if name != "" && strings.ContainsRune(vowels, rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

// hex writes a number with two digits for each octet.
func hex(n, octets int) *jen.Statement { return jen.Op(hexText(uint64(n), octets)) }

func hexText(n uint64, octets int) string { return fmt.Sprintf("0x%0*x", 2*octets, n) }
