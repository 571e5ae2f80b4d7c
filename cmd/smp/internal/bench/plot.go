package bench

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// plot is a line chart with a logarithmic axis of counts. It is drawn here, not
// by a library, because it has to be read on a light and on a dark page, from one
// file.
type plot struct {
	title  string
	x      string // what is counted
	y      string
	linear bool                 // the vertical axis, which then begins at 0
	format func(float64) string // of a value
	lines  []line
}

// line is one series.
type line struct {
	name   string
	points []point
	bound  bool // a floor or a bar: dashed, without marks
}

type point struct{ x, y float64 }

// The measures of a plot, in pixels.
const (
	plotWidth, plotHeight         = 720, 400
	plotLeft, plotRight           = 84, 44
	plotTop, plotBottom           = 74, 56
	legendTop, legendGap, letters = 50, 28, 7.1
)

// style has the colours for both kinds of page. Each line has its own mark, too.
const style = `
text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.page { fill: #ffffff }
.grid { stroke: #d8dee4; stroke-width: 1 }
.axis { stroke: #59636e; stroke-width: 1 }
.line { fill: none; stroke-width: 2 }
.bound { stroke: #59636e; stroke-dasharray: 6 4 }
.s0 { stroke: #0969da } .m0 { fill: #0969da }
.s1 { stroke: #bc4c00 } .m1 { fill: #bc4c00 }
.s2 { stroke: #1a7f37 } .m2 { fill: #1a7f37 }
.s3 { stroke: #8250df } .m3 { fill: #8250df }
@media (prefers-color-scheme: dark) {
.bound { stroke: #9198a1 }
text { fill: #e6edf3 }
.page { fill: #0d1117 }
.grid { stroke: #30363d }
.axis { stroke: #9198a1 }
.s0 { stroke: #58a6ff } .m0 { fill: #58a6ff }
.s1 { stroke: #f0883e } .m1 { fill: #f0883e }
.s2 { stroke: #3fb950 } .m2 { fill: #3fb950 }
.s3 { stroke: #bc8cff } .m3 { fill: #bc8cff }
}
`

