package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"blesmp/hci/transport"

	"github.com/google/go-cmp/cmp"
)

func TestCheckAddress(t *testing.T) {
	for _, test := range []struct {
		address string
		problem string // part of the error; empty for a good address
	}{
		{"hci0", ""},
		{"hci12", ""},
		{"tcp:127.0.0.1:9001", ""},
		{"tcp:[::1]:9001", ""},
		{"tcp:example.com:9001", ""},
		{"tcp::9001", ""},
		{"unix:b.sock", ""},
		{"unix:/run/a:b,c", ""},
		{"serial:/dev/ttyACM0,115200", ""},
		{"serial:/dev/ttyACM0,1000000,rtscts", ""},
		{"serial:COM3,115200", ""},
		{"serial:/dev/serial/by-id/a,b,9600", ""},
		{"", "want hci0, serial:DEVICE,BAUD"},
		{"127.0.0.1:9001", `no transport "127.0.0.1"`},
		{"usb:0", `no transport "usb"`},
		{"/dev/ttyACM0", "want hci0, serial:"},
		{"hci", "the number of the interface"},
		{"hciX", "the number of the interface"},
		{"hci-1", "the number of the interface"},
		{"hci65535", "the number of the interface"},
		{"hci:0", `no transport "hci"`},
		{"tcp:", "want hci0"},
		{"tcp:9001", "as tcp:127.0.0.1:9001"},
		{"tcp:127.0.0.1:http", `port "http"`},
		{"tcp:127.0.0.1:65536", `port "65536"`},
		{"tcp:127.0.0.1:", `port ""`},
		{"tcp://127.0.0.1:1", "is no host"},
		{"unix:", "want hci0"},
		{"serial:/dev/ttyACM0", "as serial:/dev/ttyACM0,115200"},
		{"serial:,115200", "want a device"},
		{"serial:/dev/ttyACM0,fast", `baud rate "fast"`},
		{"serial:/dev/ttyACM0,0", `baud rate "0"`},
		{"serial:/dev/ttyACM0,115200,xon", `baud rate "xon"`},
		{"serial:/dev/ttyACM0,rtscts", "want a device and a baud rate"},
	} {
		err := transport.CheckAddress(test.address)
		if test.problem == "" {
			if err != nil {
				t.Errorf("%q: %v", test.address, err)
			}
			continue
		}
		var wrong *transport.AddressError
		if !errors.As(err, &wrong) || wrong.Address != test.address || !strings.Contains(wrong.Problem, test.problem) {
			t.Errorf("%q: got %v, want a problem with %q", test.address, err, test.problem)
		}
		if _, err := transport.Open(t.Context(), test.address); !errors.As(err, &wrong) {
			t.Errorf("Open(%q): got %v", test.address, err)
		}
	}
}

// TestSockets opens a controller that echoes.
func TestSockets(t *testing.T) {
	for _, address := range []string{"tcp:127.0.0.1:0", "unix:" + filepath.Join(t.TempDir(), "hci.sock")} {
		scheme, _, _ := strings.Cut(address, ":")
		t.Run(scheme, func(t *testing.T) {
			listener, err := transport.Listen(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = listener.Close() }()
			go func() {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				_, _ = io.Copy(conn, conn)
				_ = conn.Close()
			}()
			hci, err := transport.Open(t.Context(), scheme+":"+listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range packets {
				if err := hci.WritePacket(want); err != nil {
					t.Fatal(err)
				}
				got, err := hci.ReadPacket(nil)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("packet (-want +got):\n%s", diff)
				}
			}
			if err := hci.Close(); err != nil {
				t.Error(err)
			}
			if _, err := hci.ReadPacket(nil); !errors.Is(err, net.ErrClosed) {
				t.Errorf("read from a closed transport: %v", err)
			}
		})
	}
}

// TestOpenErrors holds each way in which opening fails against what it says.
func TestOpenErrors(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := listener.Addr().String()
	_ = listener.Close()
	for _, test := range []struct {
		address string
		has     []string
	}{
		{"tcp:" + free, []string{"nobody listens there", "try: smp controller --listen tcp:" + free}},
		{"unix:" + folder + "/nobody", []string{"no such socket", "try: smp controller --listen unix:"}},
		{"serial:" + folder + "/nothing,115200", []string{"no such device"}},
		{"serial:" + file + ",115200", []string{"no serial device"}},
		{"serial:" + folder + "/nothing,115200,rtscts", []string{"; try: "}},
	} {
		if runtime.GOOS == "windows" && !strings.HasPrefix(test.address, "tcp:") {
			continue // the system has other words for these
		}
		_, err := transport.Open(t.Context(), test.address)
		var failed *transport.OpenError
		if !errors.As(err, &failed) || failed.Address != test.address {
			t.Errorf("%s: got %v", test.address, err)
			continue
		}
		for _, want := range test.has {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", test.address, err, want)
			}
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q is more than a line", test.address, err)
		}
	}
}

// TestOpenUserChannel asks for an interface that no machine has.
func TestOpenUserChannel(t *testing.T) {
	_, err := transport.Open(t.Context(), "hci65534")
	var failed *transport.OpenError
	if !errors.As(err, &failed) || failed.Address != "hci65534" || failed.Problem == "" || failed.Try == "" {
		t.Errorf("got %v", err)
	}
}

func TestOpenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, address := range []string{"hci0", "serial:/dev/ttyACM0,115200", "tcp:127.0.0.1:9", "unix:x"} {
		if _, err := transport.Open(ctx, address); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", address, err)
		}
	}
}

// TestListenAbandoned listens where a process that is gone has listened.
func TestListenAbandoned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	old, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	old.SetUnlinkOnClose(false)
	if _, err := transport.Listen(t.Context(), "unix:"+path); err == nil || !strings.Contains(err.Error(), "somebody listens there") {
		t.Errorf("listened beside somebody: %v", err)
	}
	_ = old.Close()
	listener, err := transport.Listen(t.Context(), "unix:"+path)
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the path is left: %v", err)
	}
}

func TestListenErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(path, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"hci0", "serial:/dev/ttyACM0,115200", "9001"} {
		var wrong *transport.AddressError
		if _, err := transport.Listen(t.Context(), address); !errors.As(err, &wrong) {
			t.Errorf("Listen(%q): got %v", address, err)
		}
	}
	for _, address := range []string{"unix:" + path, "tcp:192.0.2.1:0", "unix:" + path + "/below"} {
		var failed *transport.OpenError
		if _, err := transport.Listen(t.Context(), address); !errors.As(err, &failed) {
			t.Errorf("Listen(%q): got %v", address, err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "data" {
		t.Errorf("the file was touched: %q, %v", got, err)
	}
}
