package docs_test

import (
	"encoding/xml"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// pageWidth is how wide a page shows a picture, and smallest how high its letters
// are then at least, both in pixels. A point is 4/3 of a pixel.
const (
	pageWidth = 900
	smallest  = 8.5
)

// picture is what of an SVG matters here.
type picture struct {
	ViewBox string  `xml:"viewBox,attr"`
	Groups  []group `xml:"g"`
}

type group struct {
	Class  string  `xml:"class,attr"`
	Title  string  `xml:"title"`
	Groups []group `xml:"g"`
	Links  []group `xml:"a"`
	Texts  []struct {
		X      float64 `xml:"x,attr"`
		Y      float64 `xml:"y,attr"`
		Anchor string  `xml:"text-anchor,attr"`
		Size   float64 `xml:"font-size,attr"`
		Text   string  `xml:",chardata"`
	} `xml:"text"`
	Paths []struct {
		D string `xml:"d,attr"`
	} `xml:"path"`
}

// box is where a text stands.
type box struct {
	left, top, right, bottom, size float64
	text                           string
}

// TestPictures looks at every SVG: its letters are large enough at page width, no
// text is cut or lies on another, and no line runs through one.
func TestPictures(t *testing.T) {
	all, err := filepath.Glob("diagrams/*/*.svg")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Glob("../examples/*/diagrams/*/*.svg")
	if err != nil {
		t.Fatal(err)
	}
	if all = append(all, examples...); len(all) < 25 {
		t.Fatalf("only %d pictures", len(all))
	}
	for _, path := range all {
		t.Run(filepath.ToSlash(path), func(t *testing.T) {
			var p picture
			if err := xml.Unmarshal([]byte(read(t, path)), &p); err != nil {
				t.Fatal(err)
			}
			look(t, p)
		})
	}
}

func look(t *testing.T, p picture) {
	t.Helper()
	var x, y, width, height float64
	if _, err := fmt.Sscan(p.ViewBox, &x, &y, &width, &height); err != nil {
		t.Fatal(err)
	}
	var texts []box
	var lines [][2]float64
	for _, g := range p.Groups {
		texts, lines = gather(g, texts, lines, false)
	}
	if len(texts) < 3 || len(lines) < 10 {
		t.Fatalf("%d texts and %d points of lines", len(texts), len(lines))
	}
	scale := min(4.0/3, pageWidth/width)
	const pad = 18 // the drawing is moved by as much into the picture
	for i, a := range texts {
		if a.size*scale < smallest {
			t.Errorf("%q is %.1f pixels high at page width", a.text, a.size*scale)
		}
		if a.left+pad < 0 || a.right+pad > width || a.top > pad || a.bottom+height-pad < 0 {
			t.Errorf("%q is cut", a.text)
		}
		for _, b := range texts[:i] {
			if a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom {
				t.Errorf("%q lies on %q", a.text, b.text)
			}
		}
		for _, at := range lines {
			if a.left < at[0] && at[0] < a.right && a.top < at[1] && at[1] < a.bottom {
				t.Errorf("a line runs through %q", a.text)
				break
			}
		}
	}
}

// gather collects the texts of a group, and points on the lines of its ways.
func gather(g group, texts []box, lines [][2]float64, edge bool) ([]box, [][2]float64) {
	edge = edge || strings.HasPrefix(g.Class, "edge")
	for _, s := range g.Texts {
		text := strings.TrimSpace(s.Text)
		if text == "" {
			continue
		}
		width := widthOf(strings.TrimRight(s.Text, "\u00a0 ")) * s.Size
		left := s.X
		if s.Anchor == "middle" {
			left -= width / 2
		}
		texts = append(texts, box{left, s.Y - 0.7*s.Size, left + width, s.Y + 0.1*s.Size, s.Size, text})
	}
	if edge {
		for _, path := range g.Paths {
			lines = append(lines, points(path.D)...)
		}
	}
	for _, inner := range append(g.Groups, g.Links...) {
		texts, lines = gather(inner, texts, lines, edge)
	}
	return texts, lines
}

// widthOf estimates the width of a text in Helvetica, in units of its size.
func widthOf(s string) float64 {
	width := 0.0
	for _, r := range s {
		switch {
		case strings.ContainsRune("ijltfrI[]()/:;,.! \u00a0", r):
			width += 0.28
		case strings.ContainsRune("mwMW", r):
			width += 0.83
		case r >= 'A' && r <= 'Z':
			width += 0.69
		default:
			width += 0.53
		}
	}
	return width
}

var number = regexp.MustCompile(`-?[0-9.]+`)

// points gives points close together on the curves of a path: M x,y C x,y x,y x,y ...
func points(d string) [][2]float64 {
	var at [][2]float64
	all := number.FindAllString(d, -1)
	for i := 0; i+1 < len(all); i += 2 {
		x, _ := strconv.ParseFloat(all[i], 64)
		y, _ := strconv.ParseFloat(all[i+1], 64)
		at = append(at, [2]float64{x, y})
	}
	var out [][2]float64
	for i := 0; i+3 < len(at); i += 3 {
		steps := 2 + int(math.Hypot(at[i+3][0]-at[i][0], at[i+3][1]-at[i][1]))
		for s := range steps + 1 {
			u := float64(s) / float64(steps)
			v := 1 - u
			var p [2]float64
			for k := range p {
				p[k] = v*v*v*at[i][k] + 3*v*v*u*at[i+1][k] + 3*v*u*u*at[i+2][k] + u*u*u*at[i+3][k]
			}
			out = append(out, p)
		}
	}
	return out
}
