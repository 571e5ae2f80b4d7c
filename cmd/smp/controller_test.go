package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/snoop"
	"blesmp/smp"

	"github.com/google/go-cmp/cmp"
)

// served is a running smp controller.
type served struct {
	t      *testing.T
	lines  chan string
	stop   context.CancelFunc
	status chan int
	errors bytes.Buffer
}

// serveControllers runs smp controller --json with these arguments, and gives
// what it says of each listener.
func serveControllers(t *testing.T, listeners int, args ...string) (*served, []controllerEvent) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	s := &served{t: t, lines: make(chan string, 100), stop: stop, status: make(chan int, 1)}
	go func() {
		defer close(s.lines)
		for scanner := bufio.NewScanner(r); scanner.Scan(); {
			s.lines <- scanner.Text()
		}
	}()
	go func() {
		s.status <- run(ctx, streams{strings.NewReader(""), w, &s.errors}, append([]string{"controller", "--json"}, args...))
		_ = w.Close()
	}()
	var events []controllerEvent
	for range listeners {
		events = append(events, s.next("listening"))
	}
	return s, events
}

// next takes the next line, which has to be this event.
func (s *served) next(event string) controllerEvent {
	s.t.Helper()
	for {
		e := s.event()
		if e.Event == event {
			return e
		}
		// Who comes while the host before is still leaving waits a moment.
		if e.Event != "waiting" || event != "attached" {
			s.t.Fatalf("got %+v, want the event %s", e, event)
		}
	}
}

// event reads one line of the service.
func (s *served) event() controllerEvent {
	s.t.Helper()
	line, ok := <-s.lines
	if !ok {
		s.t.Fatalf("ended with %d: %s", <-s.status, s.errors.String())
	}
	var e controllerEvent
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		s.t.Fatal(err)
	}
	return e
}

// end stops the service and checks that it ends well.
func (s *served) end() {
	s.t.Helper()
	s.stop()
	for line := range s.lines {
		s.t.Logf("at the end: %s", line)
	}
	if status := <-s.status; status != exitOK || s.errors.Len() > 0 {
		s.t.Errorf("status %d: %s", status, s.errors.String())
	}
}

// attach opens a served controller.
func (s *served) attach(e controllerEvent) *hci.Host {
	s.t.Helper()
	address, err := bt.ParseTypedAddress(e.Address)
	if err != nil {
		s.t.Fatal(err)
	}
	host, err := hci.Open(s.t.Context(), e.Listen, func(o *hci.Options) {
		if address.Type == bt.RandomAddress {
			o.RandomAddress = address.Address
		}
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.next("attached")
	if host.Identity() != address {
		s.t.Errorf("the host is %v, want %v", host.Identity(), address)
	}
	return host
}

// leave closes a host.
func (s *served) leave(host *hci.Host) {
	s.t.Helper()
	if err := host.Close(); err != nil {
		s.t.Error(err)
	}
	<-host.Done()
	if e := s.next("left"); e.Error != "" {
		s.t.Errorf("left: %s", e.Error)
	}
}

// pairHosts has the first host pair with the second by Just Works.
func pairHosts(t *testing.T, hosts [2]*hci.Host) (*smp.Result, error) {
	t.Helper()
	var managers [2]*smp.Manager
	for i, host := range hosts {
		managers[i] = smp.NewManager(bond.NewMemory(), smp.Options{})
		if err := managers[i].Serve(host); err != nil {
			t.Fatal(err)
		}
	}
	if err := hosts[1].Advertise(t.Context(), hci.AdvertisingParameters{}); err != nil {
		t.Fatal(err)
	}
	conn, err := hosts[0].Connect(t.Context(), hosts[1].Identity())
	if err != nil {
		t.Fatal(err)
	}
	return managers[0].Session(conn).Pair(t.Context(), smp.DefaultFeatures())
}

// TestController pairs two hosts, twice over the same listeners, and reads the
// recordings.
func TestController(t *testing.T) {
	folder := t.TempDir()
	file := func(name string) string { return filepath.Join(folder, name) }
	s, places := serveControllers(t, 2,
		"--listen", "tcp:127.0.0.1:0", "--listen", "unix:"+file("b.sock")+",address=C0:11:22:33:44:55/random",
		"--pcap", file("air.pcap"), "--snoop", file("hci.btsnoop"))
	if got := places[1].Address; got != "C0:11:22:33:44:55/random" {
		t.Errorf("the second controller has the address %s", got)
	}
	for range 2 {
		hosts := [2]*hci.Host{s.attach(places[0]), s.attach(places[1])}
		result, err := pairHosts(t, hosts)
		if err != nil || !result.Level.SC {
			t.Errorf("pairing: %+v, %v", result, err)
		}
		s.leave(hosts[0])
		s.leave(hosts[1])
	}
	s.end()
	if _, err := os.Stat(file("b.sock")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
	if n := countAir(t, file("air.pcap")); n < 40 {
		t.Errorf("%d packets of the air were recorded", n)
	}
	for _, name := range []string{"hci-1.btsnoop", "hci-2.btsnoop"} {
		if resets := countResets(t, file(name)); resets != 2 {
			t.Errorf("%s: %d times HCI Reset, want 2", name, resets)
		}
	}
}

// countAir reads a recording of the air.
func countAir(t *testing.T, name string) (count int) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	reader, err := snoop.NewAirReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := reader.Next(); errors.Is(err, io.EOF) {
			return count
		} else if err != nil {
			t.Fatal(err)
		}
		count++
	}
}

// countResets reads a recording of HCI and counts what starts it.
func countResets(t *testing.T, name string) (count int) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	reader, err := snoop.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for {
		p, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return count
		}
		if err != nil {
			t.Fatal(err)
		}
		if p.Direction == snoop.Sent && bytes.Equal(p.Data, []byte{0x01, 0x03, 0x0c, 0x00}) {
			count++
		}
	}
}

