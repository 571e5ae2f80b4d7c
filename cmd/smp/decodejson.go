package main

import (
	"bytes"
	"encoding/json"
	"time"

	"blesmp/bt"
	"blesmp/cmd/smp/internal/capture"
	"blesmp/internal/dissect"
	"blesmp/smp"
)

// lineHead is what every line of --json begins with.
type lineHead struct {
	Kind       string           `json:"kind"`
	Packet     int              `json:"packet,omitempty"`
	Offset     int64            `json:"offset,omitempty"`
	Time       *time.Time       `json:"time,omitempty"`
	Link       string           `json:"link"`
	Central    *bt.TypedAddress `json:"central,omitempty"`
	Peripheral *bt.TypedAddress `json:"peripheral,omitempty"`
}

func headOf(kind string, r *capture.Record, link uint32, a dissect.Addresses) lineHead {
	h := lineHead{Kind: kind, Packet: r.Number, Offset: r.Offset, Link: linkName(r, link)}
	if !r.Time.IsZero() {
		h.Time = &r.Time
	}
	if !a.Central.IsZero() {
		h.Central = &a.Central
	}
	if !a.Peripheral.IsZero() {
		h.Peripheral = &a.Peripheral
	}
	return h
}

// stepLine is a step as --json shows it.
type stepLine struct {
	lineHead
	From    string     `json:"from,omitempty"` // central or peripheral
	Name    string     `json:"name"`
	Fields  fieldsJSON `json:"fields,omitempty"`
	Details string     `json:"details,omitempty"`
	Error   string     `json:"error,omitempty"`
}

func (d *decoder) stepLine(r *capture.Record, s *dissect.Step, a dissect.Addresses) stepLine {
	line := stepLine{lineHead: headOf(s.Kind.String(), r, s.Link, a), Name: s.Name, Fields: s.Fields}
	if s.From != dissect.NoSide {
		line.From = s.From.String()
	}
	switch {
	case s.Malformed != nil:
		line.Error = s.Malformed.Error()
	case s.Kind == dissect.ErrorStep:
		line.Error = s.Details
	case s.Fields == nil:
		line.Details = s.Details
	}
	return line
}

// fieldsJSON is an object whose members keep their order.
type fieldsJSON []dissect.Field

// MarshalJSON writes the object.
func (f fieldsJSON) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, field := range f {
		name, err := json.Marshal(field.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(field.Value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// noteLine is a note as --json shows it.
type noteLine struct {
	lineHead
	Topic  string     `json:"topic"`
	Text   string     `json:"text"`
	Cause  string     `json:"cause,omitempty"`
	Model  string     `json:"model,omitempty"`
	Level  *levelJSON `json:"level,omitempty"`
	Reason int        `json:"reason,omitempty"`
}

func noteLineOf(r *capture.Record, n *dissect.Note) noteLine {
	line := noteLine{
		lineHead: headOf("state", r, n.Link, n.Addresses),
		Topic:    n.Topic, Text: n.Text, Cause: n.Cause, Reason: int(n.Reason),
	}
	if n.Level != nil {
		line.Model = n.Level.Model.String()
		line.Level = &levelJSON{
			SC: n.Level.SC, MITM: n.Level.MITM, KeySize: n.Level.KeySize,
			Authenticated: n.Level.Authenticated(smp.Policy{}),
		}
	}
	return line
}
