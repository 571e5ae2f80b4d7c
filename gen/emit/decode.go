package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"
)

// unmarshal writes Unmarshal, the decoder.
func (e *emitter) unmarshal(s *structure) {
	d := &decoder{e: e, s: s}
	switch {
	case s.item:
		comment(e.file.Group, "unmarshal reads an item from the start of b and gives what follows it.")
		e.file.Func().Params(jen.Id(s.recv).Op("*").Id(s.name)).Id("unmarshal").Params(jen.Id("b").Index().Byte()).
			Params(jen.Index().Byte(), jen.Error()).BlockFunc(d.runs)
	case d.fixed():
		e.unmarshalDoc(s)
		e.decoderFunc(s).BlockFunc(d.whole)
	default:
		e.unmarshalDoc(s)
		e.decoderFunc(s).BlockFunc(d.runs)
	}
}

func (e *emitter) unmarshalDoc(s *structure) {
	text := "Unmarshal reads the parameters from b, all of it."
	switch {
	case s.lead > 0:
		text = "Unmarshal reads the PDU from b, all of it."
	case len(s.fields) == 0:
		text = "Unmarshal makes sure that b is empty: there are no parameters."
	}
	if len(s.fields) > 0 {
		text += " On error, which is a *table.FormatError, it leaves " + s.recv + " alone."
	}
	for _, l := range s.fields {
		switch l.form {
		case rest, counted:
			text += " " + l.field.Name.Text + " is a part of b."
		case items:
			text += " " + l.field.Name.Text + " reuses the capacity that it has."
		}
	}
	comment(e.file.Group, text)
}

func (e *emitter) decoderFunc(s *structure) *jen.Statement {
	receiver := jen.Id(s.recv).Op("*").Id(s.name)
	if len(s.fields) == 0 {
		receiver = jen.Op("*").Id(s.name)
	}
	return e.file.Func().Params(receiver).Id("Unmarshal").Params(jen.Id("b").Index().Byte()).Error()
}

// decoder writes the body of one decoder.
type decoder struct {
	e *emitter
	s *structure
}

// fixed reports whether all fields have a fixed size.
func (d *decoder) fixed() bool {
	for _, l := range d.s.fields {
		if !l.fixed() {
			return false
		}
	}
	return true
}

// problem is a return with an error. The problem is a text, or a format with
// what it prints.
func (d *decoder) problem(field, answer, format string, args ...jen.Code) jen.Code {
	text := jen.Lit(format)
	if len(args) > 0 {
		text = jen.Qual("fmt", "Sprintf").Call(append([]jen.Code{jen.Lit(format)}, args...)...)
	}
	elements := []jen.Code{
		jen.Id("PDU").Op(":").Lit(d.s.pdu.Name.Text),
		jen.Id("Code").Op(":").Add(d.code()),
	}
	if field != "" {
		elements = append(elements, jen.Id("Field").Op(":").Lit(d.s.path+field))
	}
	elements = append(elements, jen.Id("Problem").Op(":").Add(text))
	if answer != "" {
		elements = append(elements, jen.Id("Answer").Op(":").Add(jen.Uint8().Call(jen.Id(answer))))
	}
	literal := jen.Op("&").Qual(tablePath, "FormatError").Custom(braces, elements...)
	if d.s.item {
		return jen.Return(jen.Nil(), literal)
	}
	return jen.Return(literal)
}

// code is the constant of the PDU's code, as FormatError wants it.
func (d *decoder) code() jen.Code {
	return jen.Uint16().Call(jen.Id(d.s.code))
}

// checkCode writes the check of the octet before the first field.
func (d *decoder) checkCode(g *jen.Group) {
	if d.s.lead == 0 {
		return
	}
	g.If(jen.Id("b").Index(jen.Lit(0)).Op("!=").Byte().Call(jen.Id(d.s.code))).Block(
		d.problem("", "", "code 0x%02x", jen.Id("b").Index(jen.Lit(0))),
	)
}

// whole writes the decoder of a PDU of one size.
func (d *decoder) whole(g *jen.Group) {
	size := d.s.lead
	for _, l := range d.s.fields {
		size += l.size
	}
	g.If(jen.Len(jen.Id("b")).Op("!=").Lit(size)).Block(jen.Return(
		jen.Id("sizeError").Call(jen.Lit(d.s.pdu.Name.Text), d.code(), jen.Len(jen.Id("b")), jen.Lit(size)),
	))
	d.e.sizes = true
	d.checkCode(g)
	if len(d.s.fields) > 0 {
		var elements []jen.Code
		refuses := false
		offset := d.s.lead
		for _, l := range d.s.fields {
			elements = append(elements, jen.Id(l.field.Name.Text).Op(":").Add(d.value(l, offset)))
			offset += l.size
			_, wrong := l.otherwise()
			refuses = refuses || wrong || rejects(l)
		}
		literal := jen.Id(d.s.name).Custom(braces, elements...)
		if len(elements) == 1 {
			literal = jen.Id(d.s.name).Values(elements...)
		}
		if !refuses { // so that it can be written in its place
			g.Op("*").Id(d.s.recv).Op("=").Add(literal)
			for _, l := range d.s.fields {
				d.finish(g, l, d.s.recv)
			}
		} else {
			g.Id("v").Op(":=").Add(literal)
			for _, l := range d.s.fields {
				d.finish(g, l, "v")
			}
			g.Op("*").Id(d.s.recv).Op("=").Id("v")
		}
	}
	g.Return(jen.Nil())
}

