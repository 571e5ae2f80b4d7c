package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"blesmp/bt"
	"blesmp/cmd/smp/internal/capture"
	"blesmp/internal/dissect"
)

// decodeCommand describes smp decode.
func decodeCommand() command {
	return command{
		name:    "decode",
		summary: "read a recording and tell how devices paired, or why not",
		usage:   "FILE [flags]",
		about: `Reads a recording of a host or a sniffer and prints every SMP PDU, the steps of
encryption, and what they come to: the association model, the level, whether the
pairing succeeded and, if not, why and what usually is behind that.

It reads btsnoop (of Android, of btmon -w, of --snoop), and pcap and pcapng with
Bluetooth HCI or the LE link layer in them. FILE is - for the standard input. Of
the link layer it reads what is not encrypted: that is a pairing up to the
encryption with the new key. Lines that begin with > are PDUs, * encryption,
= links, and ! packets that cannot be read; the number is the packet's in the
file, as Wireshark counts.

It exits with 1 if the file cannot be read to its end; what stands before that
is printed.`,
		examples: []string{
			"smp decode btsnoop_hci.log",
			`smp decode --json sniffer.pcapng | jq 'select(.kind == "state")'`,
			"smp sim --snoop s.btsnoop && smp decode s-central.btsnoop --show-keys",
		},
		run:   runDecode,
		flags: func() *flag.FlagSet { flags, _ := decodeFlags(); return flags },
	}
}

// decodeOptions are the flags of decode.
type decodeOptions struct {
	json     bool
	showKeys bool
}

func decodeFlags() (*flag.FlagSet, *decodeOptions) {
	o := &decodeOptions{}
	flags := flag.NewFlagSet("decode", flag.ContinueOnError)
	flags.BoolVar(&o.json, "json", false, "print one JSON object a line")
	flags.BoolVar(&o.showKeys, "show-keys", false, "show keys; they are hidden otherwise")
	return flags, o
}

func runDecode(ctx context.Context, s streams, args []string) int {
	flags, o := decodeFlags()
	arguments, err := parseAnywhere(flags, args)
	if err != nil {
		return usageError(s, err)
	}
	if len(arguments) != 1 {
		return usageError(s, fmt.Errorf("decode takes one file, or - for the standard input, not %d", len(arguments)))
	}
	name, in := arguments[0], s.in
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return failure(s, err)
		}
		defer func() { _ = file.Close() }()
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return failure(s, fmt.Errorf("%s is a folder; name a recording in it", name))
		}
		in = file
	}
	reader, err := capture.NewReader(in)
	if err != nil {
		return failure(s, fmt.Errorf("%s: %w", name, err))
	}
	d := &decoder{options: o, out: s.out, name: name, format: reader.Format, sources: map[int]*source{}}
	if err := d.all(ctx, reader); err != nil {
		return failure(s, fmt.Errorf("%s: %w", name, err))
	}
	return exitOK
}

// decoder prints what is in a recording.
type decoder struct {
	options *decodeOptions
	out     io.Writer
	name    string
	format  string

	started bool
	start   time.Time
	sources map[int]*source
	order   []int
	total   totals
}

// source is one host or sniffer of a recording.
type source struct {
	hci     dissect.Dissector
	air     dissect.Sniffer
	tracker dissect.Tracker
}

// totals is what the last line tells.
type totals struct {
	Packets   int `json:"packets"`
	Links     int `json:"links"`
	PDUs      int `json:"pdus"`
	Paired    int `json:"paired"`
	Failed    int `json:"failed"`
	Malformed int `json:"malformed"`
}

