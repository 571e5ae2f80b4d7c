package uart

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.bug.st/serial"
)

// port is a port of the driver, of which only what a driven line needs exists.
type port struct {
	serial.Port
	read    func(p []byte) (int, error)
	write   func(p []byte) (int, error)
	dropped func() error

	mu   sync.Mutex
	sent []byte
}

func (p *port) Read(b []byte) (int, error) { return p.read(b) }
func (p *port) ResetOutputBuffer() error   { return p.dropped() }
func (p *port) Close() error               { return nil }

func (p *port) Write(b []byte) (int, error) {
	n, err := p.write(b)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, b[:n]...)
	return n, err
}

func TestDrivenWrite(t *testing.T) {
	broken := errors.New("no power")
	for _, test := range []struct {
		name  string
		steps []error // after an octet each
		is    error
		sent  string
	}{
		{name: "octet by octet", steps: []error{nil, nil, nil}, sent: "abc"},
		{name: "interrupted", steps: []error{syscall.EINTR, nil, nil}, sent: "abc"},
		{name: "broken", steps: []error{nil, broken}, is: broken, sent: "ab"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := &port{}
			p.write = func([]byte) (int, error) {
				err := test.steps[0]
				test.steps = test.steps[1:]
				return 1, err
			}
			n, err := newDriven(p).Write([]byte("abc"))
			if !errors.Is(err, test.is) || n != len(test.sent) {
				t.Errorf("got %d, %v", n, err)
			}
			if diff := cmp.Diff(test.sent, string(p.sent)); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
	stuck := &port{write: func([]byte) (int, error) { return 0, nil }}
	if _, err := newDriven(stuck).Write([]byte("a")); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("a write that sends nothing: %v", err)
	}
}

func TestDrivenRead(t *testing.T) {
	for err, want := range map[error]error{
		syscall.EIO:    io.EOF,
		syscall.ENXIO:  io.EOF,
		syscall.EINVAL: syscall.EINVAL,
		io.EOF:         io.EOF,
	} {
		d := newDriven(&port{read: func([]byte) (int, error) { return 0, err }})
		if _, got := d.Read(make([]byte, 1)); !errors.Is(got, want) {
			t.Errorf("%v: got %v, want %v", err, got, want)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if _, got := d.Read(make([]byte, 1)); !errors.Is(got, os.ErrClosed) {
			t.Errorf("%v after Close: got %v", err, got)
		}
	}
}

// TestDrivenClose has a write wait for the other side.
func TestDrivenClose(t *testing.T) {
	writing, room := make(chan struct{}), make(chan struct{})
	p := &port{
		write:   func([]byte) (int, error) { close(writing); <-room; return 1, nil },
		dropped: sync.OnceValue(func() error { close(room); return nil }),
	}
	d := newDriven(p)
	result := make(chan error)
	go func() {
		_, err := d.Write([]byte("abc"))
		result <- err
	}()
	<-writing
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-result; !errors.Is(err, os.ErrClosed) {
		t.Errorf("write: %v", err)
	}
	if _, err := d.Write([]byte("a")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("write after Close: %v", err)
	}

	gone := newDriven(&port{dropped: func() error { return syscall.EIO }})
	gone.write.Lock() // a write that never ends
	if err := gone.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestReasons(t *testing.T) {
	for err, want := range map[error]error{
		syscall.ENOENT: ErrNotFound,
		syscall.EACCES: ErrPermission,
		syscall.EBUSY:  ErrBusy,
		syscall.ENOTTY: ErrNotSerial,
		syscall.EISDIR: ErrNotSerial,
		syscall.EMFILE: syscall.EMFILE,
	} {
		if got := reason(err); !errors.Is(got, want) {
			t.Errorf("%v: got %v, want %v", err, got, want)
		}
	}
}
