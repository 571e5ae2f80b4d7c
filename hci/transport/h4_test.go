package transport_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"blesmp/hci/transport"

	"github.com/google/go-cmp/cmp"
)

// stream reads from one place and writes to another.
type stream struct {
	io.Reader
	bytes.Buffer
	closed int
}

func (s *stream) Read(p []byte) (int, error) { return s.Reader.Read(p) }

func (s *stream) Close() error { s.closed++; return nil }

var packets = [][]byte{
	{0x01, 0x03, 0x0c, 0x00},
	{0x04, 0x0e, 0x04, 0x01, 0x03, 0x0c, 0x00},
	{0x02, 0x40, 0x20, 0x05, 0x00, 0x01, 0x00, 0x06, 0x00, 0x0b},
	{0x03, 0x40, 0x00, 0x02, 0xaa, 0xbb},
	{0x05, 0x40, 0x00, 0x03, 0xc0, 0x01, 0x02, 0x03},
	{0x02, 0x40, 0x20, 0x00, 0x00},
}

func TestH4ReadPacket(t *testing.T) {
	wire := bytes.Join(packets, nil)
	for name, reader := range map[string]io.Reader{
		"at once":     bytes.NewReader(wire),
		"octetwise":   iotest.OneByteReader(bytes.NewReader(wire)),
		"with EOF":    iotest.DataErrReader(bytes.NewReader(wire)),
		"half a read": iotest.HalfReader(bytes.NewReader(wire)),
	} {
		t.Run(name, func(t *testing.T) {
			h4 := transport.NewH4(&stream{Reader: reader})
			var got [][]byte
			buf := make([]byte, 0, 4)
			for {
				p, err := h4.ReadPacket(buf)
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, bytes.Clone(p))
			}
			if diff := cmp.Diff(packets, got); diff != "" {
				t.Errorf("packets (-want +got):\n%s", diff)
			}
		})
	}
}

func TestH4ReadErrors(t *testing.T) {
	broken := errors.New("line is down")
	for _, test := range []struct {
		name   string
		reader io.Reader
		is     error  // with errors.Is
		text   string // part of the error
	}{
		{name: "closed", reader: strings.NewReader(""), is: io.EOF},
		{name: "closed in the header", reader: strings.NewReader("\x04\x0e"), is: io.ErrUnexpectedEOF, text: "inside a packet"},
		{name: "closed behind the type", reader: strings.NewReader("\x02"), is: io.ErrUnexpectedEOF},
		{name: "closed in the payload", reader: strings.NewReader("\x04\x0e\x04\x01"), is: io.ErrUnexpectedEOF},
		{name: "broken", reader: iotest.ErrReader(broken), is: broken},
		{name: "no such type", reader: strings.NewReader("HTTP/1.1 400"), text: "type 0x48: there is no such type"},
		{name: "type 0", reader: strings.NewReader("\x00"), text: "type 0x00"},
		{name: "type 6", reader: strings.NewReader("\x06"), text: "type 0x06"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := transport.NewH4(&stream{Reader: test.reader}).ReadPacket(nil)
			if err == nil {
				t.Fatal("no error")
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("got %v, want %v", err, test.is)
			}
			if !strings.Contains(err.Error(), test.text) {
				t.Errorf("got %q, want it to contain %q", err, test.text)
			}
		})
	}
}

