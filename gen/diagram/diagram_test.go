package diagram_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"blesmp/gen"
	"blesmp/gen/diagram"
	"blesmp/gen/machine"

	"github.com/google/go-cmp/cmp"
)

func load(t *testing.T, name string) *machine.Machine {
	t.Helper()
	m, err := gen.Load(filepath.Join("..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func draw(t *testing.T, m *machine.Machine) map[string]string {
	t.Helper()
	files, err := diagram.Files(t.Context(), m, diagram.Options{Source: "../market.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range files {
		if _, ok := all[f.Path]; ok {
			t.Errorf("%s is drawn twice", f.Path)
		}
		all[f.Path] = string(f.Content)
	}
	return all
}

// TestSameOctets draws twice, with machines of their own.
func TestSameOctets(t *testing.T) {
	first, second := draw(t, load(t, "market.yaml")), draw(t, load(t, "market.yaml"))
	if d := cmp.Diff(first, second); d != "" {
		t.Errorf("two drawings of one specification (-first +second)\n%s", d)
	}
}

// TestAtTheSameTime draws from several goroutines.
func TestAtTheSameTime(t *testing.T) {
	want := draw(t, load(t, "market.yaml"))
	results := make(chan map[string]string)
	const goroutines = 3
	for range goroutines {
		go func() {
			all := map[string]string{}
			m, err := gen.Load(filepath.Join("..", "testdata", "market.yaml"))
			if err == nil {
				var files []diagram.File
				files, err = diagram.Files(t.Context(), m, diagram.Options{Source: "../market.yaml"})
				for _, f := range files {
					all[f.Path] = string(f.Content)
				}
			}
			if err != nil {
				t.Error(err)
			}
			results <- all
		}()
	}
	for range goroutines {
		if d := cmp.Diff(want, <-results); d != "" {
			t.Errorf("drawn alone and with others (-alone +with others)\n%s", d)
		}
	}
}

// TestNothingIsMissing looks for every state, in the charts of the roles at
// which it exists, and for every cell of the matrix.
func TestNothingIsMissing(t *testing.T) {
	m := load(t, "market.yaml")
	files := draw(t, m)
	cells := 0
	for _, s := range m.States {
		for role, name := range m.Roles {
			path := "market/" + strings.ToLower(s.Phase.Name) + "-" + name + ".svg"
			if s.At(role) && !strings.Contains(files[path], ">"+s.Name+"</text>") {
				t.Errorf("%s does not show %s", path, s.Name)
			}
			for _, e := range m.Events {
				if m.Cell(role, s.ID, e.ID).By.Level != 0 {
					cells++
				}
			}
		}
	}
	shown := len(regexp.MustCompile(`\| \[\d+\]\(\.\./market\.yaml#L\d+\) \|`).FindAllString(
		strings.ReplaceAll(files["market-matrix.md"], ") |", ") | |"), -1))
	if shown != cells {
		t.Errorf("the matrix shows %d cells; the machine has %d", shown, cells)
	}
	for _, p := range m.File.PDUs {
		if !strings.Contains(files["market-pdus.md"], "\n## "+p.Name.Text+"\n") {
			t.Errorf("no layout of %s", p.Name.Text)
		}
	}
	for _, v := range []string{"Unknown", "BadWord", "TooDear", "WrongCoin", "NotForSale", "Nobody"} {
		if !strings.Contains(files["market-answers.md"], " "+v+"\n") {
			t.Errorf("no answer %s", v)
		}
	}
}

// TestPicturesAreXML reads every SVG to its end, and looks for the places where
// text could be cut: a picture is at least as wide as each label in it.
func TestPicturesAreXML(t *testing.T) {
	pictures := 0
	for path, text := range draw(t, load(t, "market.yaml")) {
		if !strings.HasSuffix(path, ".svg") {
			continue
		}
		pictures++
		titles := 0
		decoder := xml.NewDecoder(bytes.NewReader([]byte(text)))
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if start, ok := token.(xml.StartElement); ok {
				for _, a := range start.Attr {
					if a.Name.Local == "title" && strings.Contains(a.Value, "line ") {
						titles++
					}
				}
			}
		}
		if titles == 0 {
			t.Errorf("%s: no tooltip names a line", path)
		}
		if !strings.Contains(text, "prefers-color-scheme: dark") {
			t.Errorf("%s has no style for the dark", path)
		}
	}
	if pictures < 5 {
		t.Errorf("%d pictures", pictures)
	}
}

// TestPDUsAlone draws a file without a machine.
func TestPDUsAlone(t *testing.T) {
	files := draw(t, load(t, "lamps.yaml"))
	if len(files) != 1 || !strings.Contains(files["lamps-pdus.md"], "| octets | field |") {
		t.Errorf("files %v", files)
	}
}
