package bench

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"testing"
)

// charts are a plot with each kind of axis, and one with as much as there is room
// for.
func charts() map[string]plot {
	long := []point{{1, 3e-6}, {1000, 5e-3}, {1_000_000, 0.9}}
	return map[string]plot{
		"logarithmic": {title: "a < b & c", x: "links", y: "memory", format: octetTick, lines: []line{
			{"links", []point{{1, 20e3}, {10_000, 26e6}}, false}, {"15 kB for each", []point{{1, 15e3}, {10_000, 150e6}}, true},
		}},
		"linear": {title: "t", x: "links", y: "time", linear: true, format: secondTick, lines: []line{
			{"pairing", []point{{1, 130e-6}, {10, 170e-6}, {100, 141e-6}}, false},
		}},
		"full": {title: "t", x: "bonds", y: "time", format: secondTick, lines: []line{
			{"open", long, false}, {"get", long, false}, {"put", long, false}, {"put, 100 writers", long, false}, {"one sync", long, true},
		}},
	}
}

// box is where something stands, in pixels.
type box struct{ left, top, right, bottom float64 }

func (b box) overlaps(o box) bool {
	return b.left < o.right && o.left < b.right && b.top < o.bottom && o.top < b.bottom
}

// TestPlot looks whether each plot is XML, whether all marks are inside, and
// whether texts are, and stand clear of each other.
func TestPlot(t *testing.T) {
	for name, p := range charts() {
		t.Run(name, func(t *testing.T) {
			marks := 0
			var texts []box
			decoder := xml.NewDecoder(bytes.NewReader(p.svg()))
			for {
				token, err := decoder.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				start, ok := token.(xml.StartElement)
				if !ok {
					continue
				}
				at := func(name string) float64 { return attribute(t, start, name) }
				switch start.Name.Local {
				case "circle":
					marks++
					if x, y := at("cx"), at("cy"); x < plotLeft || x > plotWidth-plotRight || y < legendTop || y > plotHeight-plotBottom {
						t.Errorf("a mark at %v, %v", x, y)
					}
				case "text":
					if text := textBox(t, decoder, start); text != (box{}) {
						texts = append(texts, text)
					}
				}
			}
			if want := len(p.lines[0].points) + 1; marks != want {
				t.Errorf("%d marks of the first line, want %d and one in the legend", marks, want-1)
			}
			for i, a := range texts {
				if a.left < 0 || a.right > plotWidth || a.top < 0 || a.bottom > plotHeight {
					t.Errorf("text %d is cut: %v", i, a)
				}
				for _, b := range texts[:i] {
					if a.overlaps(b) {
						t.Errorf("texts overlap: %v, %v", a, b)
					}
				}
			}
		})
	}
}

func attribute(t *testing.T, e xml.StartElement, name string) float64 {
	t.Helper()
	for _, a := range e.Attr {
		if a.Name.Local == name {
			v, err := strconv.ParseFloat(a.Value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	return 0
}

// textBox is about where a text stands; none for the one that is turned.
func textBox(t *testing.T, decoder *xml.Decoder, e xml.StartElement) box {
	t.Helper()
	token, err := decoder.Token()
	if err != nil {
		t.Fatal(err)
	}
	text, _ := token.(xml.CharData)
	width := letters * float64(len([]rune(string(text))))
	x, y := attribute(t, e, "x"), attribute(t, e, "y")
	if x == 0 {
		return box{}
	}
	b := box{x, y - 11, x + width, y + 3}
	for _, a := range e.Attr {
		shift := map[string]float64{"end": width, "middle": width / 2}[a.Value]
		b.left, b.right = b.left-shift, b.right-shift
	}
	return b
}

func TestTicks(t *testing.T) {
	for _, test := range []struct {
		high float64
		want int
	}{{442e-6, 6}, {100, 7}, {1, 7}, {21, 6}} {
		s := fromZero(test.high)
		if len(s.ticks) != test.want || s.ticks[0] != 0 || s.high < test.high {
			t.Errorf("%v: ticks %v", test.high, s.ticks)
		}
	}
	if s := logarithmic(100, 100); s.low != 2 || s.high != 3 {
		t.Errorf("one value: %v", s)
	}
	if s := logarithmic(3e-6, 0.9); len(s.ticks) != 7 {
		t.Errorf("ticks %v", s.ticks)
	}
}
