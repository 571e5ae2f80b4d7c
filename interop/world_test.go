//go:build interop

package interop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"blesmp/hci/snoop"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"
	"blesmp/internal/dissect"
)

// world is what surrounds the two hosts of a case: the air, and all that is
// written down.
type world struct {
	air   *virtual.Air
	watch *watch
	dir   string // for files
	log   *journal

	mu       sync.Mutex
	captures []*capture
}

// watch records the air, and which frames were encrypted: in a recording they
// look like any others.
type watch struct {
	capture *virtual.Capture

	mu        sync.Mutex
	encrypted []bool
}

// Observe is called by the air.
func (w *watch) Observe(f *virtual.Frame) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.encrypted = append(w.encrypted, f.Encrypted)
	w.capture.Observe(f)
}

// capture is the recording of one host.
type capture struct {
	name string
	mu   sync.Mutex
	buf  bytes.Buffer
}

func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.buf.Write(p)
}

func (c *capture) bytes() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.buf.Bytes())
}

// journal is the log of a case: what each side said, line by line.
type journal struct {
	mu    sync.Mutex
	start time.Time
	buf   bytes.Buffer
}

func (j *journal) printf(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	fmt.Fprintf(&j.buf, "%8.3f %s\n", time.Since(j.start).Seconds(), fmt.Sprintf(format, args...))
}

// Write takes the lines of a process.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: t.TempDir(), log: &journal{start: time.Now()}}
	air := &capture{name: "air"}
	writer, err := snoop.NewAirWriter(air)
	if err != nil {
		t.Fatal(err)
	}
	w.watch = &watch{capture: virtual.NewCapture(writer)}
	w.air = virtual.NewAir(virtual.Options{Observer: w.watch})
	t.Cleanup(func() { w.keep(t, air) })
	return w
}

// tap records what passes between a host and its controller.
func (w *world) tap(name string, inner transport.Transport) (transport.Transport, error) {
	c := &capture{name: name}
	writer, err := snoop.NewWriter(c)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.captures = append(w.captures, c)
	w.mu.Unlock()
	return snoop.NewTap(inner, writer, time.Now), nil
}

// packets are what passed between our host and its controller so far.
func (r *rig) packets() []snoop.Packet {
	r.t.Helper()
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	for _, c := range r.w.captures {
		if c.name == "us" {
			all, err := readPackets(c.bytes())
			r.must(err, "recording")
			return all
		}
	}
	return nil
}

// readPackets reads a whole btsnoop file.
func readPackets(b []byte) ([]snoop.Packet, error) {
	reader, err := snoop.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	var all []snoop.Packet
	for {
		p, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, p)
	}
}

// steps are what those packets say.
func (r *rig) steps() []dissect.Step {
	r.t.Helper()
	var d dissect.Dissector
	var steps []dissect.Step
	for _, p := range r.packets() {
		steps = append(steps, d.Packet(p.Direction == snoop.Sent, p.Data)...)
	}
	return steps
}

// serve joins a host on a stream to a controller, recorded from the host's side.
func (w *world) serve(name string, c *virtual.Controller, stream io.ReadWriteCloser) error {
	tapped, err := w.tap(name, c)
	if err != nil {
		return err
	}
	host := transport.NewH4(stream)
	go func() {
		var buf []byte
		for {
			p, err := tapped.ReadPacket(buf)
			if err != nil || host.WritePacket(p) != nil {
				return
			}
			buf = p
		}
	}()
	go func() {
		defer func() { _ = tapped.Close(); _ = host.Close() }()
		var buf []byte
		for {
			p, err := host.ReadPacket(buf)
			if err != nil {
				return
			}
			if err := tapped.WritePacket(p); err != nil {
				w.log.printf("controller of %s: %v", name, err)
				return
			}
			buf = p
		}
	}()
	return nil
}

// listen waits for one connection on loopback and serves it.
func (w *world) listen(name string, c *virtual.Controller) (port int, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	go func() {
		conn, err := l.Accept()
		_ = l.Close()
		if err == nil {
			err = w.serve(name, c, conn)
		}
		if err != nil {
			w.log.printf("%s: %v", name, err)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// keep writes the recordings of a failed case, and gives those of all cases to
// the check of captures.
func (w *world) keep(t *testing.T, air *capture) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.captures {
		everyCapture.add(namedCapture{name: t.Name() + "/" + c.name, bytes: c.bytes()})
	}
	w.watch.mu.Lock()
	everyCapture.add(namedCapture{t.Name() + "/air", air.bytes(), w.watch.encrypted})
	w.watch.mu.Unlock()
	if !t.Failed() {
		return
	}
	dir := filepath.Join(outDir, filepath.FromSlash(t.Name()))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Errorf("recordings: %v", err)
		return
	}
	files := map[string][]byte{"peer.log": w.log.buf.Bytes(), "air.pcap": air.bytes()}
	for _, c := range w.captures {
		files[c.name+".btsnoop"] = c.bytes()
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Errorf("recordings: %v", err)
		}
	}
	t.Logf("recordings are in %s", dir)
	t.Logf("log:\n%s", w.log.buf.Bytes())
}
