package hci

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"blesmp/bt"
	"blesmp/hci/l2cap"
	"blesmp/hci/transport"
)

// Options say how a host uses its controller. The zero value is good.
type Options struct {
	// RandomAddress is a static random address to be known by, in place of the
	// controller's public one.
	RandomAddress bt.Address

	// StaticAddress is asked for a static random address where RandomAddress is
	// not set and the controller has no public address: one that is kept, since
	// peers know the host by it. Without both, such a controller is an error.
	StaticAddress func() (bt.Address, error)

	// Resolver, where it is set, knows whose the private addresses of peers are.
	Resolver Resolver

	// Privacy has nobody see our identity on the air: we use resolvable private
	// addresses that are made from the IRK that Resolver has for us. With peers
	// whose keys Resolver has, the controller makes and resolves them, if it
	// can; the host makes those that all others see. A Resolver without an IRK
	// of ours gives ErrNoIRK.
	Privacy bool

	// RotateEvery is how long a private address of ours is used, in whole
	// seconds up to an hour; 0 stands for 15 minutes (Core Vol 3, Part C,
	// Appendix A). A Connect or Scan that takes longer keeps its address.
	RotateEvery time.Duration

	// Connection is what Connect asks for; the zero value stands for 30 to 50 ms
	// without latency, with a supervision timeout of 4 s.
	Connection l2cap.ConnectionParameters

	// CommandTimeout ends the host when the controller leaves a command
	// unanswered for so long; 0 stands for 10 seconds.
	CommandTimeout time.Duration

	// Logger, where it is set, hears of packets that cannot be used and of links
	// that come and go. It never gets keys or what packets carry.
	Logger *slog.Logger
}

// Stats count what went past a host without effect.
type Stats struct {
	Malformed uint64 // packets that could not be read
	Unknown   uint64 // events and channels that the host does not use
	Dropped   uint64 // advertising reports that nobody took in time
}

// Host drives one controller. Its methods may be called from any goroutine,
// those that wait not from a bt.LinkHandler.
type Host struct {
	transport transport.Transport
	options   Options
	log       *slog.Logger

	// Set before NewHost returns, and constant from then on.
	controller Controller
	identity   bt.TypedAddress
	ownType    OwnAddressType
	ownIRK     bt.Key // zero without Options.Privacy

	connecting chan struct{} // holds a token while Connect runs
	announcing chan struct{} // holds a token while advertising is changed
	arrived    chan struct{} // holds a token when accepted is worth a look
	done       chan struct{} // closed when every link has ended

	completion NumberOfCompletedPackets // the reader's memory for the next one
	deliveries []delivery               // of the one that is handled

	mu        sync.Mutex
	work      sync.Cond // for the writer: there may be something to write
	immediate bool      // the transport takes packets at once, and there is no writer
	writing   bool      // somebody does
	packet    []byte    // of who writes
	err       error     // why the host ended
	reason    bt.Status // the same for links
	resolver  Resolver
	serve     func(bt.Link) bt.LinkHandler
	stats     Stats

	queue         queue[*pending] // commands to be sent
	sent          []*pending      // commands to be answered
	spareCommands []*pending      // memory for commands
	watcher       *time.Timer     // for those that are late; nil before the first
	watching      bool            // it is set
	credits       int             // commands that the controller takes now
	serial        uint64          // numbers commands and frames in the order of their calls

	links     []*Conn          // by handle; nil where there is none
	order     []*Conn          // links by age
	ready     queue[*Conn]     // links with data, in the order of their turns
	served    *Conn            // the link whose turn was last, which is not in ready
	waiting   queue[*outgoing] // their frames by age; the sent ones go when they are the oldest
	spare     []*outgoing      // memory for frames
	aclLength int              // octets of data in one packet
	aclFree   int              // packets that the controller has room for

	attempt     *attempt // the Connect that runs
	advertising bool
	accepted    []arrival
	private     private                  // our address towards strangers
	rotation    *time.Timer              // of the advertising that is on
	resolving   map[bt.TypedAddress]bool // peers that the controller resolves
	scan        chan Report              // where reports go
}

// Open opens the controller at an address and brings it up:
//
//	hci0                     the Linux HCI user channel; the interface must be down
//	serial:DEVICE,BAUD       H4 over a serial line, as serial:/dev/ttyACM0,115200
//	tcp:HOST:PORT            H4 over TCP
//	unix:PATH                H4 over a unix socket
//
// See package transport for what each needs, and for its errors. The functions
// may change the options. The context limits this call only. A host whose
// transport fails has ended: to go on is to open the address again.
func Open(ctx context.Context, address string, options ...func(*Options)) (*Host, error) {
	t, err := transport.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	var o Options
	for _, change := range options {
		change(&o)
	}
	return NewHost(ctx, t, o)
}

