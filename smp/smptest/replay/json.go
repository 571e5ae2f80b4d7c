package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// value is one JSON value that knows where it stands, so that a mistake in a
// transcript can be told with its line and column.
type value struct {
	kind    jsonKind
	text    string // of a string or a number
	truth   bool
	members []member
	items   []*value
	offset  int
}

// member is one member of an object.
type member struct {
	name   string
	offset int // of the name
	value  *value
}

type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonBool
	jsonNumber
	jsonString
	jsonArray
	jsonObject
)

var jsonKindNames = [...]string{"null", "a boolean", "a number", "a string", "an array", "an object"}

func (k jsonKind) String() string { return jsonKindNames[k] }

// maxDepth is how deep values may lie in each other. A transcript needs six.
const maxDepth = 32

// member gives the value under a name, nil where there is none or it is null:
// null says the same as leaving the key out.
func (v *value) member(name string) *value {
	for _, m := range v.members {
		if m.name == name && m.value.kind != jsonNull {
			return m.value
		}
	}
	return nil
}

// has reports whether the name is there, be it as null.
func (v *value) has(name string) bool {
	for _, m := range v.members {
		if m.name == name {
			return true
		}
	}
	return false
}

// parser reads values from tokens.
type parser struct {
	data    []byte
	decoder *json.Decoder
}

// jsonError is a mistake at an offset.
type jsonError struct {
	offset  int
	problem string
}

func (e *jsonError) Error() string { return e.problem }

// parseJSON reads the one value that data holds. Its errors are *jsonError.
func parseJSON(data []byte) (*value, error) {
	p := &parser{data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	p.decoder.UseNumber()
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if at := p.next(); at < len(data) {
		return nil, &jsonError{at, "more behind the end of the value"}
	}
	return v, nil
}

// next is the offset at which the next token starts.
func (p *parser) next() int {
	at := int(p.decoder.InputOffset())
	for at < len(p.data) && bytes.IndexByte([]byte(" \t\r\n,:"), p.data[at]) >= 0 {
		at++
	}
	return at
}

func (p *parser) token() (json.Token, int, error) {
	at := p.next()
	token, err := p.decoder.Token()
	if err == nil {
		return token, at, nil
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return nil, 0, &jsonError{p.complaint(int(syntax.Offset), err.Error()), err.Error()}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, 0, &jsonError{len(p.data), "unexpected end of JSON input"}
	}
	return nil, 0, &jsonError{at, err.Error()}
}

// complaint is where the octet stands that a syntax error is about: package
// json tells its offset in some errors, and that of the next one in others.
func (p *parser) complaint(offset int, text string) int {
	if offset < len(p.data) && strings.HasPrefix(text, "invalid character "+strconv.QuoteRune(rune(p.data[offset]))) {
		return offset
	}
	return max(offset-1, 0)
}

func (p *parser) value(depth int) (*value, error) {
	token, at, err := p.token()
	if err != nil {
		return nil, err
	}
	v := &value{offset: at}
	switch token := token.(type) {
	case nil:
		v.kind = jsonNull
	case bool:
		v.kind, v.truth = jsonBool, token
	case json.Number:
		v.kind, v.text = jsonNumber, token.String()
	case string:
		v.kind, v.text = jsonString, token
	case json.Delim:
		if depth == maxDepth {
			return nil, &jsonError{at, fmt.Sprintf("values lie more than %d deep in each other", maxDepth)}
		}
		if token == '[' {
			v.kind = jsonArray
			err = p.array(v, depth+1)
		} else {
			v.kind = jsonObject
			err = p.object(v, depth+1)
		}
	}
	return v, err
}

func (p *parser) array(v *value, depth int) error {
	for p.decoder.More() {
		item, err := p.value(depth)
		if err != nil {
			return err
		}
		v.items = append(v.items, item)
	}
	_, _, err := p.token()
	return err
}

func (p *parser) object(v *value, depth int) error {
	for p.decoder.More() {
		token, at, err := p.token()
		if err != nil {
			return err
		}
		name, _ := token.(string) // the decoder lets nothing else be a name
		if v.has(name) {
			return &jsonError{at, fmt.Sprintf("%q is there twice", name)}
		}
		item, err := p.value(depth)
		if err != nil {
			return err
		}
		v.members = append(v.members, member{name, at, item})
	}
	_, _, err := p.token()
	return err
}

// place gives the line and the column of an offset, both counted from 1.
func place(data []byte, offset int) (line, column int) {
	before := data[:min(offset, len(data))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}
