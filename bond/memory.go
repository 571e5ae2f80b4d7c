package bond

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"blesmp/bt"
)

// Memory is a Store that lasts as long as the process. The zero value is not
// ready for use; NewMemory makes one.
type Memory struct {
	mu         sync.RWMutex
	bonds      map[pair]Bond
	onAir      map[pair]bt.TypedAddress // to Bond.Peer
	identities map[bt.TypedAddress]LocalIdentity
	attempts   map[pair]attempt
	irks       *ResolvingList // of bonds, once somebody has asked for it
	written    uint64         // counts the writes of attempts
}

var _ Store = (*Memory)(nil)

// pair is what a bond is stored under.
type pair struct{ local, peer bt.TypedAddress }

type attempt struct {
	written uint64
	state   []byte
}

// NewMemory makes an empty Memory.
func NewMemory() *Memory {
	return &Memory{
		bonds:      make(map[pair]Bond),
		onAir:      make(map[pair]bt.TypedAddress),
		identities: make(map[bt.TypedAddress]LocalIdentity),
		attempts:   make(map[pair]attempt),
	}
}

// Get implements Store.
func (m *Memory) Get(local, peer bt.TypedAddress) (Bond, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	b, err := m.find(local, peer)
	return b.Clone(), err
}

// find wants the lock, and returns what is stored, not a copy.
func (m *Memory) find(local, peer bt.TypedAddress) (Bond, error) {
	if b, ok := m.bonds[pair{local, peer}]; ok {
		return b, nil
	}
	if identity, ok := m.onAir[pair{local, peer}]; ok {
		return m.bonds[pair{local, identity}], nil
	}
	return Bond{}, NotFound(local, peer)
}

// Resolve implements Store. The first call makes the list of all IRKs.
func (m *Memory) Resolve(local, rpa bt.TypedAddress) (Bond, error) {
	if !rpa.IsResolvable() {
		return Bond{}, NotFound(local, rpa)
	}
	list := m.resolvingList()
	if _, ok := list.Resolve(local, rpa); !ok {
		return Bond{}, NotFound(local, rpa)
	}
	// While the lock is held no bond changes; the list remembers the answer, or
	// has a new one.
	m.mu.RLock()
	defer m.mu.RUnlock()
	peer, ok := list.Resolve(local, rpa)
	if !ok {
		return Bond{}, NotFound(local, rpa)
	}
	return m.bonds[pair{local, peer}].Clone(), nil
}

func (m *Memory) resolvingList() *ResolvingList {
	m.mu.RLock()
	list := m.irks
	m.mu.RUnlock()
	if list != nil {
		return list
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.irks == nil {
		m.irks = new(ResolvingList)
		for key, b := range m.bonds {
			if b.PeerIRK != nil {
				m.irks.Put(key.local, key.peer, *b.PeerIRK)
			}
		}
	}
	return m.irks
}

// All implements Store.
func (m *Memory) All() iter.Seq2[Bond, error] {
	return func(yield func(Bond, error) bool) {
		m.mu.RLock()
		keys := slices.SortedFunc(maps.Keys(m.bonds), func(a, b pair) int {
			return cmp.Or(compareAddresses(a.local, b.local), compareAddresses(a.peer, b.peer))
		})
		m.mu.RUnlock()
		for _, key := range keys {
			m.mu.RLock()
			b, ok := m.bonds[key]
			m.mu.RUnlock()
			if ok && !yield(b.Clone(), nil) {
				return
			}
		}
	}
}

// Put implements Store.
func (m *Memory) Put(bonds ...Bond) error {
	for _, b := range bonds {
		if err := b.Validate(); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range bonds {
		b = b.Clone()
		for _, address := range []bt.TypedAddress{b.Peer, b.OnAir} {
			if old, err := m.find(b.Local, address); err == nil {
				b.KeepSignCounters(old)
				m.remove(old)
			}
		}
		m.bonds[pair{b.Local, b.Peer}] = b
		if !b.OnAir.IsZero() {
			m.onAir[pair{b.Local, b.OnAir}] = b.Peer
		}
		if m.irks != nil && b.PeerIRK != nil {
			m.irks.Put(b.Local, b.Peer, *b.PeerIRK)
		}
	}
	return nil
}

// Delete implements Store.
func (m *Memory) Delete(local, peer bt.TypedAddress) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.find(local, peer)
	if err != nil {
		return err
	}
	m.remove(b)
	return nil
}

func (m *Memory) remove(b Bond) {
	delete(m.bonds, pair{b.Local, b.Peer})
	delete(m.onAir, pair{b.Local, b.OnAir})
	if m.irks != nil {
		m.irks.Delete(b.Local, b.Peer)
	}
}

// ReserveSignCounter implements Store.
func (m *Memory) ReserveSignCounter(local, peer bt.TypedAddress, n uint32) (uint32, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.find(local, peer)
	if err != nil {
		return 0, err
	}
	first, err := b.ReserveSignCounter(n)
	if err != nil {
		return 0, err
	}
	m.bonds[pair{b.Local, b.Peer}] = b
	return first, nil
}

// AcceptSignCounter implements Store.
func (m *Memory) AcceptSignCounter(local, peer bt.TypedAddress, counter uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.find(local, peer)
	if err != nil {
		return err
	}
	if err := b.AcceptSignCounter(counter); err != nil {
		return err
	}
	m.bonds[pair{b.Local, b.Peer}] = b
	return nil
}

// PutIdentity implements Store.
func (m *Memory) PutIdentity(l LocalIdentity) error {
	if err := l.Validate(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.identities[l.Address] = l.Clone()
	return nil
}

// DeleteIdentity implements Store.
func (m *Memory) DeleteIdentity(address bt.TypedAddress) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.identities[address]; !ok {
		return fmt.Errorf("local identity %v: %w", address, ErrNotFound)
	}
	delete(m.identities, address)
	return nil
}

// Identities implements Store.
func (m *Memory) Identities() ([]LocalIdentity, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var identities []LocalIdentity
	for _, l := range m.identities {
		identities = append(identities, l.Clone())
	}
	slices.SortFunc(identities, func(a, b LocalIdentity) int { return compareAddresses(a.Address, b.Address) })
	return identities, nil
}

// Attempts implements Store.
func (m *Memory) Attempts(local, peer bt.TypedAddress) ([]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return bytes.Clone(m.attempts[pair{local, peer}].state), nil
}

// PutAttempts implements Store.
func (m *Memory) PutAttempts(local, peer bt.TypedAddress, state []byte) error {
	if len(state) > MaxAttemptsSize {
		return fmt.Errorf("%w: attempts of %v: %d octets, want at most %d", ErrInvalid, peer, len(state), MaxAttemptsSize)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(state) == 0 {
		delete(m.attempts, pair{local, peer})
		return nil
	}
	m.written++
	m.attempts[pair{local, peer}] = attempt{written: m.written, state: bytes.Clone(state)}
	m.forgetAttempts(local)
	return nil
}

// forgetAttempts removes the oldest entry of a local identity that has one too
// many.
func (m *Memory) forgetAttempts(local bt.TypedAddress) {
	var oldest pair
	count, written := 0, m.written+1
	for key, a := range m.attempts {
		if key.local != local {
			continue
		}
		count++
		if a.written < written {
			oldest, written = key, a.written
		}
	}
	if count > MaxAttempts {
		delete(m.attempts, oldest)
	}
}

func compareAddresses(a, b bt.TypedAddress) int {
	return cmp.Or(cmp.Compare(a.Type, b.Type), bytes.Compare(a.Address[:], b.Address[:]))
}
