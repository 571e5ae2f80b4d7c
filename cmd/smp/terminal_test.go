package main

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"blesmp/hci/virtual"
)

// patience is how long a test waits for what has to come.
const patience = 30 * time.Second

// terminal is one run of smp, with its own input and output.
type terminal struct {
	t      *testing.T
	name   string
	out    *screen
	err    *screen
	in     *io.PipeWriter
	cancel context.CancelFunc
	status chan int
}

// screen is what was written, as far as it was read.
type screen struct {
	mu      sync.Mutex
	changed chan struct{}
	text    string
	read    int
	ended   bool
}

func newScreen() *screen { return &screen{changed: make(chan struct{})} }

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text += string(p)
	close(s.changed)
	s.changed = make(chan struct{})
	return len(p), nil
}

func (s *screen) end() {
	_, _ = s.Write(nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	close(s.changed)
	s.changed = make(chan struct{})
}

// String gives all that was written.
func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text
}

// find waits for a text behind what was read, and gives its line.
func (s *screen) find(text string) (line string, ok bool) {
	late := time.After(patience)
	for {
		s.mu.Lock()
		changed, ended := s.changed, s.ended
		if i := strings.Index(s.text[s.read:], text); i >= 0 {
			at := s.read + i
			end := at + strings.IndexByte(s.text[at:]+"\n", '\n')
			if strings.HasSuffix(s.text, "\n") || end < len(s.text) || ended {
				start := strings.LastIndexByte(s.text[:at], '\n') + 1
				s.read = min(end+1, len(s.text))
				line := s.text[start:end]
				s.mu.Unlock()
				return line, true
			}
		}
		s.mu.Unlock()
		if ended {
			return "", false
		}
		select {
		case <-changed:
		case <-late:
			return "", false
		}
	}
}

// start runs a command.
func start(t *testing.T, name string, args ...string) *terminal {
	t.Helper()
	reader, writer := io.Pipe()
	x := &terminal{t: t, name: name, out: newScreen(), err: newScreen(), in: writer, status: make(chan int, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	x.cancel = cancel
	go func() {
		status := run(ctx, streams{reader, x.out, x.err}, args)
		x.out.end()
		x.err.end()
		x.status <- status
	}()
	t.Cleanup(func() {
		cancel()
		_ = writer.Close()
		select {
		case status := <-x.status:
			x.status <- status
		case <-time.After(patience):
			t.Errorf("%s does not end", name)
		}
		if t.Failed() {
			t.Logf("%s printed:\n%s%s", name, x.out, x.err)
		}
	})
	return x
}

// expect waits for a text in the output, and gives its line.
func (x *terminal) expect(text string) string {
	x.t.Helper()
	line, ok := x.out.find(text)
	if !ok {
		x.t.Fatalf("%s did not print %q", x.name, text)
	}
	return line
}

// say types a line.
func (x *terminal) say(line string) {
	x.t.Helper()
	if _, err := io.WriteString(x.in, line+"\n"); err != nil {
		x.t.Fatal(err)
	}
}

// exit waits for the end, and compares the exit status.
func (x *terminal) exit(want int) {
	x.t.Helper()
	select {
	case got := <-x.status:
		x.status <- got
		if got != want {
			x.t.Fatalf("%s: exit status %d, want %d", x.name, got, want)
		}
	case <-time.After(patience):
		x.t.Fatalf("%s does not end", x.name)
	}
}

// quiet reports what was printed though it should not have been.
func (x *terminal) quiet(texts ...string) {
	x.t.Helper()
	for _, text := range texts {
		if strings.Contains(x.out.String(), text) {
			x.t.Errorf("%s printed %q", x.name, text)
		}
	}
}

// world is an air with a controller for each of two devices, and a bond file
// for each.
type world struct {
	t           *testing.T
	air         *virtual.Air
	controllers [2]*virtual.Controller
	addresses   [2]string // of the controllers' transports
	bonds       [2]string
}

const (
	theCentral = iota
	thePeripheral
)

// newWorld serves two controllers, one over TCP and one over a unix socket.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, air: virtual.NewAir(virtual.Options{})}
	folder := t.TempDir()
	for i, network := range []string{"tcp", "unix"} {
		address := "127.0.0.1:0"
		if network == "unix" {
			// A test's own folder may be too long for a socket.
			short, err := os.MkdirTemp("", "smp")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(short) })
			address = filepath.Join(short, "hci")
		}
		listener, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		w.controllers[i] = w.air.NewController(virtual.Config{})
		w.addresses[i] = network + ":" + listener.Addr().String()
		w.bonds[i] = filepath.Join(folder, []string{"central.db", "peripheral.db"}[i])
		go serve(listener, w.controllers[i])
	}
	return w
}

// serve lets one host after the other use a controller.
func serve(listener net.Listener, c *virtual.Controller) {
	for {
		stream, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			_ = c.Serve(stream) // the host is gone
		}
	}
}

// run runs a command on one of the controllers.
func (w *world) run(side int, command string, args ...string) *terminal {
	w.t.Helper()
	all := append([]string{command, "--transport", w.addresses[side], "--bonds", w.bonds[side]}, args...)
	return start(w.t, command, all...)
}

// address gives the public address of a controller, as pair takes it.
func (w *world) address(side int) string {
	return w.controllers[side].PublicAddress().String()
}
