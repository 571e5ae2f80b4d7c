//go:build interop

package interop

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"blesmp/bt"
	"blesmp/smp"
)

// foreign is a host that others wrote, as a process that obeys us.
type foreign interface {
	// start runs the process on a controller that serve attaches to a stream.
	start(ctx context.Context, w *world, o peerOptions) error
	stop()

	// identity is the address that it is known by.
	identity() bt.TypedAddress

	// offer says what it offers in pairings, in both roles.
	offer(ctx context.Context, f smp.Features) error

	advertise(ctx context.Context) error
	connect(ctx context.Context, to bt.TypedAddress) error
	pair(ctx context.Context) error
	requestSecurity(ctx context.Context, want smp.SecurityRequirements) error
	encrypt(ctx context.Context) error
	cancel(ctx context.Context) error
	keypress(ctx context.Context, t smp.KeypressType) error
	disconnect(ctx context.Context) error
	forget(ctx context.Context, who bt.TypedAddress) error

	// enter answers enterPasskey, compare answers compareNumber.
	enter(ctx context.Context, passkey smp.Passkey) error
	compare(ctx context.Context, same bool) error

	// bond is what it keeps of somebody; nil for nothing.
	bond(who bt.TypedAddress) (*foreignBond, error)

	events() *feed
}

// peerOptions say how a peer is to start.
type peerOptions struct {
	static  bool // known by a static random address
	privacy bool // uses resolvable private addresses
	legacy  bool // does not offer LE Secure Connections
	irk     bool // wants our identity
}

// foreignBond is what a peer keeps, as values of ours.
type foreignBond struct {
	MITM, SC            bool
	level               bool // MITM and SC are known
	LocalLTK, PeerLTK   *smp.LongTermKey
	PeerIRK             *bt.Key
	LocalCSRK, PeerCSRK *bt.Key
}

// kind is what a peer tells.
type kind string

const (
	connected      kind = "connected"
	disconnected   kind = "disconnected"
	requested      kind = "pairing requested"
	displayPasskey kind = "display passkey"
	enterPasskey   kind = "enter passkey"
	compareNumber  kind = "compare number"
	complete       kind = "complete"
	pairingFailed  kind = "failed"
	encrypted      kind = "encrypted"
	keypressed     kind = "keypress"
	trouble        kind = "trouble"
)

// told is one thing that a peer told.
type told struct {
	kind    kind
	passkey smp.Passkey           // to be shown or compared
	hint    bool                  // compareNumber without a number: consent to Just Works
	model   *smp.AssociationModel // where the peer says it
	reason  smp.Reason            // of a failure, where the peer knows
	remote  bool                  // the failure came from us
	status  bt.Status             // of encryption, or of the end of a link
	level   *smp.Level            // of encryption, where the peer says
	key     smp.KeypressType
	who     bt.TypedAddress
	bonded  bool // the peer knows who is connected
	text    string
}

func (e told) String() string { return fmt.Sprintf("%s %+v", e.kind, e.text) }

// feed keeps what was told until somebody looks for it.
type feed struct {
	mu      sync.Mutex
	pending []told
	all     []told
	changed chan struct{}
}

func newFeed() *feed { return &feed{changed: make(chan struct{})} }

func (f *feed) put(e told) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = append(f.pending, e)
	f.all = append(f.all, e)
	close(f.changed)
	f.changed = make(chan struct{})
}

// await takes the first thing of some kinds out of the feed.
func (f *feed) await(ctx context.Context, kinds ...kind) (told, error) {
	for {
		f.mu.Lock()
		for i, e := range f.pending {
			for _, k := range kinds {
				if e.kind == k {
					f.pending = append(f.pending[:i:i], f.pending[i+1:]...)
					f.mu.Unlock()
					return e, nil
				}
			}
		}
		changed := f.changed
		f.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return told{}, fmt.Errorf("the peer did not tell %v: %w", kinds, ctx.Err())
		}
	}
}

// drop forgets what was told of a kind, and says how much that was.
func (f *feed) drop(k kind) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := len(f.pending)
	f.pending = slices.DeleteFunc(f.pending, func(e told) bool { return e.kind == k })
	return before - len(f.pending)
}

// settle waits until check is content, and looks again whenever something was
// told.
func (f *feed) settle(ctx context.Context, check func() error) error {
	for {
		f.mu.Lock()
		changed := f.changed
		f.mu.Unlock()
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return err
		}
	}
}

// keys are the keypresses that were told.
func (f *feed) keys() []smp.KeypressType {
	f.mu.Lock()
	defer f.mu.Unlock()
	var keys []smp.KeypressType
	for _, e := range f.all {
		if e.kind == keypressed {
			keys = append(keys, e.key)
		}
	}
	return keys
}

// count tells how often something was told.
func (f *feed) count(k kind) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, e := range f.all {
		if e.kind == k {
			n++
		}
	}
	return n
}
