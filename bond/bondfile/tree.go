package bondfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// node is a JSON value that knows its line, so that what is wrong with it can
// be said with its place.
type node struct {
	place
	path    string // as bonds[2].peer_ltk, for errors
	value   any    // nil, bool, string, json.Number; nil for an object and an array
	kind    string // "null", "true or false", "a string", "a number", "an object", "an array"
	members []member
	items   []*node
}

type member struct {
	name string
	node *node
}

const (
	remedyJSON = "compare the file with the format, or export it anew"
	mostDepth  = 8
)

// parseJSON reads one JSON value and nothing behind it.
func parseJSON(file string, data []byte) (*node, error) {
	t := &treeReader{file: file, data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	t.decoder.UseNumber()
	n, err := t.node("", mostDepth)
	if err != nil {
		return nil, err
	}
	if _, err := t.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, t.here().wrong(remedyJSON, "there is more behind the JSON value")
	}
	return n, nil
}

type treeReader struct {
	file    string
	data    []byte
	decoder *json.Decoder
	counted int64 // octets whose lines are in line
	line    int
}

// here is the line of the token that was read last.
func (t *treeReader) here() place {
	at := max(t.decoder.InputOffset(), t.counted)
	t.line += bytes.Count(t.data[t.counted:at], []byte("\n"))
	t.counted = at
	return place{t.file, t.line + 1}
}

func (t *treeReader) token() (json.Token, error) {
	token, err := t.decoder.Token()
	if err == nil {
		return token, nil
	}
	at := t.here()
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, at.wrong("the file was cut off: copy it anew", "the file ends inside the JSON value")
	case errors.As(err, &syntax):
		at.line = 1 + bytes.Count(t.data[:min(max(syntax.Offset, 0), int64(len(t.data)))], []byte("\n"))
	}
	return nil, at.wrong(remedyJSON, "not JSON: %s", printable(strings.TrimPrefix(err.Error(), "json: ")))
}

func (t *treeReader) node(path string, depth int) (*node, error) {
	token, err := t.token()
	if err != nil {
		return nil, err
	}
	n := &node{place: t.here(), path: path, value: token}
	if depth == 0 {
		return nil, n.wrong(remedyJSON, "objects and arrays are nested too deep")
	}
	switch token := token.(type) {
	case nil:
		n.kind = "null"
	case bool:
		n.kind = "true or false"
	case string:
		n.kind = "a string"
	case json.Number:
		n.kind = "a number"
	case json.Delim:
		n.value = nil
		if token == '{' {
			n.kind = "an object"
			return n, t.object(n, depth)
		}
		n.kind = "an array"
		return n, t.array(n, depth)
	}
	return n, nil
}

func (t *treeReader) object(n *node, depth int) error {
	for t.decoder.More() {
		token, err := t.token()
		if err != nil {
			return err
		}
		name, at := token.(string), t.here()
		path := strings.TrimPrefix(n.path+"."+printable(name), ".")
		if slices.ContainsFunc(n.members, func(m member) bool { return m.name == name }) {
			return at.wrong("leave one of them", "%s is there twice", path)
		}
		child, err := t.node(path, depth-1)
		if err != nil {
			return err
		}
		n.members = append(n.members, member{name, child})
	}
	_, err := t.token()
	return err
}

func (t *treeReader) array(n *node, depth int) error {
	for t.decoder.More() {
		child, err := t.node(fmt.Sprintf("%s[%d]", n.path, len(n.items)), depth-1)
		if err != nil {
			return err
		}
		n.items = append(n.items, child)
	}
	_, err := t.token()
	return err
}

// name is what errors call the value.
func (n *node) name() string {
	if n.path == "" {
		return "the file"
	}
	return n.path
}

// want complains that the value is of another kind.
func (n *node) want(what string) error {
	return n.wrong(remedyJSON, "%s is %s, want %s", n.name(), n.kind, what)
}

// object checks that the value is an object with only these members.
func (n *node) object(known ...string) error {
	if n.kind != "an object" {
		return n.want("an object")
	}
	for _, m := range n.members {
		if !slices.Contains(known, m.name) {
			return m.node.wrong(remedyJSON, "%s is not known", m.node.name())
		}
	}
	return nil
}

// member finds a member that is not null.
func (n *node) member(name string) *node {
	for _, m := range n.members {
		if m.name == name && m.node.kind != "null" {
			return m.node
		}
	}
	return nil
}

// need finds a member that has to be there.
func (n *node) need(name string) (*node, error) {
	if m := n.member(name); m != nil {
		return m, nil
	}
	return nil, n.wrong(remedyJSON, "%s has no %s", n.name(), name)
}

func (n *node) text() (string, error) {
	if s, ok := n.value.(string); ok {
		return s, nil
	}
	return "", n.want("a string")
}

// flag reads a member that is false where it is left out.
func (n *node) flag(name string) (bool, error) {
	m := n.member(name)
	if m == nil {
		return false, nil
	}
	if b, ok := m.value.(bool); ok {
		return b, nil
	}
	return false, m.want("true or false")
}

// integer reads a whole number.
func (n *node) integer(low, high uint64) (uint64, error) {
	number, ok := n.value.(json.Number)
	if !ok {
		return 0, n.want("a number")
	}
	v, err := strconv.ParseUint(number.String(), 10, 64)
	if err != nil || v < low || v > high {
		return 0, n.wrong(remedyJSON, "%s is %s, want %d to %d", n.name(), printable(number.String()), low, high)
	}
	return v, nil
}

// list gives the items of a member that is an array, none where it is left out.
func (n *node) list(name string) ([]*node, error) {
	m := n.member(name)
	if m == nil {
		return nil, nil
	}
	if m.kind != "an array" {
		return nil, m.want("an array")
	}
	return m.items, nil
}