// rejects reports whether a decoder refuses reserved bits of the field.
func rejects(l *layout) bool { return l.flags != nil && l.flags.Reserved == "reject" }

// runs writes the decoder of a PDU or item whose size is not known: it eats b
// from the front, run after run.
func (d *decoder) runs(g *jen.Group) {
	g.Var().Id("v").Id(d.s.name)
	var lists []*layout
	runs := segments(d.s.fields)
	open := false // whether octets may be left when all fields are read
	for i, run := range runs {
		offset := 0
		need := run.size()
		if i == 0 {
			offset = d.s.lead
			need += d.s.lead
		}
		if need > 0 {
			field, left := run.first(), " left"
			if i == 0 && !d.s.item {
				field, left = "", ""
			}
			want := fmt.Sprintf("%%d octets%s, want at least %d", left, need)
			g.If(jen.Len(jen.Id("b")).Op("<").Lit(need)).Block(d.problem(field, "", want, jen.Len(jen.Id("b"))))
		}
		if i == 0 {
			d.checkCode(g)
		}
		for _, l := range run.fixed {
			g.Id("v").Dot(l.field.Name.Text).Op("=").Add(d.value(l, offset))
			offset += l.size
			d.finish(g, l, "v")
		}
		open = true
		switch {
		case run.last == nil:
			if d.s.item {
				break
			}
			g.If(jen.Len(jen.Id("b")).Op(">").Lit(need)).Block(
				d.problem("", "", "%d octets left over", jen.Len(jen.Id("b")).Op("-").Lit(need)),
			)
			open = false
		case run.last.form == rest:
			g.Id("v").Dot(run.last.field.Name.Text).Op("=").Add(from(offset))
			open = false
		case run.last.form == counted:
			d.counted(g, run.last, offset, need)
		default:
			d.countItems(g, run.last, offset, need)
			lists = append(lists, run.last)
		}
		if run.last == nil && d.s.item {
			g.Id("b").Op("=").Add(from(need))
		}
	}
	if open && !d.s.item {
		g.If(jen.Len(jen.Id("b")).Op(">").Lit(0)).Block(
			d.problem("", "", "%d octets left over", jen.Len(jen.Id("b"))),
		)
	}
	for _, l := range lists {
		d.fillItems(g, l)
	}
	g.Op("*").Id(d.s.recv).Op("=").Id("v")
	if d.s.item {
		g.Return(jen.Id("b"), jen.Nil())
		return
	}
	g.Return(jen.Nil())
}

// from is b from an offset on.
func from(offset int) *jen.Statement {
	if offset == 0 {
		return jen.Id("b")
	}
	return jen.Id("b").Index(jen.Lit(offset), jen.Empty())
}

// counted reads octets whose number stands before them.
func (d *decoder) counted(g *jen.Group, l *layout, offset, need int) {
	name := l.field.Name.Text
	n := lowerFirst(name) + "Len"
	g.Id(n).Op(":=").Int().Call(d.integer(l, offset))
	g.Id("b").Op("=").Add(from(need))
	g.If(jen.Len(jen.Id("b")).Op("<").Id(n)).Block(
		d.problem(name, "", "%d octets left, want %d", jen.Len(jen.Id("b")), jen.Id(n)),
	)
	g.Id("v").Dot(name).Op("=").Id("b").Index(jen.Empty(), jen.Id(n), jen.Id(n))
	g.Id("b").Op("=").Id("b").Index(jen.Id(n), jen.Empty())
}

// countItems goes over the items of a list without keeping them: the slice of
// the receiver is not touched before the whole PDU is found to be right.
func (d *decoder) countItems(g *jen.Group, l *layout, offset, need int) {
	name := lowerFirst(l.field.Name.Text)
	g.Id(name + "Count").Op(":=").Int().Call(d.integer(l, offset))
	g.Id("b").Op("=").Add(from(need))
	g.Id(name + "Octets").Op(":=").Id("b")
	failed := jen.Return(jen.Err())
	if d.s.item {
		failed = jen.Return(jen.Nil(), jen.Err())
	}
	g.For(jen.Range().Id(name+"Count")).Block(
		jen.Var().Id("item").Id(l.field.Item.Text),
		jen.List(jen.Id("after"), jen.Err()).Op(":=").Id("item").Dot("unmarshal").Call(jen.Id("b")),
		jen.If(jen.Err().Op("!=").Nil()).Block(failed),
		jen.Id("b").Op("=").Id("after"),
	)
}

