package emit

import (
	"fmt"

	"blesmp/gen/spec"

	"github.com/dave/jennifer/jen"
)

// mask has the bits of a flag set.
func mask(b spec.Bits) uint64 {
	return (1<<(b.High-b.Low+1) - 1) << b.Low
}

// flagSet writes a type of flags: masks, a getter and a setter for each flag,
// and String.
func (e *emitter) flagSet(flags *spec.Flags) {
	name := flags.Name.Text
	width := basic(flags.Width)
	size := octets(width)
	comment(e.file.Group, e.docOf(name, flags.Doc, "is a set of flags of "+e.spec.Protocol.Text, flags.Ref))
	e.file.Type().Id(name).Id(width)
	definitions := make([]jen.Code, len(flags.Bits))
	for i, b := range flags.Bits {
		d := jen.Id(name + b.Name.Text).Id(name).Op("=").Op(hexText(mask(b), size))
		if b.Doc != "" {
			d.Comment(clause(b.Doc))
		}
		definitions[i] = d
	}
	e.constBlock("The bits of "+name+".", definitions)
	for _, b := range flags.Bits {
		if b.Low == b.High {
			e.flag(name, b)
		} else {
			e.bitRange(name, width, b)
		}
	}
	e.flagString(flags, name, width)
}

// flag writes the getter and the setter of one bit.
func (e *emitter) flag(typeName string, b spec.Bits) {
	bit := b.Name.Text
	constant := typeName + bit
	comment(e.file.Group, bit+" reports whether the "+bit+" bit is set.")
	e.file.Func().Params(jen.Id("v").Id(typeName)).Id(bit).Params().Bool().Block(
		jen.Return(jen.Id("v").Op("&").Id(constant).Op("!=").Lit(0)),
	)
	comment(e.file.Group, "With"+bit+" gives v with the "+bit+" bit set or cleared.")
	e.file.Func().Params(jen.Id("v").Id(typeName)).Id("With"+bit).Params(jen.Id("on").Bool()).Id(typeName).Block(
		jen.If(jen.Id("on")).Block(jen.Return(jen.Id("v").Op("|").Id(constant))),
		jen.Return(jen.Id("v").Op("&^").Id(constant)),
	)
}

// bitRange writes the getter and the setter of a small number.
func (e *emitter) bitRange(typeName, width string, b spec.Bits) {
	field := b.Name.Text
	constant := typeName + field
	where := fmt.Sprintf("bits %d to %d", b.Low, b.High)
	comment(e.file.Group, field+" gives the number in "+where+".")
	e.file.Func().Params(jen.Id("v").Id(typeName)).Id(field).Params().Id(width).Block(
		jen.Return(jen.Id(width).Call(jen.Id("v").Op("&").Id(constant)).Do(func(s *jen.Statement) {
			if b.Low > 0 {
				s.Op(">>").Lit(b.Low)
			}
		})),
	)
	comment(e.file.Group, "With"+field+" gives v with the number in "+where+" set to n, cut to fit.")
	e.file.Func().Params(jen.Id("v").Id(typeName)).Id("With" + field).Params(jen.Id("n").Id(width)).Id(typeName).Block(
		jen.Return(jen.Id("v").Op("&^").Id(constant).Op("|").Id(typeName).Call(jen.Id("n")).Do(func(s *jen.Statement) {
			if b.Low > 0 {
				s.Op("<<").Lit(b.Low)
			}
		}).Op("&").Id(constant)),
	)
}

// flagString writes String, which names the bits that are set.
func (e *emitter) flagString(flags *spec.Flags, name, width string) {
	comment(e.file.Group, "String names the bits that are set, with a bar between them.")
	e.file.Func().Params(jen.Id("v").Id(name)).Id("String").Params().String().BlockFunc(func(g *jen.Group) {
		rest := jen.Id("v")
		if len(flags.Bits) > 0 {
			g.Var().Id("names").Index().String()
			g.Id("rest").Op(":=").Id("v")
			var ranges []spec.Bits
			var bits []spec.Bits
			for _, b := range flags.Bits {
				if b.Low == b.High {
					bits = append(bits, b)
				} else {
					ranges = append(ranges, b)
				}
			}
			for _, b := range ranges {
				g.If(jen.Id("n").Op(":=").Id("v").Dot(b.Name.Text).Call(), jen.Id("n").Op("!=").Lit(0)).Block(
					jen.Id("names").Op("=").Append(jen.Id("names"),
						jen.Qual("fmt", "Sprintf").Call(jen.Lit(b.Name.Text+"=%d"), jen.Id("n"))),
				)
				g.Id("rest").Op("&^=").Id(name + b.Name.Text)
			}
			if len(bits) > 0 {
				g.For(jen.List(jen.Id("_"), jen.Id("flag")).Op(":=").Range().Index(jen.Op("...")).Struct(
					jen.Id("bit").Id(name),
					jen.Id("name").String(),
				).CustomFunc(braces, func(g *jen.Group) {
					for _, b := range bits {
						g.Values(jen.Id(name+b.Name.Text), jen.Lit(b.Name.Text))
					}
				})).Block(
					jen.If(jen.Id("v").Op("&").Id("flag").Dot("bit").Op("!=").Lit(0)).Block(
						jen.Id("names").Op("=").Append(jen.Id("names"), jen.Id("flag").Dot("name")),
						jen.Id("rest").Op("&^=").Id("flag").Dot("bit"),
					),
				)
			}
			g.If(jen.Id("rest").Op("!=").Lit(0).Op("||").Len(jen.Id("names")).Op("==").Lit(0)).Block(
				jen.Id("names").Op("=").Append(jen.Id("names"),
					jen.Qual("fmt", "Sprintf").Call(jen.Lit(fmt.Sprintf("0x%%0%dx", 2*octets(width))), jen.Id(width).Call(jen.Id("rest")))),
			)
			g.Return(jen.Qual("strings", "Join").Call(jen.Id("names"), jen.Lit("|")))
			return
		}
		g.Return(jen.Qual("fmt", "Sprintf").Call(jen.Lit(fmt.Sprintf("0x%%0%dx", 2*octets(width))), jen.Id(width).Call(rest)))
	})
}
