package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// WritePage writes the page of the documentation about this report, its plots in
// a folder of its name beside it, and where a pairing spends its time. Each figure
// was measured for d.
func (r *Report) WritePage(path string, p *Profile, d time.Duration) error {
	folder := strings.TrimSuffix(path, filepath.Ext(path))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	pictures := map[string]string{}
	for _, picture := range r.pictures() {
		if err := os.WriteFile(filepath.Join(folder, picture.file), picture.svg(), 0o644); err != nil {
			return err
		}
		pictures[picture.file] = fmt.Sprintf("![%s](%s/%s)\n\n", picture.about, filepath.Base(folder), picture.file)
	}
	var b bytes.Buffer
	r.page(&b, pictures, p, d)
	return os.WriteFile(path, bytes.ReplaceAll(b.Bytes(), []byte("\n\n\n"), []byte("\n\n")), 0o644)
}

// Profile is where the time of a pairing goes.
type Profile struct {
	engine, stack []share
	top           string // of the engine's
}

// TakeProfile profiles pairings for d each, which is done best before anything
// else. It needs the go command.
func TakeProfile(ctx context.Context, d time.Duration) (p *Profile, err error) {
	p = new(Profile)
	if p.engine, p.top, err = shares(ctx, EngineProfile, d); err != nil {
		return nil, err
	}
	p.stack, _, err = shares(ctx, StackProfile, d)
	return p, err
}

// chapter is a part of the page: a family of figures.
type chapter struct {
	title, text, only string
	pictures          []string
}

var chapters = []chapter{
	{
		"Pairing at the engine",
		`Two Procedures pair on one link, again and again: both sides, every PDU encoded and decoded, keys distributed; no driver, link
or store. The floor is the cryptography of both sides alone. Key pairs are made ahead and are in neither.`,
		"engine/*", nil,
	},
	{
		"Pairing through two hosts",
		`The same through sessions, L2CAP, HCI octets and two virtual controllers on an air without delay, with stores in
memory. Here the key pairs are in both, the figure and its floor, and so is all that the virtual controllers do: they
encrypt each packet. The link is there before. Encrypting with a bond, and connecting again for it, has no floor: the
cryptography of that is the controller's.`,
		"stack/*", nil,
	},
	{
		"Many links in one process",
		`Hosts hold the links, one Manager their sessions, and a store in memory their bonds. One controller has 3,840
connection handles, so 10,000 links take three hosts. The controllers have no radio and no air: they answer HCI from
memory. Behind each link that pairs is a bare Procedure, so that the cryptography of both sides is in this process, in
the figure as in the floor. What is counted as memory is what the process has more than before the first host: spans of
the heap in use and stacks (HeapInuse and StackInuse of runtime.MemStats) after garbage collection, so engines,
sessions, L2CAP, connections, bonds and key pairs that were made ahead, and in *links/memory-pairing* the peers'
Procedures, too, which the bar need not count. Each link has answered a request on ATT before.

*links/memory-pairing* is taken while all that pair at the same time stand before the DHKey Check; *links/memory-paired*
after that. *links/pair* is the processor time of one pairing, of up to 100 at a time, on one core, with the making of
its two key pairs. *links/throughput* is elapsed time with all cores, of as many pairings at a time as the page says:
a burst on links that were at rest, so both sides have made their key pairs ahead (Options.KeyPairs). Its floor is all
the cryptography of as many pairings on as many cores, key pairs included, and the bar says within 10 % of what that
gives. *links/sustained* is what is left of this where bursts follow each other without a rest: the time goes on until
all key pairs are there again. *links/starvation* is the 99th percentile of the times from the common beginning to the
end of each pairing, in means; where all are served one after another it is 2.`,
		"links/*", []string{"links-memory.svg", "links-pair.svg"},
	},
	{
		"Bonds in a file",
		`The store of package boltstore, with bonds that have an LTK, an IRK and an address on the air. *bonds/put* is elapsed
time of one put by one writer, and of 10 and 100 writers that put at the same time; its floor is one write of a page and
one sync of the same disk. *bonds/resolve-miss* asks for a private address of nobody, each time another one; its floor is
two AES blocks for each bond, one to expand the IRK and one to encrypt, at the rate of counter mode, in which no block
waits for another; the bar is on the time with 100,000 bonds. *bonds/resolve-again* asks for one peer's address again
and again. *bonds/memory* is what the open store has in memory for each bond when it has resolved an address.`,
		"bonds/*", []string{"bonds-resolve.svg", "bonds-ask.svg"},
	},
}