// svg draws the plot.
func (p *plot) svg() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img">`+"\n",
		plotWidth, plotHeight, plotWidth, plotHeight)
	fmt.Fprintf(&b, "<title>%s</title>\n<style>%s</style>\n", escaped(p.title), style)
	fmt.Fprintf(&b, `<rect class="page" width="%d" height="%d" rx="6"/>`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<text class="title" x="%d" y="26">%s</text>`+"\n", plotLeft, escaped(p.title))
	p.legend(&b)
	across, up := p.scales()
	p.axes(&b, across, up)
	for i, l := range p.lines {
		l.draw(&b, i, across, up)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

// legend names the lines, in a row.
func (p *plot) legend(b *bytes.Buffer) {
	x := float64(plotLeft)
	for i, l := range p.lines {
		fmt.Fprintf(b, `<line class="line %s" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/>`+"\n", l.class(i), x, legendTop, x+26, legendTop)
		if !l.bound {
			mark(b, i, x+13, legendTop)
		}
		fmt.Fprintf(b, `<text x="%.1f" y="%d">%s</text>`+"\n", x+32, legendTop+5, escaped(l.name))
		x += 32 + letters*float64(len([]rune(l.name))) + legendGap
	}
}

// class is how line i looks: a bound is grey.
func (l line) class(i int) string {
	if l.bound {
		return "bound"
	}
	return fmt.Sprintf("s%d", i)
}

// scale maps values to pixels.
type scale struct {
	low, high float64 // values, or their logarithms
	from, to  float64 // pixels
	linear    bool
	ticks     []float64
}

func (s *scale) at(v float64) float64 {
	if !s.linear {
		v = math.Log10(v)
	}
	return s.from + (v-s.low)/(s.high-s.low)*(s.to-s.from)
}

// scales finds the room that all points need.
func (p *plot) scales() (across, up scale) {
	lowX, highX := math.Inf(1), math.Inf(-1)
	lowY, highY := lowX, highX
	for _, l := range p.lines {
		for _, at := range l.points {
			lowX, highX = min(lowX, at.x), max(highX, at.x)
			lowY, highY = min(lowY, at.y), max(highY, at.y)
		}
	}
	across, up = logarithmic(lowX, highX), logarithmic(lowY, highY)
	if p.linear {
		up = fromZero(highY)
	}
	across.from, across.to = plotLeft, plotWidth-plotRight
	up.from, up.to = plotHeight-plotBottom, plotTop
	return across, up
}

// logarithmic has a tick for each power of ten, at least two.
func logarithmic(low, high float64) scale {
	first, last := math.Floor(math.Log10(low)+1e-9), math.Ceil(math.Log10(high)-1e-9)
	if last <= first {
		last = first + 1
	}
	s := scale{low: first, high: last}
	for e := first; e <= last; e++ {
		s.ticks = append(s.ticks, math.Pow(10, e))
	}
	return s
}

// fromZero has up to six ticks, at 1, 2 or 5 times a power of ten.
func fromZero(high float64) scale {
	step := math.Pow(10, math.Floor(math.Log10(high)))
	for _, part := range []float64{0.1, 0.2, 0.5, 1, 2} {
		if high/(step*part) <= 5 {
			step *= part
			break
		}
	}
	s := scale{linear: true, high: math.Ceil(high*1.05/step) * step}
	for n := 0.0; n*step <= s.high*1.0001; n++ {
		s.ticks = append(s.ticks, n*step)
	}
	return s
}

// axes draws the grid and what stands beside it.
func (p *plot) axes(b *bytes.Buffer, across, up scale) {
	for _, v := range up.ticks {
		y := up.at(v)
		fmt.Fprintf(b, `<line class="grid" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", across.from, y, across.to, y)
		fmt.Fprintf(b, `<text text-anchor="end" x="%.1f" y="%.1f">%s</text>`+"\n", across.from-8, y+4.5, escaped(p.format(v)))
	}
	for _, v := range across.ticks {
		x := across.at(v)
		fmt.Fprintf(b, `<line class="grid" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", x, up.from, x, up.to)
		fmt.Fprintf(b, `<text text-anchor="middle" x="%.1f" y="%.1f">%s</text>`+"\n", x, up.from+20, number(int(v)))
	}
	fmt.Fprintf(b, `<line class="axis" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", across.from, up.from, across.to, up.from)
	fmt.Fprintf(b, `<text text-anchor="middle" x="%.1f" y="%d">%s</text>`+"\n", (across.from+across.to)/2, plotHeight-14, escaped(p.x))
	fmt.Fprintf(b, `<text text-anchor="middle" transform="translate(18 %.1f) rotate(-90)">%s</text>`+"\n", (up.from+up.to)/2, escaped(p.y))
}

// draw draws one line with a mark at each point.
func (l line) draw(b *bytes.Buffer, i int, across, up scale) {
	var path strings.Builder
	for n, at := range l.points {
		command := "L"
		if n == 0 {
			command = "M"
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", command, across.at(at.x), up.at(at.y))
	}
	fmt.Fprintf(b, `<path class="line %s" d="%s"/>`+"\n", l.class(i), path.String())
	if l.bound {
		return
	}
	for _, at := range l.points {
		mark(b, i, across.at(at.x), up.at(at.y))
	}
}

// mark draws a circle, a square, a triangle or a diamond.
func mark(b *bytes.Buffer, i int, x, y float64) {
	switch i % 4 {
	case 0:
		fmt.Fprintf(b, `<circle class="m%d" cx="%.1f" cy="%.1f" r="4.5"/>`+"\n", i, x, y)
	case 1:
		fmt.Fprintf(b, `<rect class="m%d" x="%.1f" y="%.1f" width="8" height="8"/>`+"\n", i, x-4, y-4)
	case 2:
		fmt.Fprintf(b, `<path class="m%d" d="M%.1f %.1fl5 9h-10z"/>`+"\n", i, x, y-5.5)
	case 3:
		fmt.Fprintf(b, `<path class="m%d" d="M%.1f %.1fl5.5 5.5l-5.5 5.5l-5.5 -5.5z"/>`+"\n", i, x, y-5.5)
	}
}
