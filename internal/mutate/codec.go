package mutate

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"blesmp/gen/spec"
)

// codecs changes what the generated code holds beside the table: enumerations,
// flags, PDUs, the order of octets, times and the numbers of states.
func (c *collector) codecs() {
	for _, e := range c.f.Enums {
		c.enumeration(e)
	}
	for _, f := range c.f.Flags {
		c.flags(f)
	}
	for _, t := range c.f.Types {
		c.size(t.Name.Pos, t.Name.Text, &t.Wire)
	}
	for _, p := range c.f.PDUs {
		c.pdu(p)
	}
	c.codec(c.f.Protocol.Pos, "byte_order", "turned round", func() { c.f.BigEndian = !c.f.BigEndian })
	for _, t := range c.f.Machine.Timers {
		c.after(t)
	}
	c.eachPhase(c.f.Machine.Phases, func(p *spec.Phase) {
		if p.Sequence != nil {
			c.keys(p.Sequence, p.Name.Text)
		}
	})
}

// codec notes a change that takes a build.
func (c *collector) codec(pos spec.Pos, where, change string, apply func()) {
	c.mutants = append(c.mutants, Mutant{Class: Codecs, Line: pos.Line, Where: where, Change: change, apply: apply})
}

// enumeration swaps the numbers of neighbours, and changes what becomes of an
// unknown number.
func (c *collector) enumeration(e *spec.Enum) {
	where := e.Name.Text
	for i := range e.Values[:len(e.Values)-1] {
		a, b := &e.Values[i], &e.Values[i+1]
		c.codec(a.Name.Pos, where, fmt.Sprintf("numbers of %s and %s swapped", a.Name.Text, b.Name.Text), func() { a.Number, b.Number = b.Number, a.Number })
	}
	c.otherwise(&e.Otherwise, where)
}

// otherwise has an unknown value kept, and answers it with another value.
func (c *collector) otherwise(n *spec.Name, where string) {
	if n.Text == "" {
		return
	}
	was, answers := n.Text, c.enum(c.f.Answers.Text)
	to := after(answers, was)
	c.codec(n.Pos, where, fmt.Sprintf("otherwise %s for %s", to, was), func() { n.Text = to })
	if was != kept {
		c.codec(n.Pos, where, fmt.Sprintf("otherwise %s for %s", kept, was), func() { n.Text = kept })
	}
}

// kept is what the language says for values that nothing refuses.
const kept = "keep"

// flags swaps neighbours, makes numbers smaller, moves the last flag on, and
// changes what becomes of reserved bits.
func (c *collector) flags(f *spec.Flags) {
	where := f.Name.Text
	for i := range f.Bits {
		a := &f.Bits[i]
		if a.High > a.Low {
			c.codec(a.Name.Pos, where, "one bit less for "+a.Name.Text, func() { a.High-- })
		}
		if i+1 == len(f.Bits) {
			c.codec(a.Name.Pos, where, a.Name.Text+" one bit up", func() { a.Low, a.High = a.Low+1, a.High+1 })
			break
		}
		b := &f.Bits[i+1]
		c.codec(a.Name.Pos, where, fmt.Sprintf("bits of %s and %s swapped", a.Name.Text, b.Name.Text), func() {
			low, high := a.Low, b.High
			b.Low, b.High = low, low+b.High-b.Low
			a.Low, a.High = high-(a.High-a.Low), high
		})
	}
	for _, to := range []string{kept, "zero", "reject"} {
		if was := f.Reserved; to != was {
			c.codec(f.Name.Pos, where, fmt.Sprintf("reserved: %s for %s", to, was), func() { f.Reserved = to })
		}
	}
}

// size makes a type of so many bits one octet smaller, and one of a single octet
// larger.
func (c *collector) size(pos spec.Pos, where string, wire *string) {
	digits, ok := strings.CutPrefix(*wire, "uint")
	bits, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return
	}
	was, to := *wire, fmt.Sprintf("uint%d", bits-8)
	if bits == 8 {
		to = "uint16"
	}
	c.codec(pos, where, to+" for "+was, func() { *wire = to })
}

// pdu changes the code, and each field.
func (c *collector) pdu(p *spec.PDU) {
	where := p.Name.Text
	c.codec(p.CodePos, where, fmt.Sprintf("code 0x%02x for 0x%02x", p.Code|0x80, p.Code), func() { p.Code |= 0x80 })
	for i, f := range p.Fields {
		c.field(f, where+"/"+f.Name.Text)
		if i+1 < len(p.Fields) {
			c.codec(f.Name.Pos, where, fmt.Sprintf("%s and %s swapped", f.Name.Text, p.Fields[i+1].Name.Text), func() {
				p.Fields[i], p.Fields[i+1] = p.Fields[i+1], p.Fields[i]
			})
		}
	}
}

// field drops the range, makes it wider and narrower by one at each end, and
// changes the size.
func (c *collector) field(f *spec.Field, where string) {
	c.size(f.TypePos, where, &f.Type)
	if !f.Ranged {
		return
	}
	c.codec(f.Name.Pos, where, "drop range", func() { f.Ranged, f.Otherwise.Text = false, "" })
	ends := func(low, high int) {
		c.codec(f.Name.Pos, where, fmt.Sprintf("range %d..%d for %d..%d", low, high, f.Low, f.High), func() { f.Low, f.High = low, high })
	}
	if f.Low > 0 {
		ends(f.Low-1, f.High)
	}
	ends(f.Low+1, f.High)
	ends(f.Low, f.High-1)
	ends(f.Low, f.High+1)
	c.otherwise(&f.Otherwise, where)
}

// after has a timer fire a second later, and a second sooner.
func (c *collector) after(t *spec.Timer) {
	was, err := time.ParseDuration(t.After)
	if err != nil {
		return
	}
	for _, to := range []time.Duration{was + time.Second, was - time.Second} {
		c.codec(t.Name.Pos, "timer "+t.Name.Text, fmt.Sprintf("after %v for %v", to, was), func() { t.After = to.String() })
	}
}

// keys swaps neighbours in the order of a sequence: keys, and the PDUs of a key.
func (c *collector) keys(s *spec.Sequence, where string) {
	for i, item := range s.Items {
		if i+1 < len(s.Items) {
			c.codec(item.Flag.Pos, where, fmt.Sprintf("%s and %s swapped", item.Flag.Text, s.Items[i+1].Flag.Text), func() {
				s.Items[i], s.Items[i+1] = s.Items[i+1], s.Items[i]
			})
		}
		for j, row := range item.PDUs {
			if j+1 < len(item.PDUs) {
				c.codec(row.Event.Pos, where+"/"+item.Flag.Text, fmt.Sprintf("%s and %s swapped", row.Event.Text, item.PDUs[j+1].Event.Text), func() {
					item.PDUs[j], item.PDUs[j+1] = item.PDUs[j+1], item.PDUs[j]
				})
			}
		}
	}
}
