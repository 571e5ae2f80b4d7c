package emit

import (
	"fmt"

	"blesmp/gen/spec"

	"github.com/dave/jennifer/jen"
)

// octets is the size of a basic type.
func octets(basic string) int {
	switch basic {
	case "uint16":
		return 2
	case "uint32":
		return 4
	case "uint64":
		return 8
	}
	return 1
}

// basic is the Go type of a width, uint8 where none is written.
func basic(width string) string {
	if width == "" {
		return "uint8"
	}
	return width
}

// refuses reports whether values that an enumeration does not name are wrong.
func refuses(otherwise spec.Name) bool {
	return otherwise.Text != "" && otherwise.Text != "keep"
}

// enum writes an enumeration: type, constants, String, and where a decoder
// refuses unknown values, the method that tells them.
func (e *emitter) enum(enum *spec.Enum) {
	name := enum.Name.Text
	width := basic(enum.Width)
	values := make([]constant, len(enum.Values))
	for i, v := range enum.Values {
		values[i] = constant{name: v.Name.Text, number: v.Number, text: v.Text}
		if v.Text == "" {
			values[i].text = v.Name.Text
		}
	}
	comment(e.file.Group, e.docOf(name, enum.Doc, "is an enumeration of "+e.spec.Protocol.Text, enum.Ref))
	e.file.Type().Id(name).Id(width)
	e.constants(name, "The values of "+name+".", width, values)
	e.stringer(name, width, values)
	if e.checks[name] {
		e.known(enum)
	}
}

// constant is one typed constant with the text that its String prints.
type constant struct {
	name   string
	number int
	text   string
}

// constants writes a block of typed constants.
func (e *emitter) constants(typeName, doc, width string, values []constant) {
	definitions := make([]jen.Code, len(values))
	for i, v := range values {
		definitions[i] = jen.Id(v.name).Id(typeName).Op("=").Add(hex(v.number, octets(width)))
	}
	e.constBlock(doc, definitions)
}

// constBlock writes constants, in parentheses if there are several.
func (e *emitter) constBlock(doc string, definitions []jen.Code) {
	if len(definitions) == 0 {
		return
	}
	comment(e.file.Group, doc)
	if len(definitions) == 1 {
		e.file.Const().Add(definitions[0])
		return
	}
	e.file.Const().Defs(definitions...)
}

// maxNames bounds the array of names of an enumeration: with larger values, or
// many gaps between them, String has a map.
const maxNames = 64

// stringer writes String over an array of names, or over a map where the values
// are far apart.
func (e *emitter) stringer(typeName, width string, values []constant) {
	largest := 0
	for _, v := range values {
		largest = max(largest, v.number)
	}
	dense := largest < maxNames && largest < 2*len(values)+8 && len(values) > 0
	names := lowerFirst(typeName) + "Names"
	of := jen.Index(jen.Op("..."))
	if !dense {
		of = jen.Map(jen.Id(typeName))
	}
	comment(e.file.Group, names+" is what String prints.")
	e.file.Var().Id(names).Op("=").Add(of).String().Custom(braces, constantNames(values)...)
	unknown := fmt.Sprintf("%s(0x%%0%dx)", typeName, 2*octets(width))
	example := fmt.Sprintf(unknown, 1<<(8*octets(width)-2)|2)
	comment(e.file.Group, "String gives the name of a value, and "+example+" for one without a name.")
	e.file.Func().Params(jen.Id("v").Id(typeName)).Id("String").Params().String().BlockFunc(func(g *jen.Group) {
		switch {
		case dense && contiguous(values):
			g.If(jen.Int().Call(jen.Id("v")).Op("<").Len(jen.Id(names))).Block(jen.Return(jen.Id(names).Index(jen.Id("v"))))
		case dense:
			g.If(
				jen.Int().Call(jen.Id("v")).Op("<").Len(jen.Id(names)).Op("&&").
					Id(names).Index(jen.Id("v")).Op("!=").Lit(""),
			).Block(jen.Return(jen.Id(names).Index(jen.Id("v"))))
		default:
			g.If(
				jen.List(jen.Id("name"), jen.Id("ok")).Op(":=").Id(names).Index(jen.Id("v")),
				jen.Id("ok"),
			).Block(jen.Return(jen.Id("name")))
		}
		g.Return(jen.Qual("fmt", "Sprintf").Call(jen.Lit(unknown), jen.Id(width).Call(jen.Id("v"))))
	})
}

// braces renders a composite literal with one element a line.
var braces = jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}

func constantNames(values []constant) []jen.Code {
	var elements []jen.Code
	for _, v := range values {
		elements = append(elements, jen.Id(v.name).Op(":").Lit(v.text))
	}
	return elements
}

// contiguous reports whether the values are 0, 1, 2 and so on.
func contiguous(values []constant) bool {
	seen := map[int]bool{}
	largest := -1
	for _, v := range values {
		seen[v.number] = true
		largest = max(largest, v.number)
	}
	return len(seen) == largest+1
}

// known writes the method that tells the values with a name from the others.
func (e *emitter) known(enum *spec.Enum) {
	name := enum.Name.Text
	values := make([]constant, len(enum.Values))
	last := spec.Value{Number: -1}
	for i, v := range enum.Values {
		values[i] = constant{number: v.Number}
		if v.Number > last.Number {
			last = v
		}
	}
	comment(e.file.Group, "known reports whether the specification gives v a meaning.")
	e.file.Func().Params(jen.Id("v").Id(name)).Id("known").Params().Bool().BlockFunc(func(g *jen.Group) {
		if contiguous(values) {
			g.Return(jen.Id("v").Op("<=").Id(last.Name.Text))
			return
		}
		g.Switch(jen.Id("v")).Block(
			jen.CaseFunc(func(g *jen.Group) {
				for _, v := range enum.Values {
					g.Id(v.Name.Text)
				}
			}).Block(jen.Return(jen.True())),
		)
		g.Return(jen.False())
	})
}
