package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"blesmp/bt"
	"blesmp/smp/smptest/replay"
)

// replayCommand describes smp replay.
func replayCommand() command {
	return command{
		name:    "replay",
		summary: "play recorded pairings and compare every octet",
		usage:   "[flags] FILE...",
		about: `Plays recorded pairings (format smp-transcript/1) with this Security Manager
on one side: what the other side did is fed in, and every PDU, every command to
the controller and every key is held against the record. A legacy pairing that
succeeds is played on both sides, LE Secure Connections on the sides whose
private key is known, everything else on the side that the record is about.

One line is printed for each file, "ok ID" or "FAIL ID: step N: want ..., got
...", and then how many passed and failed. A folder stands for its .json files.`,
		examples: []string{
			"smp replay smp/testdata/transcripts",
			"smp replay -v --show-keys pairing.json",
		},
		run:   runReplay,
		flags: func() *flag.FlagSet { flags, _ := replayFlags(); return flags },
	}
}

// playing is one call of the command.
type playing struct {
	verbose, showKeys bool
	w                 io.Writer
}

func replayFlags() (*flag.FlagSet, *playing) {
	r := &playing{}
	flags := flag.NewFlagSet("replay", flag.ContinueOnError)
	flags.BoolVar(&r.verbose, "v", false, "print every step, with the rows of the specification that it took")
	flags.BoolVar(&r.showKeys, "show-keys", false, "show keys; they are hidden otherwise")
	return flags, r
}

func runReplay(_ context.Context, s streams, args []string) int {
	flags, r := replayFlags()
	if err := parse(flags, args); err != nil {
		return usageError(s, err)
	}
	if flags.NArg() == 0 {
		return usageError(s, errors.New("replay needs the files to play; smp help replay shows how"))
	}
	r.w = s.out
	passed, failed := 0, 0
	for _, path := range expand(flags.Args()) {
		if r.file(path) {
			passed++
		} else {
			failed++
		}
	}
	if _, err := fmt.Fprintf(r.w, "%d passed, %d failed\n", passed, failed); err != nil {
		return failure(s, err)
	}
	if failed > 0 {
		return exitFailure
	}
	return exitOK
}

// expand replaces folders by the transcripts in them.
func expand(args []string) (paths []string) {
	for _, arg := range args {
		if info, err := os.Stat(arg); err != nil || !info.IsDir() {
			paths = append(paths, arg)
			continue
		}
		found, err := filepath.Glob(filepath.Join(escape(arg), "*.json"))
		if err != nil || len(found) == 0 {
			found = []string{arg} // fails as a file, with the reason
		}
		slices.Sort(found)
		paths = append(paths, found...)
	}
	return paths
}

// escape keeps the letters of a folder's name from being a pattern.
func escape(name string) string {
	if filepath.Separator == '\\' {
		return name // there is no escaping on Windows
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// file plays one file and says whether it passed.
func (r *playing) file(path string) bool {
	t, err := replay.Read(path)
	if err != nil {
		r.fail(strings.TrimSuffix(filepath.Base(path), ".json"), err.Error())
		return false
	}
	roles := t.Roles()
	for _, role := range roles {
		if err := r.play(t, role); err != nil {
			text := err.Error()
			if len(roles) > 1 {
				text += fmt.Sprintf(" (as %s)", sideNames[role])
			}
			r.fail(t.ID, text)
			return false
		}
	}
	r.print("ok %s\n", t.ID)
	return true
}

var sideNames = map[bt.Role]string{bt.Central: "initiator", bt.Peripheral: "responder"}

// play plays one side.
func (r *playing) play(t *replay.Transcript, role bt.Role) error {
	player := replay.Player{ShowKeys: r.showKeys}
	if r.verbose {
		r.print("%s as %s\n", t.ID, sideNames[role])
		player.Played = r.played
	}
	return player.Play(t, role)
}

// played prints one rung of the ladder.
func (r *playing) played(p replay.Played) {
	r.print("%5d  %s\n", p.Step.Number, p.Step.Describe(r.showKeys))
	for _, row := range p.Rows {
		r.print("         %s\n", row)
	}
}

func (r *playing) fail(id, text string) { r.print("FAIL %s: %s\n", id, oneLine(text)) }

func (r *playing) print(format string, args ...any) { _, _ = fmt.Fprintf(r.w, format, args...) }

// oneLine keeps a message on its line.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