// all prints every record, up to the end or to where the file cannot be read
// further, and the totals.
func (d *decoder) all(ctx context.Context, reader *capture.Reader) error {
	for {
		if err := ctx.Err(); err != nil {
			return errors.New("interrupted")
		}
		record, err := reader.Next()
		if err == nil {
			err = d.record(&record)
			if err == nil {
				continue
			}
			return err
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return errors.Join(d.end(), err)
	}
}

// record prints what one packet says and what follows from it.
func (d *decoder) record(r *capture.Record) error {
	d.total.Packets++
	if !d.started {
		d.started, d.start = true, r.Time
		if err := d.header(); err != nil {
			return err
		}
	}
	if r.Kind == capture.Other {
		return nil
	}
	src := d.sources[r.Source]
	if src == nil {
		src = &source{}
		src.hci.ShowKeys, src.air.ShowKeys = d.options.showKeys, d.options.showKeys
		d.sources[r.Source] = src
		d.order = append(d.order, r.Source)
	}
	if err := d.notes(r, src.tracker.Time(r.Time)); err != nil {
		return err
	}
	for _, step := range src.steps(r) {
		addresses := src.tracker.Addresses(step.Link)
		notes := src.tracker.Step(r.Time, &step)
		if step.Happening != dissect.LinkDown {
			addresses = src.tracker.Addresses(step.Link)
		}
		d.count(&step)
		if err := d.step(r, &step, addresses); err != nil {
			return err
		}
		if err := d.notes(r, notes); err != nil {
			return err
		}
	}
	return nil
}

// steps reads a packet by what it is.
func (s *source) steps(r *capture.Record) []dissect.Step {
	if r.Problem != nil {
		return []dissect.Step{{Kind: dissect.ErrorStep, Link: r.Access, Name: "packet", Details: r.Problem.Error()}}
	}
	if r.Kind == capture.Air {
		p := dissect.AirPacket{Access: r.Access, PDU: r.Data, Decrypted: r.Decrypted}
		switch r.Direction {
		case capture.FromCentral:
			p.From = dissect.CentralSide
		case capture.FromPeripheral:
			p.From = dissect.PeripheralSide
		}
		return s.air.Packet(p)
	}
	return s.hci.Packet(r.Direction == capture.Sent, r.Data)
}

func (d *decoder) count(s *dissect.Step) {
	switch {
	case s.Kind == dissect.ErrorStep || s.Malformed != nil:
		d.total.Malformed++
	case s.Kind == dissect.PDUStep:
		d.total.PDUs++
	case s.Happening == dissect.LinkUp:
		d.total.Links++
	}
}

// end prints what the recording leaves open, and the totals.
func (d *decoder) end() error {
	var failed []error
	for _, i := range d.order {
		failed = append(failed, d.notes(&capture.Record{Source: i}, d.sources[i].tracker.End()))
	}
	if d.options.json {
		line := struct {
			Kind string `json:"kind"`
			totals
		}{"totals", d.total}
		return errors.Join(append(failed, printJSON(d.out, line))...)
	}
	text := fmt.Sprintf("%s, %s, %s: %d paired, %d failed", counted(d.total.Packets, "packet"), counted(d.total.Links, "new link"), counted(d.total.PDUs, "SMP PDU"), d.total.Paired, d.total.Failed)
	if d.total.Malformed > 0 {
		text += fmt.Sprintf(", %d malformed", d.total.Malformed)
	}
	_, err := fmt.Fprintln(d.out, text)
	return errors.Join(append(failed, err)...)
}

// header tells what file it is and when it begins.
func (d *decoder) header() error {
	if d.options.json {
		return nil
	}
	begins := ""
	if !d.start.IsZero() {
		begins = d.start.UTC().Format(", begins 2006-01-02 15:04:05.000000 UTC")
	}
	_, err := fmt.Fprintf(d.out, "%s: %s%s\n", d.name, d.format, begins)
	return err
}

// linkName names a link, with the host or sniffer where there are several.
func linkName(r *capture.Record, link uint32) string {
	name := fmt.Sprintf("0x%04x", link)
	if r.Source > 0 {
		return fmt.Sprintf("%d:%s", r.Source, name)
	}
	return name
}

// step prints one step.
func (d *decoder) step(r *capture.Record, s *dissect.Step, a dissect.Addresses) error {
	if d.options.json {
		return printJSON(d.out, d.stepLine(r, s, a))
	}
	seconds := "-"
	if !r.Time.IsZero() {
		seconds = fmt.Sprintf("%.6f", r.Time.Sub(d.start).Seconds())
	}
	who, sign := s.From.String(), "*"
	switch s.Kind {
	case dissect.PDUStep:
		sign = ">"
	case dissect.LinkStep:
		who, sign = "", "="
	case dissect.ErrorStep:
		who, sign = "", "!"
	}
	text := s.Name
	switch {
	case s.Kind == dissect.ErrorStep:
		text += ": malformed: " + s.Details
	case s.Happening == dissect.LinkUp:
		text += ": " + described(s)
	case s.Details != "":
		text += ": " + s.Details
	}
	_, err := fmt.Fprintf(d.out, "%6d %11s  %s  %10s %s %s\n", r.Number, seconds, linkName(r, s.Link), who, sign, text)
	return err
}

// described tells whose link it is.
func described(s *dissect.Step) string {
	name := func(a bt.TypedAddress) string {
		if a.IsZero() {
			return "(address not recorded)"
		}
		return a.String()
	}
	text := fmt.Sprintf("central %s, peripheral %s", name(s.Addresses.Central), name(s.Addresses.Peripheral))
	if s.Own != dissect.NoSide {
		text += fmt.Sprintf("; recorded at the %v", s.Own)
	}
	return text
}

// notes prints what follows from a packet.
func (d *decoder) notes(r *capture.Record, notes []dissect.Note) error {
	for _, n := range notes {
		switch n.Topic {
		case "paired":
			d.total.Paired++
		case "failed", "timeout":
			d.total.Failed++
		}
		var err error
		if d.options.json {
			err = printJSON(d.out, noteLineOf(r, &n))
		} else {
			_, err = fmt.Fprintf(d.out, "%32s= %s\n", "", n.Text)
			if n.Cause != "" && err == nil {
				_, err = fmt.Fprintf(d.out, "%34susual cause: %s\n", "", n.Cause)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
