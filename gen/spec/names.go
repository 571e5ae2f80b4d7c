package spec

// distinct checks what has to differ within a file's PDU part: the names that
// become types of Go, and the codes of the PDUs of a family.
func (l *loader) distinct() {
	type first struct {
		what string
		line int
	}
	names := make(map[string]first)
	claim := func(what string, name Name) {
		if other, taken := names[name.Text]; taken {
			l.errorf(name.Pos, "%q already stands for %s in line %d", name.Text, other.what, other.line)
			return
		}
		names[name.Text] = first{what, name.Pos.Line}
	}
	f := l.file
	for _, t := range f.Types {
		claim("a type", t.Name)
	}
	for _, e := range f.Enums {
		claim("an enum", e.Name)
	}
	for _, flags := range f.Flags {
		claim("flags", flags.Name)
	}
	for _, p := range f.PDUs {
		claim("a PDU", p.Name)
	}
	for _, p := range f.PDUs {
		for _, field := range p.Fields {
			if field.Item.Text != "" {
				claim("an item", field.Item)
			}
		}
	}
	l.distinctCodes()
}

// distinctCodes checks that each code is that of one PDU and fits its family,
// or one octet where the file has no families.
func (l *loader) distinctCodes() {
	type place struct {
		family string
		code   int
	}
	widths := make(map[string]string)
	for _, f := range l.file.Families {
		widths[f.Name.Text] = f.Code
	}
	codes := make(map[place]Name)
	for _, p := range l.file.PDUs {
		if p.Code < 0 {
			continue // it is wrong, and was reported
		}
		at := place{p.Family.Text, p.Code}
		if other, taken := codes[at]; taken {
			l.errorf(p.CodePos, "PDU %s has the code of %s", p.Name.Text, other.Text)
			continue
		}
		codes[at] = p.Name
		width := "uint8"
		if len(l.file.Families) > 0 {
			width = widths[p.Family.Text]
		}
		if bits := bitsOf(width); bits > 0 && p.Code > largest(bits) {
			l.errorf(p.CodePos, "PDU %s: the code %#x does not fit in %s", p.Name.Text, p.Code, width)
		}
	}
}