// page writes the page.
func (r *Report) page(b *bytes.Buffer, pictures map[string]string, p *Profile, d time.Duration) {
	fmt.Fprintf(b, `# Performance

The report of a run, written with its plots by

`+"```sh\n%s --markdown docs/performance.md\n```"+`

%s
Times are processor time of the process, the collection of garbage included, on one core (at the engine of one
goroutine, with the collector on any core), but for *links/throughput*, *links/sustained*, *bonds/put* and *bonds/open*,
which are elapsed time: what else a machine does is in these. Secure Connections at the engine are measured with
garbage collected between the rounds: the engine leaves none of its own, and where collections keep step with the rounds
they fall on one of the two alone. There, and through two hosts, pairing and floor have turns of a millisecond. The command
is built with a profile of such runs (cmd/smp/default.pgo), as benchmarks and programs that import smp are not. The
ratio to a floor from the same run says the same on other machines; a time does not. A bar is what a ratio, or where it
has a unit the value, may be at most: `+"`smp bench --bars`"+` exits with 1 where one is missed. Benchmarks beside the code report more
ratios: `+"`go test -run '^$' -bench . ./...`"+`.

%s
`, r.command(d), r.means(), r.verdict())
	for _, c := range chapters {
		family := strings.TrimSuffix(c.only, "*")
		if len(r.of(family)) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n## %s\n\n%s\n\n", c.title, c.text)
		r.table(b, family)
		fmt.Fprintf(b, "\nAgain:\n\n```sh\n%s --only '%s'\n```\n\n", r.command(d), c.only)
		for _, file := range c.pictures {
			b.WriteString(pictures[file])
		}
	}
	p.write(b)
}

// verdict says which bars are missed.
func (r *Report) verdict() string {
	missed := r.Missed(1)
	if len(missed) == 0 {
		return "All bars are met in this run."
	}
	text := "Missed in this run:\n"
	for _, f := range missed {
		text += "\n- " + f.Verdict(1)
	}
	return text
}

// of gives the figures of a family.
func (r *Report) of(family string) []Figure {
	var all []Figure
	for _, f := range r.Figures {
		if strings.HasPrefix(f.Name, family) {
			all = append(all, f)
		}
	}
	return all
}

func (r *Report) table(b *bytes.Buffer, family string) {
	count := counted(strings.TrimSuffix(family, "/"))
	if count != "" {
		fmt.Fprintf(b, "| figure | %s | each | a second | floor | x floor | bar |\n| --- | --: | --: | --: | --: | --: | --: |\n", count)
	} else {
		b.WriteString("| figure | each | a second | floor | x floor | bar |\n| --- | --: | --: | --: | --: | --: |\n")
	}
	for _, f := range r.of(family) {
		fmt.Fprintf(b, "| %s |", strings.TrimPrefix(f.Name, family))
		if count != "" {
			fmt.Fprintf(b, " %s |", number(f.At))
		}
		bar := f.bar()
		if f.Missed(1) {
			bar += ", missed"
		}
		for _, cell := range []string{f.each(), f.rate(), f.value(f.Floor), ratio(f.Ratio), bar} {
			fmt.Fprintf(b, " %s |", cell)
		}
		b.WriteByte('\n')
	}
}

// write writes where the time goes.
func (p *Profile) write(b *bytes.Buffer) {
	var totals [2]time.Duration
	for i := range p.engine {
		totals[0] += p.engine[i].count
		totals[1] += p.stack[i].count
	}
	b.WriteString(`## Where the time goes

Processor profiles of pairings by Just Works of LE Secure Connections, key pairs included, on one core:

| share of the time | at the engine | through two hosts |
| --- | --: | --: |
`)
	for i := range p.engine {
		fmt.Fprintf(b, "| %s | %s | %s |\n", p.engine[i].name, percent(p.engine[i].count, totals[0]), percent(p.stack[i].count, totals[1]))
	}
	fmt.Fprintf(b, `
A stack belongs to the first row of which it has a function. The engine's profile, the longest first:

`+"```text\n%s```"+`

Again:

`+"```sh\nsmp bench --profile cpu.pprof --time 10s\n```"+`

and then `+"`go tool pprof -top cpu.pprof`"+`.
`, p.top)
}

func percent(part, whole time.Duration) string {
	if whole == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}

// command measures again what the report has, as long.
func (r *Report) command(d time.Duration) string {
	numbers := func(all []int) string { return strings.Trim(strings.ReplaceAll(fmt.Sprint(all), " ", ","), "[]") }
	return fmt.Sprintf("smp bench --time %v --rounds %d --links %s --pairing %d --bonds %s", d, r.Rounds, numbers(r.Links), r.Pairing, numbers(r.Bonds))
}
