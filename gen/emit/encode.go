package emit

import (
	"github.com/dave/jennifer/jen"
)

// appendTo writes AppendTo, the encoder.
func (e *emitter) appendTo(s *structure) {
	method := "AppendTo"
	if s.item {
		method = "appendTo"
	}
	comment(e.file.Group, e.appendDoc(s, method))
	enc := &encoder{e: e, s: s}
	if s.lead > 0 {
		enc.octet(jen.Byte().Call(jen.Id(s.code)))
	}
	for _, l := range s.fields {
		enc.field(l)
	}
	enc.flush()
	receiver := jen.Id(s.recv).Op("*").Id(s.name)
	if len(s.fields) == 0 {
		receiver = jen.Op("*").Id(s.name)
	}
	e.file.Func().Params(receiver).Id(method).Params(jen.Id("b").Index().Byte()).Index().Byte().BlockFunc(enc.write)
}

func (e *emitter) appendDoc(s *structure, method string) string {
	switch {
	case s.item:
		return method + " appends the item to b."
	case s.lead > 0:
		return method + " appends the PDU to b, its code first."
	case len(s.fields) == 0:
		return method + " gives b: there are no parameters."
	}
	return method + " appends the parameters to b."
}

// encoder collects the statements of an encoder. Single octets gather until
// something else follows, so that one append takes them all.
type encoder struct {
	e          *emitter
	s          *structure
	octets     []jen.Code
	statements []statement
}

// statement is one statement of an encoder. An assignment to b that comes last
// is returned instead.
type statement struct {
	value jen.Code // what b becomes; nil for a plain statement
	plain jen.Code
}

func (enc *encoder) octet(c ...jen.Code) { enc.octets = append(enc.octets, c...) }

func (enc *encoder) set(value jen.Code) {
	enc.flush()
	enc.statements = append(enc.statements, statement{value: value})
}

func (enc *encoder) do(plain jen.Code) {
	enc.flush()
	enc.statements = append(enc.statements, statement{plain: plain})
}

// maxInline is the number of octets that one line of an append takes.
const maxInline = 4

func (enc *encoder) flush() {
	if len(enc.octets) == 0 {
		return
	}
	var call *jen.Statement
	if len(enc.octets) <= maxInline {
		call = jen.Append(append([]jen.Code{jen.Id("b")}, enc.octets...)...)
	} else {
		call = jen.Id("append").Custom(
			jen.Options{Open: "(", Close: ")", Separator: ",", Multi: true},
			append([]jen.Code{jen.Id("b")}, enc.octets...)...,
		)
	}
	enc.octets = nil
	enc.statements = append(enc.statements, statement{value: call})
}

func (enc *encoder) write(g *jen.Group) {
	for i, st := range enc.statements {
		switch {
		case st.value == nil:
			g.Add(st.plain)
		case i == len(enc.statements)-1:
			g.Return(st.value)
			return
		default:
			g.Id("b").Op("=").Add(st.value)
		}
	}
	g.Return(jen.Id("b"))
}

func (enc *encoder) field(l *layout) {
	value := func() *jen.Statement { return jen.Id(enc.s.recv).Dot(l.field.Name.Text) }
	switch l.form {
	case number:
		enc.number(l, value)
	case array:
		if l.flip {
			enc.set(jen.Qual(tablePath, "AppendReversed").Call(jen.Id("b"), value().Index(jen.Op(":"))))
			break
		}
		enc.set(jen.Append(jen.Id("b"), value().Index(jen.Op(":")).Op("...")))
	case rest:
		enc.set(jen.Append(jen.Id("b"), value().Op("...")))
	case counted:
		enc.count(l, jen.Len(value()))
		enc.set(jen.Append(jen.Id("b"), value().Op("...")))
	case items:
		enc.count(l, jen.Len(value()))
		enc.do(jen.For(jen.Id("i").Op(":=").Range().Add(value())).Block(
			jen.Id("b").Op("=").Add(value()).Index(jen.Id("i")).Dot("appendTo").Call(jen.Id("b")),
		))
	}
}

// count writes the number of octets or items of a field.
func (enc *encoder) count(l *layout, n *jen.Statement) {
	if l.size == 1 {
		enc.octet(jen.Byte().Call(n))
		return
	}
	enc.set(enc.e.wide(l, jen.Id(l.basic).Call(n)))
}

func (enc *encoder) number(l *layout, field func() *jen.Statement) {
	value := field()
	if l.flags != nil && l.flags.Reserved == "zero" {
		value = field().Op("&").Add(allBits(l))
	}
	switch {
	case l.size == 1 && !l.named && l.basic == "uint8":
		enc.octet(value)
	case l.size == 1:
		enc.octet(jen.Byte().Call(value))
	case l.size == 3:
		shifted := func(n int) jen.Code { return jen.Byte().Call(field().Op(">>").Lit(n)) }
		if enc.e.spec.BigEndian {
			enc.octet(shifted(16), shifted(8), jen.Byte().Call(value))
			return
		}
		enc.octet(jen.Byte().Call(value), shifted(8), shifted(16))
	case l.named:
		enc.set(enc.e.wide(l, jen.Id(l.basic).Call(value)))
	default:
		enc.set(enc.e.wide(l, value))
	}
}

// order is the byte order's name in encoding/binary.
func (e *emitter) order() *jen.Statement {
	if e.spec.BigEndian {
		return jen.Qual("encoding/binary", "BigEndian")
	}
	return jen.Qual("encoding/binary", "LittleEndian")
}

// wide appends an integer of 2, 4 or 8 octets.
func (e *emitter) wide(l *layout, value jen.Code) *jen.Statement {
	return e.order().Dot(accessor("Append", l.basic)).Call(jen.Id("b"), value)
}

// accessor is the method of encoding/binary for a type: AppendUint16, Uint16.
func accessor(prefix, basic string) string { return prefix + upperFirst(basic) }

// allBits is a constant with all bits of a flags type that have a meaning.
func allBits(l *layout) *jen.Statement {
	var bits uint64
	for _, b := range l.flags.Bits {
		bits |= mask(b)
	}
	return jen.Op(hexText(bits, l.size))
}