func TestH4WritePacket(t *testing.T) {
	s := new(stream)
	h4 := transport.NewH4(s)
	for _, p := range packets {
		if err := h4.WritePacket(p); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range [][]byte{nil, {0x09}, {0x01, 0x03}, {0x01, 0x03, 0x0c, 0x01}, {0x04, 0x0e, 0x00, 0x00}} {
		var frame *transport.FrameError
		if err := h4.WritePacket(p); !errors.As(err, &frame) {
			t.Errorf("WritePacket(% x): got %v, want a FrameError", p, err)
		}
	}
	if diff := cmp.Diff(bytes.Join(packets, nil), s.Bytes()); diff != "" {
		t.Errorf("octets on the stream (-want +got):\n%s", diff)
	}
	_ = h4.Close()
	_ = h4.Close()
	if s.closed != 1 {
		t.Errorf("closed the stream %d times, want once", s.closed)
	}
}

func TestPipe(t *testing.T) {
	host, controller := transport.Pipe()
	for _, p := range packets {
		if err := host.WritePacket(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := host.WritePacket([]byte{0x01}); err == nil {
		t.Error("half a packet was taken")
	}
	if err := controller.WritePacket(packets[1]); err != nil {
		t.Fatal(err)
	}
	_ = host.Close()
	for _, want := range packets {
		got, err := controller.ReadPacket(nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("packet (-want +got):\n%s", diff)
		}
	}
	if _, err := controller.ReadPacket(nil); !errors.Is(err, io.EOF) {
		t.Errorf("after the last packet: got %v, want EOF", err)
	}
	if err := controller.WritePacket(packets[0]); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("write to a closed pipe: got %v", err)
	}
}

// TestUARTSearch looks for the answer to a Reset among what may stand before it.
func TestUARTSearch(t *testing.T) {
	answer := packets[1]
	for _, test := range []struct {
		name   string
		before string
	}{
		{name: "nothing"},
		{name: "text", before: "*** Booting Zephyr OS ***\r\n"},
		{name: "the end of an event", before: "\x12\x34\x56"},
		{name: "other events", before: "\x04\xff\x02\x01\x02\x04\x0e\x04\x01\x05\x10\x00"},
		{name: "the start of the answer", before: "\x04\x0e\x04\x01"},
		{name: "more than a buffer", before: strings.Repeat("\x04", 9000)},
	} {
		t.Run(test.name, func(t *testing.T) {
			wire := append([]byte(test.before), answer...)
			line := transport.NewUART(&stream{Reader: iotest.OneByteReader(bytes.NewReader(append(wire, packets[2]...)))})
			for _, want := range [][]byte{answer, packets[2]} {
				got, err := line.ReadPacket(nil)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("packet (-want +got):\n%s", diff)
				}
			}
			if _, err := line.ReadPacket(nil); !errors.Is(err, io.EOF) {
				t.Errorf("at the end: got %v, want EOF", err)
			}
		})
	}
}

func TestUARTSearchErrors(t *testing.T) {
	broken := errors.New("line is down")
	for _, test := range []struct {
		name   string
		reader io.Reader
		is     error
	}{
		{name: "noise only", reader: strings.NewReader(strings.Repeat("\x04\x0e", 64<<10)), is: transport.ErrNoAnswer},
		{name: "little noise", reader: strings.NewReader("hello"), is: io.EOF},
		{name: "broken", reader: iotest.ErrReader(broken), is: broken},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := transport.NewUART(&stream{Reader: test.reader}).ReadPacket(nil); !errors.Is(err, test.is) {
				t.Errorf("got %v, want %v", err, test.is)
			}
		})
	}
	line := transport.NewUART(&stream{Reader: io.MultiReader(bytes.NewReader(packets[1]), strings.NewReader("junk"))})
	if _, err := line.ReadPacket(nil); err != nil {
		t.Fatal(err)
	}
	var frame *transport.FrameError
	if _, err := line.ReadPacket(nil); !errors.As(err, &frame) {
		t.Errorf("junk behind the answer: got %v, want a FrameError", err)
	}
}

func FuzzH4(f *testing.F) {
	f.Add(bytes.Join(packets, nil))
	f.Add([]byte("HTTP/1.1 400"))
	f.Fuzz(func(t *testing.T, wire []byte) {
		h4 := transport.NewH4(&stream{Reader: bytes.NewReader(wire)})
		var back []byte
		for {
			p, err := h4.ReadPacket(nil)
			if err != nil {
				break
			}
			if err := transport.Check(p); err != nil {
				t.Fatalf("read % x: %v", p, err)
			}
			back = append(back, p...)
		}
		if !bytes.HasPrefix(wire, back) {
			t.Errorf("packets % x are not the start of % x", back, wire)
		}
	})
}
