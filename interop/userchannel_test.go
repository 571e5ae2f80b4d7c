//go:build interop

package interop

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"blesmp/bt"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// station is the program smp in a Linux guest. It has the guest's hci0 to
// itself, by the HCI user channel.
type station struct {
	guest *guest
	feed  *feed
	own   bt.TypedAddress
	runs  int
	once  sync.Once
	ready chan struct{} // closed when hci0 is there
}

// newStation boots a guest and leaves hci0 alone.
func newStation(ctx context.Context, w *world) (*station, error) {
	s := &station{feed: newFeed(), ready: make(chan struct{})}
	c := w.air.NewController(virtual.Config{})
	s.own = bt.TypedAddress{Address: c.PublicAddress()}
	var err error
	if s.guest, err = boot(ctx, w, "station", c, s.hear); err != nil {
		return nil, err
	}
	select {
	case <-s.ready:
		return s, nil
	case <-s.guest.done:
		return nil, fmt.Errorf("the guest ended while it started")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// readIndexList is the management command of that name. What comes of it, or
// Index Added later, says that the kernel has set hci0 up; until then it is busy.
const readIndexList = "0300ffff0000"

// indexed reports whether a management event says that hci0 is there.
func indexed(event string) bool {
	const list, added = "0100ffff0700" + "030000" + "0100" + "0000", "040000000000"
	return event == list || event == added
}

// said is a line of smp --json.
type said struct {
	Event string `json:"event"`
}

func (s *station) hear(g *guest, e guestEvent) {
	switch e.Event {
	case "ready":
		_ = g.do(guestRequest{Do: "mgmt", Data: readIndexList})
	case "mgmt":
		if indexed(e.Data) {
			s.once.Do(func() { close(s.ready) })
		}
	case "output":
		var line said
		if err := json.Unmarshal([]byte(e.Data), &line); err == nil && line.Event != "" {
			s.feed.put(told{kind: kind(line.Event), text: e.Data})
		}
	case "ended":
		s.feed.put(told{kind: "ended", text: e.Error})
	case "error":
		s.feed.put(told{kind: trouble, text: e.Error})
	}
}

// run starts the program.
func (s *station) run(args ...string) error {
	s.runs++
	args = append([]string{"/smp", args[0], "--transport", "hci0", "--bonds", "/tmp/bonds.db", "--json"}, args[1:]...)
	return s.guest.do(guestRequest{Do: "run", ID: s.runs, Args: args})
}

// ended waits until the program has ended well.
func (s *station) ended(ctx context.Context) error {
	e, err := s.feed.await(ctx, "ended")
	if err == nil && e.text != "" {
		err = fmt.Errorf("smp: %s", e.text)
	}
	return err
}

// channelCase is a pairing over the user channel, and a second meeting.
type channelCase struct {
	name  string
	flags []string
	peer  smp.Features
	level smp.Level
}

const channelGroup = "smp in a Linux guest, by HCI user channel"

func channelCases() []channelCase {
	return []channelCase{
		{"Just Works", []string{"--io", "none", "--yes"}, features(smp.NoInputNoOutput), level(smp.JustWorks, true, 16)},
		{"numeric comparison", []string{"--io", "yesno", "--accept"}, features(smp.DisplayYesNo), level(smp.NumericComparison, true, 16)},
		{"legacy, Just Works", []string{"--io", "none", "--yes", "--legacy"}, features(smp.NoInputNoOutput), level(smp.JustWorks, false, 16)},
	}
}

// userChannel runs smp in a guest against a foreign host, in both roles.
func userChannel(t *testing.T) {
	for _, c := range channelCases() {
		for _, p := range peers {
			for _, role := range []bt.Role{bt.Central, bt.Peripheral} {
				t.Run(fmt.Sprintf("%s/%s/us as %s", c.name, p.name, role), func(t *testing.T) {
					t.Parallel()
					record(t, Result{Group: channelGroup, Case: c.name, Peer: p.name, Role: "us as " + role.String()},
						func(ctx context.Context) { c.run(ctx, t, p, role) })
				})
			}
		}
	}
}

func (c channelCase) run(ctx context.Context, t *testing.T, p peerKind, role bt.Role) {
	must := func(err error, what string) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	w := newWorld(t)
	peer := p.make()
	t.Cleanup(peer.stop)
	must(peer.start(ctx, w, peerOptions{}), "start the peer")
	s, err := newStation(ctx, w)
	must(err, "start the guest")
	t.Cleanup(s.guest.stop)
	must(peer.offer(ctx, c.peer), "offer")
	for meeting := range 2 {
		s.feed.drop("encryption")
		if role == bt.Central {
			must(peer.advertise(ctx), "advertise")
			must(s.run(append(append([]string{"pair"}, c.flags...), peer.identity().String())...), "smp pair")
			c.answer(ctx, t, peer, meeting)
		} else {
			must(s.run(append([]string{"peripheral", "--once"}, c.flags...)...), "smp peripheral")
			_, err := s.feed.await(ctx, "advertising", "ended")
			must(err, "advertise")
			must(peer.connect(ctx, s.own), "connect")
			_, err = peer.events().await(ctx, connected)
			must(err, "connect")
			if meeting == 0 {
				must(peer.pair(ctx), "pair")
			} else {
				must(peer.encrypt(ctx), "encrypt")
			}
			c.answer(ctx, t, peer, meeting)
			done := kind("paired")
			if meeting > 0 {
				done = "encryption"
			}
			_, err = s.feed.await(ctx, done, "ended")
			must(err, "encrypt")
			must(peer.disconnect(ctx), "disconnect")
		}
		must(s.ended(ctx), "smp")
		_, err := peer.events().await(ctx, disconnected)
		must(err, "disconnect")
	}
	b, err := peer.bond(s.own)
	must(err, "bond")
	if b == nil || b.SC != c.level.SC || b.MITM != c.level.MITM {
		t.Errorf("the peer keeps %+v, want SC %v and MITM %v", b != nil, c.level.SC, c.level.MITM)
	}
}

// answer is the peer's user at the first meeting.
func (c channelCase) answer(ctx context.Context, t *testing.T, peer foreign, meeting int) {
	t.Helper()
	_, isLinux := peer.(*linux)
	if meeting > 0 || c.level.Model == smp.JustWorks && !isLinux {
		return
	}
	e, err := peer.events().await(ctx, compareNumber, complete, pairingFailed, "key")
	if err != nil {
		t.Fatalf("pair: %v", err)
	}
	if e.kind == compareNumber {
		if err := peer.compare(ctx, true); err != nil {
			t.Fatalf("pair: %v", err)
		}
	}
}