// NewHost brings up the controller behind a transport: it resets it, asks what
// it can do and says which events to send. The host owns the transport and
// closes it, on error too. The context limits this call only.
func NewHost(ctx context.Context, t transport.Transport, options Options) (*Host, error) {
	if options.CommandTimeout <= 0 {
		options.CommandTimeout = 10 * time.Second
	}
	if options.Connection == (l2cap.ConnectionParameters{}) {
		options.Connection = l2cap.ConnectionParameters{IntervalMin: 24, IntervalMax: 40, Timeout: 400}
	}
	h := &Host{
		transport:  t,
		options:    options,
		log:        options.Logger,
		resolver:   options.Resolver,
		connecting: make(chan struct{}, 1),
		announcing: make(chan struct{}, 1),
		arrived:    make(chan struct{}, 1),
		done:       make(chan struct{}),
		credits:    1,
	}
	h.work.L = &h.mu
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	go h.read()
	if _, h.immediate = t.(transport.Immediate); !h.immediate {
		go h.write()
	}
	if err := h.bringUp(ctx); err != nil {
		_ = h.fail(err, bt.HardwareFailure)
		<-h.done
		return nil, err
	}
	return h, nil
}

// ServeLinks says who handles the links from now on: attach is called for each
// new link, before its first packet is delivered, from the goroutine that also
// calls the handlers, and must not wait. Without it, and where it gives nil, the
// host refuses pairing and has no keys.
func (h *Host) ServeLinks(attach func(bt.Link) bt.LinkHandler) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.serve = attach
}

// Links gives the links that there are, oldest first.
func (h *Host) Links() []*Conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]*Conn(nil), h.order...)
}

// Identity is the address that this host is known by: the static random address
// of the options or the controller's public one.
func (h *Host) Identity() bt.TypedAddress { return h.identity }

// Controller tells what the controller has said about itself.
func (h *Host) Controller() Controller { return h.controller }

// Stats gives the counters.
func (h *Host) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stats
}

// Close ends the host: it closes the transport and all links end with
// LocalHostTerminated. It does not wait; Done tells when the last handler knows.
func (h *Host) Close() error {
	return h.fail(ErrClosed, bt.LocalHostTerminated)
}

// Done is closed when the host has ended and the handler of every link knows.
func (h *Host) Done() <-chan struct{} { return h.done }

// Err is nil as long as the host works, and then the reason why it ended:
// ErrClosed, ErrTimeout, or what the transport or the controller reported.
func (h *Host) Err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// fail ends the host for the first cause that it is called with, and gives what
// closing the transport gives. The reader does the rest.
func (h *Host) fail(cause error, reason bt.Status) error {
	h.mu.Lock()
	if h.err == nil {
		h.err, h.reason = cause, reason
	}
	h.work.Broadcast()
	h.mu.Unlock()
	return h.transport.Close()
}

// read delivers what the controller sends until the transport ends. It is the
// goroutine from which handlers are called.
func (h *Host) read() {
	defer close(h.done)
	buf := make([]byte, 0, 512)
	for {
		packet, err := h.transport.ReadPacket(buf)
		if err != nil {
			_ = h.fail(doing("transport", err), bt.HardwareFailure)
			break
		}
		buf = packet
		h.dispatch(packet)
	}
	h.finish()
}

// finish tells everybody who waits that the host has ended.
func (h *Host) finish() {
	h.mu.Lock()
	waiting := append(h.sent, h.queue.all()...)
	h.sent = nil
	h.queue.drop(h.queue.len())
	links, reason, cause := h.order, h.reason, h.err
	for _, t := range []*time.Timer{h.rotation, h.watcher} {
		if t != nil {
			t.Stop()
		}
	}
	h.order, h.links, h.accepted = nil, nil, nil
	h.mu.Unlock()
	h.log.Info("host has ended", "cause", cause)
	for _, p := range waiting {
		p.finish(result{err: cause})
	}
	for _, c := range links {
		c.end(reason)
	}
}

// count adds to one of the counters and logs why: what a controller does wrong
// as a warning, what any device near by can bring about for debugging only.
// Arguments are never octets of a packet.
func (h *Host) count(counter *uint64, level slog.Level, message string, args ...any) {
	h.mu.Lock()
	*counter++
	h.mu.Unlock()
	h.log.Log(context.Background(), level, message, args...)
}
