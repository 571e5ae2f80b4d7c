package main

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"blesmp/cmd/smp/internal/terminaltest"
)

// process is one run of smp, with its own input and output.
type process struct {
	t      *testing.T
	name   string
	out    *terminaltest.Screen
	err    *terminaltest.Screen
	in     *io.PipeWriter
	cancel context.CancelFunc
	status chan int
}

// start runs a command.
func start(t *testing.T, name string, args ...string) *process {
	t.Helper()
	reader, writer := io.Pipe()
	x := &process{t: t, name: name, out: terminaltest.NewScreen(), err: terminaltest.NewScreen(), in: writer, status: make(chan int, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	x.cancel = cancel
	go func() {
		status := run(ctx, streams{reader, x.out, x.err}, args)
		x.out.End()
		x.err.End()
		x.status <- status
	}()
	t.Cleanup(func() {
		cancel()
		_ = writer.Close()
		select {
		case status := <-x.status:
			x.status <- status
		case <-time.After(terminaltest.Patience):
			t.Errorf("%s does not end", name)
		}
		if t.Failed() {
			t.Logf("%s printed:\n%s%s", name, x.out, x.err)
		}
	})
	return x
}

// expect waits for a text in the output, and gives its line.
func (x *process) expect(text string) string {
	x.t.Helper()
	line, ok := x.out.Find(text)
	if !ok {
		x.t.Fatalf("%s did not print %q", x.name, text)
	}
	return line
}

// say types a line.
func (x *process) say(line string) {
	x.t.Helper()
	if _, err := io.WriteString(x.in, line+"\n"); err != nil {
		x.t.Fatal(err)
	}
}

// exit waits for the end, and compares the exit status.
func (x *process) exit(want int) {
	x.t.Helper()
	select {
	case got := <-x.status:
		x.status <- got
		if got != want {
			x.t.Fatalf("%s: exit status %d, want %d", x.name, got, want)
		}
	case <-time.After(terminaltest.Patience):
		x.t.Fatalf("%s does not end", x.name)
	}
}

// quiet reports what was printed though it should not have been.
func (x *process) quiet(texts ...string) {
	x.t.Helper()
	for _, text := range texts {
		if strings.Contains(x.out.String(), text) {
			x.t.Errorf("%s printed %q", x.name, text)
		}
	}
}
