package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteJSON writes the report as one object.
func (r *Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// WriteText writes the report as a table; room says when a bar is missed.
func (r *Report) WriteText(w io.Writer, room float64) error {
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	last := ""
	for _, f := range r.Figures {
		family, name, _ := strings.Cut(f.Name, "/")
		if family != last {
			if last != "" {
				fmt.Fprintln(t)
			}
			fmt.Fprintf(t, "%-18s\t%s\teach\ta second\tfloor\tx floor\tbar\t\n", family, counted(family))
			last = family
		}
		missed := ""
		if f.Missed(room) {
			missed = " missed"
		}
		fmt.Fprintf(t, "%-18s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			name, number(f.At), f.each(), f.rate(), f.value(f.Floor), ratio(f.Ratio), f.bar(), missed)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(b.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n%s\nsmp help bench says what the figures are.\n", r.means())
	return err
}

// counted is what At counts in a family of figures.
func counted(family string) string {
	if family == "links" || family == "bonds" {
		return family
	}
	return ""
}

// means says how the figures came about.
func (r *Report) means() string {
	return fmt.Sprintf("Medians of %d rounds, figure and floor in turn; %s on %s, %s.",
		r.Rounds, r.Go, r.System, cores(r.Cores))
}

func cores(n int) string {
	if n == 1 {
		return "1 core"
	}
	return fmt.Sprintf("%d cores", n)
}

// each is the value.
func (f Figure) each() string {
	if f.Value == 0 && f.Unit == Octets {
		return "0 B"
	}
	return f.value(f.Value)
}

// value gives a value in the figure's unit, nothing for 0.
func (f Figure) value(v float64) string {
	if v == 0 {
		return ""
	}
	switch f.Unit {
	case Seconds:
		return seconds(v)
	case Octets:
		return octets(v)
	}
	return ratio(v)
}

// rate is how many there are in a second, for times.
func (f Figure) rate() string {
	if f.Unit != Seconds || f.Value == 0 {
		return ""
	}
	return number(int(1/f.Value + 0.5))
}

// bar is what may not be exceeded.
func (f Figure) bar() string {
	if f.Bar > 0 {
		return ratio(f.Bar)
	}
	return f.value(f.Limit)
}

func ratio(v float64) string {
	switch {
	case v == 0:
		return ""
	case v < 0.1:
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// seconds gives a time with three digits.
func seconds(v float64) string {
	for _, unit := range []struct {
		name string
		size float64
	}{{"s", 1}, {"ms", 1e-3}, {"µs", 1e-6}} {
		if v >= unit.size {
			return digits(v/unit.size) + " " + unit.name
		}
	}
	return digits(v/1e-9) + " ns"
}

// octets gives a size with three digits.
func octets(v float64) string {
	for _, unit := range []struct {
		name string
		size float64
	}{{"MB", 1e6}, {"kB", 1e3}} {
		if v >= unit.size {
			return digits(v/unit.size) + " " + unit.name
		}
	}
	return digits(v) + " B"
}

func digits(v float64) string {
	switch {
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// number gives a count with commas, nothing for 0.
func number(n int) string {
	if n == 0 {
		return ""
	}
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// trimmed leaves zeros behind the point out.
func trimmed(text string) string {
	value, unit, _ := strings.Cut(text, " ")
	if value == "0.00" {
		return "0"
	}
	if strings.Contains(value, ".") {
		value = strings.TrimRight(strings.TrimRight(value, "0"), ".")
	}
	return value + " " + unit
}
