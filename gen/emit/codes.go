package emit

import (
	"strings"

	"blesmp/gen/spec"

	"github.com/dave/jennifer/jen"
)

// codeType is the type of the codes of PDUs where the file has no families.
const codeType = "PDUCode"

// codes writes the types of the codes of PDUs, one for each family, or one for
// all. Families with the same type share its constants.
func (e *emitter) codes() {
	if len(e.spec.PDUs) == 0 {
		return
	}
	if len(e.spec.Families) == 0 {
		values := make([]constant, len(e.spec.PDUs))
		for i, p := range e.spec.PDUs {
			values[i] = constant{name: codeName(nil, p), number: p.Code, text: p.Name.Text}
		}
		doc := codeType + " is the first octet of a PDU and tells its kind."
		e.codeType(codeType, "uint8", doc, values)
		return
	}
	for i, family := range e.spec.Families {
		if !firstOfType(e.spec.Families, i) {
			continue
		}
		var values []constant
		var names []string
		seen := map[string]bool{}
		for _, other := range e.spec.Families {
			if other.Type == family.Type {
				names = append(names, article(other.Name.Text))
			}
		}
		for _, p := range e.spec.PDUs {
			of := e.family(p)
			if of == nil || of.Type != family.Type || seen[codeName(of, p)] {
				continue
			}
			seen[codeName(of, p)] = true
			values = append(values, constant{
				name:   codeName(of, p),
				number: p.Code,
				text:   strings.TrimSuffix(p.Name.Text, of.Suffix),
			})
		}
		doc := family.Type + " is the code of " + strings.Join(names, " or ") + "."
		e.codeType(family.Type, basic(family.Code), doc, values)
	}
}

// firstOfType reports whether no family before this one has its type.
func firstOfType(families []*spec.Family, i int) bool {
	for _, earlier := range families[:i] {
		if earlier.Type == families[i].Type {
			return false
		}
	}
	return true
}

func (e *emitter) codeType(name, width, doc string, values []constant) {
	comment(e.file.Group, doc)
	e.file.Type().Id(name).Id(width)
	e.constants(name, "The codes of "+e.spec.Protocol.Text+".", width, values)
	e.stringer(name, width, values)
}

// family finds the family of a PDU, nil where there are none.
func (e *emitter) family(p *spec.PDU) *spec.Family {
	if len(e.spec.Families) == 0 {
		return nil
	}
	for _, f := range e.spec.Families {
		if f.Name.Text == p.Family.Text {
			return f
		}
	}
	e.fail(p.Name, "PDU %s has no family", p.Name.Text)
	return e.spec.Families[0]
}

// codeName is the constant of a PDU's code.
func codeName(family *spec.Family, p *spec.PDU) string {
	if family == nil {
		return "Code" + p.Name.Text
	}
	return family.Type + strings.TrimSuffix(p.Name.Text, family.Suffix)
}

// codeMethod writes the method by which a PDU of a family tells its code.
func (e *emitter) codeMethod(family *spec.Family, p *spec.PDU) {
	comment(e.file.Group, family.Method+" gives "+codeName(family, p)+".")
	e.file.Func().Params(jen.Op("*").Id(p.Name.Text)).Id(family.Method).Params().Id(family.Type).Block(
		jen.Return(jen.Id(codeName(family, p))),
	)
}
