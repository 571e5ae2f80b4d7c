package emit

import (
	"bytes"
	"fmt"
	"strings"
	"text/template"

	"blesmp/gen/machine"
	"blesmp/gen/spec"

	"golang.org/x/tools/imports"
)

// TestFileName is the name of the file with the tests of generated codecs.
const TestFileName = "zz_generated_test.go"

// Tests writes the tests of the codecs of a specification: its examples are
// read and written again, and seed a fuzz test that holds all codecs to being
// lossless. It gives nil for a file without PDUs.
func Tests(m *machine.Machine, o Options) ([]byte, error) {
	f := m.File
	if len(f.PDUs) == 0 {
		return nil, nil
	}
	e := newEmitter(m, nil, o)
	data := struct {
		Header, Package, Protocol, Table string
		PDUs                             []testedPDU
	}{Header(o.Source), f.Go.Package.Text, f.Protocol.Text, tablePath, nil}
	for _, p := range f.PDUs {
		t := testedPDU{Name: p.Name.Text, Lossy: e.lossy(p.Fields)}
		for _, example := range p.Examples {
			t.Examples = append(t.Examples, strings.Join(strings.Fields(example.Text), " "))
		}
		data.PDUs = append(data.PDUs, t)
	}
	var b bytes.Buffer
	if err := testTemplate.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("emit: %w", err)
	}
	source, err := imports.Process(TestFileName, b.Bytes(), &imports.Options{
		Comments: true, TabIndent: true, TabWidth: 8, FormatOnly: true,
	})
	if err != nil {
		return nil, fmt.Errorf("emit: %w", err)
	}
	return source, nil
}

type testedPDU struct {
	Name     string
	Lossy    bool // it has flags whose reserved bits are dropped
	Examples []string
}

func (e *emitter) lossy(fields []*spec.Field) bool {
	for _, f := range fields {
		if flags := e.flags[f.Type]; flags != nil && flags.Reserved == "zero" || e.lossy(f.Of) {
			return true
		}
	}
	return false
}

var testTemplate = template.Must(template.New("").Parse(`{{.Header}}

package {{.Package}}

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"{{.Table}}"
)

// generatedCodec is what every PDU of {{.Protocol}} is.
type generatedCodec interface {
	AppendTo(b []byte) []byte
	Unmarshal(b []byte) error
}

// generatedPDUs are the kinds of PDUs with the examples of the specification.
// The reserved bits of a lossy one are dropped when it is read.
var generatedPDUs = []struct {
	name     string
	lossy    bool
	empty    func() generatedCodec
	examples []string
}{
{{- range .PDUs}}
	{ {{- printf "%q" .Name}}, {{.Lossy}}, func() generatedCodec { return new({{.Name}}) }, {{if .Examples}}[]string{
{{- range .Examples}}
		{{printf "%q" .}},
{{- end}}
	}{{else}}nil{{end}}},
{{- end}}
}

// octetsOf reads an example.
func octetsOf(t testing.TB, example string) []byte {
	t.Helper()
	octets, err := hex.DecodeString(strings.ReplaceAll(example, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

// TestGeneratedExamples reads each example, writes it again, and reads all that
// it starts with.
func TestGeneratedExamples(t *testing.T) {
	for _, pdu := range generatedPDUs {
		for _, example := range pdu.examples {
			t.Run(pdu.name, func(t *testing.T) {
				octets := octetsOf(t, example)
				v := pdu.empty()
				if err := v.Unmarshal(octets); err != nil {
					t.Fatal(err)
				}
				if got := v.AppendTo(nil); !bytes.Equal(got, octets) {
					t.Errorf("read and written again:\n got % x\nwant % x", got, octets)
				}
				buffer := make([]byte, 0, len(octets))
				if n := testing.AllocsPerRun(10, func() {
					if err := v.Unmarshal(octets); err != nil {
						t.Error(err)
					}
					buffer = v.AppendTo(buffer[:0])
				}); n != 0 {
					t.Errorf("%v allocations, want none", n)
				}
				for n := range octets {
					checkGenerated(t, pdu.lossy, pdu.empty(), pdu.empty(), octets[:n])
				}
			})
		}
	}
}

// FuzzGeneratedCodecs reads anything as a PDU of any kind.
func FuzzGeneratedCodecs(f *testing.F) {
	for i, pdu := range generatedPDUs {
		for _, example := range pdu.examples {
			f.Add(uint16(i), octetsOf(f, example))
		}
	}
	f.Fuzz(func(t *testing.T, kind uint16, octets []byte) {
		pdu := generatedPDUs[int(kind)%len(generatedPDUs)]
		checkGenerated(t, pdu.lossy, pdu.empty(), pdu.empty(), octets)
	})
}

// checkGenerated reads octets into v, which is as empty as want. What is
// accepted is written as it was, and what is not leaves v alone.
func checkGenerated(t *testing.T, lossy bool, v, want generatedCodec, octets []byte) {
	t.Helper()
	err := v.Unmarshal(octets)
	if err != nil {
		if _, ok := errors.AsType[*table.FormatError](err); !ok {
			t.Errorf("% x: error %T, want *table.FormatError", octets, err)
		}
		if !reflect.DeepEqual(v, want) {
			t.Errorf("% x: refused, but the PDU is now %+v", octets, v)
		}
		return
	}
	again := v.AppendTo(nil)
	if !lossy && !bytes.Equal(again, octets) {
		t.Errorf("read and written again:\n got % x\nwant % x", again, octets)
	}
	if err := want.Unmarshal(again); err != nil {
		t.Errorf("% x: written as % x, which is refused: %v", octets, again, err)
	}
}
`))