// TestControllerFaults pairs on airs that go wrong.
func TestControllerFaults(t *testing.T) {
	for rule, want := range map[string]error{
		"delay=1ms":                    nil,
		"reorder,at=peripheral":        nil,
		"reorder,at=central":           smp.UnspecifiedReason, // a key that comes before the encryption is none
		"disconnect,pdu=3,type=smp":    bt.ConnectionTimeout,
		"wrong-ltk":                    bt.MICFailure,
		"drop,type=control,link=2":     nil,
		"disconnect,type=att,pdu=1000": nil,
	} {
		t.Run(rule, func(t *testing.T) {
			s, places := serveControllers(t, 2, "--listen", "tcp:127.0.0.1:0", "--listen", "tcp:127.0.0.1:0", "--fault", rule)
			hosts := [2]*hci.Host{s.attach(places[0]), s.attach(places[1])}
			if _, err := pairHosts(t, hosts); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
			s.leave(hosts[0])
			s.leave(hosts[1])
			s.end()
		})
	}
}

// TestControllerWaits lets a second host wait for the first.
func TestControllerWaits(t *testing.T) {
	s, places := serveControllers(t, 1, "--listen", "tcp:127.0.0.1:0")
	first := s.attach(places[0])
	opened := make(chan error, 1)
	var second *hci.Host
	go func() {
		var err error
		second, err = hci.Open(t.Context(), places[0].Listen)
		opened <- err
	}()
	s.next("waiting")
	s.leave(first)
	s.next("attached")
	if err := <-opened; err != nil {
		t.Fatal(err)
	}
	s.end() // with a host that is still there
	<-second.Done()
}

// TestControllerGarbage has something else than a host come.
func TestControllerGarbage(t *testing.T) {
	s, places := serveControllers(t, 1, "--listen", "unix:"+filepath.Join(t.TempDir(), "s"))
	conn, err := net.Dial("unix", strings.TrimPrefix(places[0].Listen, "unix:"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	s.next("attached")
	if e := s.next("left"); !strings.Contains(e.Error, "type 0x47") {
		t.Errorf("left: %q", e.Error)
	}
	_ = conn.Close()
	s.leave(s.attach(places[0]))
	s.end()
}

// TestControllerFullDisk says that a recording has a hole.
func TestControllerFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		return // not on this system
	}
	var out, problems bytes.Buffer
	status := run(t.Context(), streams{strings.NewReader(""), &out, &problems},
		[]string{"controller", "--listen", "tcp:127.0.0.1:0", "--pcap", "/dev/full"})
	if status != exitFailure || !strings.Contains(problems.String(), "/dev/full: ") || strings.Count(problems.String(), "\n") != 1 {
		t.Errorf("status %d: %s", status, problems.String())
	}
}

// TestControllerUsage holds wrong flags against what is said of them.
func TestControllerUsage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(path, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args   string
		status int
		says   string
	}{
		{"", exitUsage, "nothing is served; add --listen tcp:127.0.0.1:9001"},
		{"--listen tcp:9001", exitUsage, "as tcp:127.0.0.1:9001"},
		{"--listen hci0", exitUsage, "served at tcp:HOST:PORT or unix:PATH"},
		{"--listen tcp:127.0.0.1:0,name=C0:11:22:33:44:55", exitUsage, "only address=A/public or address=A/random"},
		{"--listen tcp:127.0.0.1:0,address=C0:11:22:33:44", exitUsage, "want six octets"},
		{"--listen tcp:127.0.0.1:0,address=00:00:00:00:00:00", exitUsage, "stands for no address"},
		{"--listen tcp:127.0.0.1:0,address=40:11:22:33:44:55/random", exitUsage, "first octet has to be C0 or above"},
		{"--listen unix:a --listen unix:a", exitUsage, "both be served at unix:a"},
		{"--listen unix:a,address=C0:11:22:33:44:55/random --listen unix:b,address=C0:11:22:33:44:55/random", exitUsage, "both have the address"},
		{"--listen unix:a --fault explode", exitUsage, `there is no action "explode"`},
		{"--listen unix:a --pcap x-1.y --snoop x.y", exitUsage, "cannot both write x-1.y"},
		{"--listen unix:a b", exitUsage, "takes no arguments"},
		{"--listen unix:" + path, exitFailure, "something else has this name"},
		{"--listen unix:" + path + "/x", exitFailure, "not a directory"},
		{"--listen tcp:127.0.0.1:0 --pcap " + path + "/x", exitFailure, "not a directory"},
		{"--listen tcp:127.0.0.1:0,address=00:00:5E:00:53:02/public --listen tcp:127.0.0.1:0", exitFailure, "give this one its own"},
	} {
		var out, problems bytes.Buffer
		status := run(t.Context(), streams{strings.NewReader(""), &out, &problems}, append([]string{"controller"}, strings.Fields(test.args)...))
		if status != test.status || !strings.Contains(problems.String(), test.says) {
			t.Errorf("%s: status %d, want %d; %s", test.args, status, test.status, problems.String())
		}
		if strings.Count(problems.String(), "\n") != 1 || strings.Contains(problems.String(), "transport:") {
			t.Errorf("%s: %q is not one plain line", test.args, problems.String())
		}
	}
	if got, err := os.ReadFile(path); err != nil {
		t.Error(err)
	} else if diff := cmp.Diff("data", string(got)); diff != "" {
		t.Errorf("the file was touched (-want +got):\n%s", diff)
	}
}
