package emit

import (
	"github.com/dave/jennifer/jen"
)

// badPDU is the class of the events for what is no PDU: the first for a PDU
// that is malformed, the second for a code that means nothing.
const badPDU = "bad_pdu"

// message writes the type that tells PDUs apart and decodes them.
func (e *emitter) message() {
	var bad []string
	for _, event := range e.machine.Events {
		if event.Class == badPDU {
			bad = append(bad, e.id("Event", event.Name))
		}
	}
	if len(bad) < 2 || len(e.spec.PDUs) == 0 {
		return
	}
	malformed, reserved := bad[0], bad[1]
	comment(e.file.Group, "message has room for a PDU of each kind. A procedure reads the one that it received last.")
	e.file.Type().Id("message").StructFunc(func(g *jen.Group) {
		for _, p := range e.spec.PDUs {
			g.Id(p.Name.Text).Id(p.Name.Text)
		}
	})
	comment(e.file.Group, "unmarshal reads a PDU into the field of its kind and gives its event. Octets that are no PDU give "+
		malformed+" or, where the code means nothing, "+reserved+", with a *table.FormatError.")
	e.file.Func().Params(jen.Id("m").Op("*").Id("message")).Id("unmarshal").Params(jen.Id("pdu").Index().Byte()).
		Params(jen.Id("EventKind"), jen.Error()).Block(
		jen.If(jen.Len(jen.Id("pdu")).Op("==").Lit(0)).Block(
			jen.Return(jen.Id(malformed), jen.Op("&").Qual(tablePath, "FormatError").Values(
				jen.Id("Problem").Op(":").Lit("no octets"),
			)),
		),
		jen.Var().Id("event").Id("EventKind"),
		jen.Var().Err().Error(),
		jen.Switch(jen.Id("code").Op(":=").Id(codeType).Call(jen.Id("pdu").Index(jen.Lit(0))), jen.Id("code")).
			BlockFunc(func(g *jen.Group) {
				for _, p := range e.spec.PDUs {
					g.Case(jen.Id(codeName(nil, p))).Block(
						jen.List(jen.Id("event"), jen.Err()).Op("=").List(
							jen.Id(e.id("Event", p.Name.Text)),
							jen.Id("m").Dot(p.Name.Text).Dot("Unmarshal").Call(jen.Id("pdu")),
						),
					)
				}
				g.Default().Block(jen.Return(jen.Id(reserved), jen.Op("&").Qual(tablePath, "FormatError").Values(
					jen.Id("Code").Op(":").Uint16().Call(jen.Id("code")),
					jen.Id("Problem").Op(":").Lit("reserved"),
				)))
			}),
		jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Id(malformed), jen.Err())),
		jen.Return(jen.Id("event"), jen.Nil()),
	)
}