// fillItems reads the items of a list into the slice that the receiver has.
func (d *decoder) fillItems(g *jen.Group, l *layout) {
	field := l.field.Name.Text
	name := lowerFirst(field)
	own := jen.Id(d.s.recv).Dot(field).Index(jen.Op(":").Lit(0))
	g.Id("v").Dot(field).Op("=").Qual("slices", "Grow").Call(own, jen.Id(name+"Count"))
	g.For(jen.Range().Id(name+"Count")).Block(
		jen.Var().Id("item").Id(l.field.Item.Text),
		jen.List(jen.Id(name+"Octets"), jen.Id("_")).Op("=").Id("item").Dot("unmarshal").Call(jen.Id(name+"Octets")),
		jen.Id("v").Dot(field).Op("=").Append(jen.Id("v").Dot(field), jen.Id("item")),
	)
}

// integer reads the number of a field at an offset of b.
func (d *decoder) integer(l *layout, offset int) *jen.Statement {
	at := func(i int) *jen.Statement { return jen.Id("b").Index(jen.Lit(offset + i)) }
	switch l.size {
	case 1:
		return at(0)
	case 3:
		shifts := []int{0, 8, 16}
		if d.e.spec.BigEndian {
			shifts = []int{16, 8, 0}
		}
		sum := jen.Null()
		for i, shift := range shifts {
			if i > 0 {
				sum.Op("|")
			}
			sum.Uint32().Call(at(i))
			if shift > 0 {
				sum.Op("<<").Lit(shift)
			}
		}
		return sum
	}
	return d.e.order().Dot(accessor("", l.basic)).Call(from(offset))
}

// value reads a field of fixed size at an offset of b.
func (d *decoder) value(l *layout, offset int) *jen.Statement {
	if l.form == array {
		return l.goType().Parens(jen.Id("b").Index(jen.Lit(offset), jen.Lit(offset+l.size)))
	}
	n := d.integer(l, offset)
	if l.flags != nil && l.flags.Reserved == "zero" {
		n = n.Op("&").Add(allBits(l))
	}
	if l.named || l.basic == "int8" {
		return l.goType().Call(n)
	}
	return n
}

// finish turns a field of a variable around where it travels the other way round,
// and checks its value.
func (d *decoder) finish(g *jen.Group, l *layout, variable string) {
	field := func() *jen.Statement { return jen.Id(variable).Dot(l.field.Name.Text) }
	if l.flip {
		g.Qual(tablePath, "Reverse").Call(field().Index(jen.Op(":")))
	}
	if rejects(l) {
		g.If(field().Op("&^").Add(allBits(l)).Op("!=").Lit(0)).Block(
			d.problem(l.field.Name.Text, "", "reserved bits in %#x", jen.Id(l.basic).Call(field())),
		)
	}
	answer, ok := l.otherwise()
	if !ok {
		return
	}
	if !l.field.Ranged {
		g.If(jen.Op("!").Add(field()).Dot("known").Call()).Block(
			d.problem(l.field.Name.Text, answer, "unknown value 0x%02x", jen.Id(l.basic).Call(field())),
		)
		return
	}
	wrong := outside(l, field)
	if wrong == nil {
		return
	}
	g.If(wrong).Block(
		d.problem(l.field.Name.Text, answer, fmt.Sprintf("%%d is not in %d to %d", l.field.Low, l.field.High), field()),
	)
}

// outside is the condition under which a field is out of its range, nil where
// that cannot be.
func outside(l *layout, field func() *jen.Statement) *jen.Statement {
	low, high := l.field.Low, l.field.High
	least, most := 0, 1<<(8*min(l.size, 7))-1
	if l.basic == "int8" {
		least, most = -128, 127
	}
	below := field().Op("<").Lit(low)
	above := field().Op(">").Lit(high)
	switch {
	case low > least && high < most:
		return below.Op("||").Add(above)
	case low > least:
		return below
	case high < most:
		return above
	}
	return nil
}

// sizeError writes the function that the decoders of PDUs of one size share.
func (e *emitter) sizeError() {
	if !e.sizes {
		return
	}
	comment(e.file.Group, "sizeError says that the octets are not as many as the PDU has.")
	e.file.Func().Id("sizeError").Params(
		jen.Id("pdu").String(), jen.Id("code").Uint16(), jen.List(jen.Id("got"), jen.Id("want")).Int(),
	).Error().Block(
		jen.Return(jen.Op("&").Qual(tablePath, "FormatError").Values(
			jen.Id("PDU").Op(":").Id("pdu"),
			jen.Id("Code").Op(":").Id("code"),
			jen.Id("Problem").Op(":").Qual("fmt", "Sprintf").Call(
				jen.Lit("%d octets, want %d"), jen.Id("got"), jen.Id("want"),
			),
		)),
	)
}
