package virtual

import (
	"container/heap"
	"crypto/rand"
	"encoding/binary"
	"io"
	"slices"
	"sync"
	"time"

	"blesmp/bt"
)

// Options are what all controllers on an air have in common. The zero value is
// an air without radio time that nobody listens to.
type Options struct {
	// Rand is the source of everything that the controllers draw: access
	// addresses, session key diversifiers, private addresses, P-256 keys and
	// LE Rand. It is crypto/rand if nil. A seeded source makes a run
	// reproducible, and insecure.
	Rand io.Reader

	// Delay is how long a PDU of a connection travels. PDUs of one direction
	// stay in order. By default they arrive at once.
	Delay time.Duration

	// AdvertisingInterval caps the interval that hosts ask for, so that
	// nobody has to wait for a scanner: 100 ms if zero. The first event comes
	// at once.
	AdvertisingInterval time.Duration

	// Interceptor decides what becomes of each PDU of a connection; nil
	// delivers them all.
	Interceptor Interceptor

	// EventInterceptor decides which events reach their host late; nil
	// delivers all at once.
	EventInterceptor EventInterceptor

	// Observer sees each PDU as it travels; nil does without.
	Observer Observer
}

// Air is the medium that controllers share: all of them are in range of each
// other. Everything that follows from one packet of a host happens before
// WritePacket returns, unless Options.Delay says otherwise, so the order of
// events depends only on the order of the packets that the hosts write.
type Air struct {
	options Options

	mu          sync.Mutex // guards everything below, and all controllers and links
	controllers []*Controller
	links       []*Link
	now         []func()   // what happens before the lock is given up, in order
	queue       deliveries // and what later
	spare       []*flight  // memory for PDUs
	drawn       [8]byte    // memory for what is drawn
	sequence    uint64     // of the last delivery put into queue
	frames      uint64     // the number of the last frame
	connections uint64     // the number of the last link
	timer       *time.Timer
}

// NewAir makes an air with no controllers on it.
func NewAir(options Options) *Air {
	if options.Rand == nil {
		options.Rand = rand.Reader
	}
	if options.AdvertisingInterval <= 0 {
		options.AdvertisingInterval = 100 * time.Millisecond
	}
	return &Air{options: options}
}

// Links gives the connections that are up, the oldest first.
func (a *Air) Links() []*Link {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.links)
}

// Lose ends every connection between the two controllers as if they had moved
// out of range: both hosts see Connection Timeout (0x08).
func (a *Air) Lose(one, other *Controller) {
	a.mu.Lock()
	defer a.release()
	for _, l := range slices.Clone(a.links) {
		if l.joins(one) && l.joins(other) {
			l.end(bt.ConnectionTimeout, bt.ConnectionTimeout)
		}
	}
}

// release delivers what is due and gives up the lock. Every method that changes
// anything ends with it.
func (a *Air) release() {
	a.pump()
	a.mu.Unlock()
}

// delivery is something that happens at a time.
type delivery struct {
	due      time.Time
	sequence uint64
	run      func()
}

// soon runs f after what is going on now.
func (a *Air) soon(f func()) { a.now = append(a.now, f) }

// at runs f at this time, after everything else that is due before it or was
// asked for earlier; a time of zero is soon.
func (a *Air) at(due time.Time, f func()) {
	if due.IsZero() {
		a.soon(f)
		return
	}
	a.sequence++
	heap.Push(&a.queue, delivery{due: due, sequence: a.sequence, run: f})
}

// pump runs what is due and sets the timer for what is not.
func (a *Air) pump() {
	for {
		for i := 0; i < len(a.now); i++ { // which may grow
			a.now[i]()
		}
		clear(a.now)
		a.now = a.now[:0]
		if len(a.queue) == 0 {
			return
		}
		if left := time.Until(a.queue[0].due); left > 0 {
			a.wake(left)
			return
		}
		heap.Pop(&a.queue).(delivery).run()
	}
}

func (a *Air) wake(after time.Duration) {
	if a.timer == nil {
		a.timer = time.AfterFunc(after, func() {
			a.mu.Lock()
			a.release()
		})
		return
	}
	a.timer.Reset(after)
}

// after runs f under the lock once the time has passed. The function that it
// returns calls that off.
func (a *Air) after(d time.Duration, f func()) (stop func()) {
	stopped := false
	timer := time.AfterFunc(d, func() {
		a.mu.Lock()
		defer a.release()
		if !stopped {
			f()
		}
	})
	return func() {
		stopped = true
		timer.Stop()
	}
}

// deliveries is a heap: the earliest first, and of two at one time the older.
type deliveries []delivery

func (d deliveries) Len() int      { return len(d) }
func (d deliveries) Swap(i, j int) { d[i], d[j] = d[j], d[i] }

func (d deliveries) Less(i, j int) bool {
	if !d[i].due.Equal(d[j].due) {
		return d[i].due.Before(d[j].due)
	}
	return d[i].sequence < d[j].sequence
}

func (d *deliveries) Push(x any) { *d = append(*d, x.(delivery)) }

func (d *deliveries) Pop() any {
	old := *d
	last := old[len(old)-1]
	old[len(old)-1] = delivery{}
	*d = old[:len(old)-1]
	return last
}

// random fills b. A source that fails is a broken machine or a broken test:
// there is nobody to tell, and going on would mean predictable keys.
func (a *Air) random(b []byte) {
	if _, err := io.ReadFull(a.options.Rand, b); err != nil {
		panic("virtual: source of randomness: " + err.Error())
	}
}

func (a *Air) randomUint64() uint64 {
	a.random(a.drawn[:])
	return binary.LittleEndian.Uint64(a.drawn[:])
}
