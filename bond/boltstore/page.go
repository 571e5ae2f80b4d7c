package boltstore

import (
	"bytes"
	"errors"
	"fmt"
)

// pageData is a page, or its header alone: number (8), kind (2), count (2),
// and how many pages continue it (4).
type pageData []byte

func (p pageData) id() uint64       { return native.Uint64(p) }
func (p pageData) kind() uint16     { return native.Uint16(p[8:]) }
func (p pageData) count() uint16    { return native.Uint16(p[10:]) }
func (p pageData) overflow() uint32 { return native.Uint32(p[12:]) }

// element is an entry of a leaf or, with a child, of a branch.
type element struct {
	flags uint32
	child uint64
	key   []byte
	value []byte
}

// node reads the entries of a leaf or a branch that has pages of its own, and
// wants it to have as many of them as it needs.
func (p pageData) node(keys span, pageSize int) ([]element, error) {
	elements, end, err := p.elements(keys)
	if err != nil {
		return nil, err
	}
	if need, have := (end-1)/uint64(pageSize), uint64(p.overflow()); need != have {
		return nil, fmt.Errorf("it is continued on %d pages, want %d", have, need)
	}
	return elements, nil
}

// elements reads the entries of a leaf or a branch, and says where they end.
// bbolt writes their keys and values right behind the table of entries and
// without gaps, so any wrong number in the table shows.
func (p pageData) elements(keys span) (elements []element, end uint64, err error) {
	if p.kind() != leafPage && p.kind() != branchPage {
		return nil, 0, fmt.Errorf("page is of kind 0x%x", p.kind())
	}
	if p.kind() == branchPage && p.count() == 0 {
		return nil, 0, errors.New("branch without an entry")
	}
	end = uint64(pageHeaderSize + int(p.count())*elementSize)
	if end > uint64(len(p)) {
		return nil, 0, fmt.Errorf("%d entries in %d octets", p.count(), len(p))
	}
	elements = make([]element, p.count())
	for i := range elements {
		start := uint64(pageHeaderSize + i*elementSize)
		entry := p[start:]
		var e element
		var position, keyLen, valueLen uint64
		if p.kind() == leafPage {
			e.flags, position = native.Uint32(entry), uint64(native.Uint32(entry[4:]))
			keyLen, valueLen = uint64(native.Uint32(entry[8:])), uint64(native.Uint32(entry[12:]))
		} else {
			position, keyLen = uint64(native.Uint32(entry)), uint64(native.Uint32(entry[4:]))
			e.child = native.Uint64(entry[8:])
		}
		if start+position != end || keyLen+valueLen > uint64(len(p))-end {
			return nil, 0, fmt.Errorf("entry %d is not in its place", i)
		}
		e.key, e.value = p[end:end+keyLen:end+keyLen], p[end+keyLen:end+keyLen+valueLen]
		end += keyLen + valueLen
		if !keys.holds(e.key) || i > 0 && bytes.Compare(elements[i-1].key, e.key) >= 0 {
			return nil, 0, fmt.Errorf("entry %d is out of order", i)
		}
		elements[i] = e
	}
	return elements, end, nil
}
