package bench

// picture is a plot in a file of its own.
type picture struct {
	file, about string
	plot
}

// pictures are those of a report for which it has enough figures.
func (r *Report) pictures() []picture {
	totals := func(f Figure) float64 { return f.Value * float64(f.At) }
	value := func(f Figure) float64 { return f.Value }
	base := func(f Figure) float64 { return f.Floor }
	links, bonds := "links in the process", "bonds in the store"
	all := []picture{
		{"links-memory.svg", "Memory of all links against their number", plot{
			title: "Memory of all links", x: links, y: "memory", format: octetTick,
			lines: []line{
				{"links that have answered a request", r.points("links/memory", totals), false},
				{"15 kB for each", r.points("links/memory", func(f Figure) float64 { return linkMemoryLimit * float64(f.At) }), true},
			},
		}},
		{"links-pair.svg", "Processor time of a pairing against the number of links", plot{
			title: "One pairing of up to 100 at a time", x: links, y: "processor time", linear: true, format: secondTick,
			lines: []line{
				{"pairing", r.points("links/pair", value), false},
				{"cryptography alone", r.points("links/pair", base), true},
			},
		}},
		{"bonds-resolve.svg", "Time to resolve a private address against the number of bonds", plot{
			title: "Resolving a private address", x: bonds, y: "processor time", format: secondTick,
			lines: []line{
				{"of nobody", r.points("bonds/resolve-miss", value), false},
				{"of a peer, again", r.points("bonds/resolve-again", value), false},
				{"two AES blocks for each bond", r.points("bonds/resolve-miss", base), true},
			},
		}},
		{"bonds-ask.svg", "Time to open a store and to get a bond against the number of bonds", plot{
			title: "Opening a store, getting and putting a bond", x: bonds, y: "time", format: secondTick,
			lines: []line{
				{"open", r.points("bonds/open", value), false},
				{"get", r.points("bonds/get", value), false},
				{"put", r.points("bonds/put", value), false},
				{"put, 100 writers", r.points("bonds/put-100", value), false},
				{"one sync", r.points("bonds/put", base), true},
			},
		}},
	}
	var drawn []picture
	for _, p := range all {
		if p.complete() {
			drawn = append(drawn, p)
		}
	}
	return drawn
}

// complete reports whether every line has two points or more.
func (p *plot) complete() bool {
	for _, l := range p.lines {
		if len(l.points) < 2 {
			return false
		}
	}
	return true
}

// points gives a series over the counts at which a figure was taken.
func (r *Report) points(name string, value func(Figure) float64) []point {
	var all []point
	for _, f := range r.Figures {
		if f.Name == name && value(f) > 0 {
			all = append(all, point{float64(f.At), value(f)})
		}
	}
	return all
}

// secondTick and octetTick label an axis: without digits that say nothing.
func secondTick(v float64) string { return trimmed(seconds(v)) }

func octetTick(v float64) string { return trimmed(octets(v)) }
