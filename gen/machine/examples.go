package machine

import (
	"encoding/hex"
	"fmt"
	"strings"

	"blesmp/gen/spec"
)

// checkExamples decodes the examples of a PDU by its list of fields.
func (r *resolver) checkExamples(p *spec.PDU) {
	for _, example := range p.Examples {
		b, err := hex.DecodeString(strings.Join(strings.Fields(example.Text), ""))
		if err != nil {
			r.errors.add(example.Pos, "the example of %s is not written in octets of two hexadecimal digits", p.Name.Text)
			continue
		}
		d := &decoder{r: r, rest: b}
		if len(r.families) == 0 {
			d.code(p.Code)
		}
		d.fields(p.Fields)
		if d.problem == "" && len(d.rest) > 0 {
			d.problem = fmt.Sprintf("has more octets than its fields: % x", d.rest)
		}
		if d.problem != "" {
			r.errors.add(example.Pos, "the example of %s %s", p.Name.Text, d.problem)
		}
	}
}

// decoder takes an example apart until the first problem.
type decoder struct {
	r       *resolver
	rest    []byte
	problem string
}

// take gives the next octets.
func (d *decoder) take(n int, what string) []byte {
	if d.problem != "" {
		return nil
	}
	if n > len(d.rest) {
		d.problem = "ends within " + what
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) code(code int) {
	b := d.take(1, "the code")
	if d.problem == "" && int(b[0]) != code {
		d.problem = fmt.Sprintf("begins with 0x%02x, and the code is 0x%02x", b[0], code)
	}
}

func (d *decoder) fields(fields []*spec.Field) {
	for _, f := range fields {
		name := f.Name.Text
		switch {
		case f.Count != "":
			size, _ := octets(f.Count)
			for range d.number(d.take(size, name)) {
				d.fields(f.Of)
			}
		case f.Length != "":
			size, _ := octets(f.Length)
			d.take(int(d.number(d.take(size, name))), name)
		case f.Type == "bytes":
			d.take(len(d.rest), name)
		default:
			wire, _ := d.r.wire(f.Type)
			size, _ := octets(wire)
			if b := d.take(size, name); size <= 8 && d.problem == "" {
				d.value(f, d.number(b), wire)
			}
		}
	}
}

// number reads octets in the order of the file.
func (d *decoder) number(b []byte) uint64 {
	n := uint64(0)
	for i := range b {
		at := len(b) - 1 - i
		if d.r.file.BigEndian {
			at = i
		}
		n = n<<8 | uint64(b[at])
	}
	return n
}

// value checks a number against range, enumeration and flags.
func (d *decoder) value(f *spec.Field, n uint64, wire string) {
	name := f.Name.Text
	if f.Ranged {
		signed := int64(n)
		if wire == "int8" {
			signed = int64(int8(n))
		}
		if signed < int64(f.Low) || signed > int64(f.High) {
			d.problem = fmt.Sprintf("has %s %d, which lies outside %d..%d", name, signed, f.Low, f.High)
		}
	}
	if e := d.r.enums[f.Type]; e != nil && e.Otherwise.Text != "" && e.Otherwise.Text != "keep" {
		for _, v := range e.Values {
			if uint64(v.Number) == n {
				return
			}
		}
		d.problem = fmt.Sprintf("has %s 0x%02x, which is no value of %s", name, n, e.Name.Text)
	}
	if f := d.r.flags[f.Type]; f != nil && f.Reserved == "reject" && n&^uint64(mask(f)) != 0 {
		d.problem = fmt.Sprintf("has %s 0x%02x with reserved bits of %s", name, n, f.Name.Text)
	}
}
