package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// bbolt reads its file through a memory map and trusts what it finds there: a
// page number that leads back to its own page is an endless recursion, and
// neither that nor a fault on another goroutine can be recovered from. So the
// file is checked here first, with plain reads and bounded work.
//
// A bbolt file is a row of pages of equal size. Pages 0 and 1 hold a header
// each, of which the one with the higher transaction number counts. From it
// hang a tree of buckets, whose leaves hold the roots of the buckets' own
// trees, and the list of free pages. Every page below the header's high-water
// mark is in exactly one of these. Numbers are in the machine's byte order.

const (
	pageHeaderSize  = 16
	elementSize     = 16 // of a leaf as of a branch
	bucketSize      = 16 // root page and sequence, at the start of a bucket's value
	noFreelist      = 1<<64 - 1
	maxDepth        = 32
	bucketFlag      = 1
	overflowedCount = 0xFFFF // the list of free pages has its length in front
)

// The kinds of page.
const (
	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
)

var native = binary.NativeEndian

// pageCheck is one walk over a file.
type pageCheck struct {
	r      io.ReaderAt
	header fileHeader

	// leaves says to look into the leaves of the buckets, too.
	leaves bool

	// outline says to leave out the trees of the buckets that grow with the
	// number of bonds.
	outline bool

	// owner tells for every page below the high-water mark where it belongs. It
	// is nil in an outline.
	owner []owner
}

type owner uint8

const (
	unowned owner = iota
	freed
	used
)

// checkPages reports the first thing that is wrong with the pages of a file.
// Without leaves it reads only what is not a leaf of a bucket; its work then is
// about a hundredth, and it still finds every page number that leads astray,
// since such a number is also someone else's, or a free page's, or no page's.
func checkPages(r io.ReaderAt, size int64, h fileHeader, leaves bool) error {
	if err := h.fits(size); err != nil {
		return err
	}
	c := &pageCheck{r: r, header: h, leaves: leaves, owner: make([]owner, h.high)}
	c.owner[0], c.owner[1] = used, used
	if err := c.freelist(); err != nil {
		return err
	}
	if err := c.tree(h.root, true, span{}, 0); err != nil {
		return err
	}
	if !leaves {
		return nil
	}
	for id, o := range c.owner {
		if o == unowned {
			return fmt.Errorf("page %d is neither in use nor free", id)
		}
	}
	return nil
}

// checkOutline reports the first thing that is wrong with the list of free pages
// and with the buckets that do not grow with the number of bonds: their pages
// can be read. Whether a page belongs to two of them, or to a tree that it does
// not look at, only checkPages tells.
func checkOutline(r io.ReaderAt, size int64, h fileHeader) error {
	if err := h.fits(size); err != nil {
		return err
	}
	c := &pageCheck{r: r, header: h, leaves: true, outline: true}
	if err := c.freelist(); err != nil {
		return err
	}
	return c.tree(h.root, true, span{}, 0)
}

// growing tells the buckets that grow with the number of bonds.
func growing(bucket []byte) bool {
	switch string(bucket) {
	case bondsBucket, onAirBucket, irksBucket:
		return true
	}
	return false
}

// claim marks a page and those that continue it as used.
func (c *pageCheck) claim(id uint64, overflow uint32) error {
	if id < 2 || id >= c.header.high || uint64(overflow) >= c.header.high-id {
		return fmt.Errorf("page %d with %d more is outside of the file", id, overflow)
	}
	if c.owner == nil {
		return nil
	}
	for i := id; i <= id+uint64(overflow); i++ {
		switch c.owner[i] {
		case freed:
			return fmt.Errorf("page %d is in use and free", i)
		case used:
			return fmt.Errorf("page %d is used twice", i)
		}
		c.owner[i] = used
	}
	return nil
}

// page reads and claims a page with all that continues it.
func (c *pageCheck) page(id uint64) (pageData, error) {
	p, err := c.read(id)
	if err != nil {
		return nil, err
	}
	return p, c.claim(id, p.overflow())
}

// read reads a page with all that continues it.
func (c *pageCheck) read(id uint64) (pageData, error) {
	head, err := c.head(id)
	if err != nil {
		return nil, err
	}
	if head.id() != id {
		return nil, fmt.Errorf("page %d says that it is page %d", id, head.id())
	}
	if uint64(head.overflow()) >= c.header.high-id {
		return nil, fmt.Errorf("page %d with %d more is outside of the file", id, head.overflow())
	}
	p := make(pageData, (int(head.overflow())+1)*c.header.pageSize)
	if _, err := c.r.ReadAt(p, int64(id)*int64(c.header.pageSize)); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	return p, nil
}

// head reads the header of a page.
func (c *pageCheck) head(id uint64) (pageData, error) {
	if id < 2 || id >= c.header.high {
		return nil, fmt.Errorf("page %d is outside of the file", id)
	}
	head := make(pageData, pageHeaderSize)
	if _, err := c.r.ReadAt(head, int64(id)*int64(c.header.pageSize)); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	return head, nil
}

// span is the range of keys that a page may hold: from low on, and below high.
// A nil bound is none.
type span struct{ low, high []byte }

func (s span) holds(key []byte) bool {
	return (s.low == nil || bytes.Compare(key, s.low) >= 0) && (s.high == nil || bytes.Compare(key, s.high) < 0)
}

// below is the range of keys that the page below an element of a branch may
// hold, while the branch itself may hold those of a range.
func below(elements []element, i int, keys span) span {
	s := span{low: elements[i].key, high: keys.high}
	if i+1 < len(elements) {
		s.high = elements[i+1].key
	}
	return s
}

// tree checks a page and all below it. The tree of the root bucket is the one
// whose leaves hold buckets.
func (c *pageCheck) tree(id uint64, root bool, keys span, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("page %d lies too deep", id)
	}
	p, err := c.page(id)
	if err != nil {
		return err
	}
	elements, err := p.node(keys, c.header.pageSize)
	if err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	if p.kind() == leafPage {
		if err := c.buckets(elements, root, depth); err != nil {
			return fmt.Errorf("page %d: %w", id, err)
		}
		return nil
	}
	if !c.leaves && !root {
		if done, err := c.claimLeaves(elements); done || err != nil {
			return err
		}
	}
	for i, e := range elements {
		if err := c.tree(e.child, root, below(elements, i, keys), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// claimLeaves claims the pages below a branch without reading them, if they are
// leaves. All leaves of a tree are equally deep, so the first one tells.
func (c *pageCheck) claimLeaves(elements []element) (done bool, err error) {
	head, err := c.head(elements[0].child)
	if err != nil || head.kind() != leafPage {
		return false, err
	}
	for _, e := range elements {
		if err := c.claim(e.child, 0); err != nil {
			return false, err
		}
	}
	return true, nil
}

// buckets checks what the elements of a leaf hold: values, or in the root
// bucket's tree buckets.
func (c *pageCheck) buckets(elements []element, root bool, depth int) error {
	for _, e := range elements {
		if !root && e.flags == 0 {
			continue
		}
		if !root || e.flags != bucketFlag || len(e.value) < bucketSize {
			return errors.New("a bucket or a value is where it cannot be")
		}
		if page := native.Uint64(e.value); page != 0 {
			if c.outline && growing(e.key) {
				continue
			}
			if err := c.tree(page, false, span{}, depth+1); err != nil {
				return fmt.Errorf("bucket %q: %w", e.key, err)
			}
			continue
		}
		values, err := inlineElements(e.value)
		if err != nil {
			return fmt.Errorf("bucket %q: %w", e.key, err)
		}
		if err := c.buckets(values, false, depth); err != nil {
			return fmt.Errorf("bucket %q: %w", e.key, err)
		}
	}
	return nil
}

// inlineElements reads the entries of a bucket that is so small that its only
// leaf follows in its value.
func inlineElements(value []byte) ([]element, error) {
	inline := pageData(value[bucketSize:])
	if len(inline) < pageHeaderSize || inline.kind() != leafPage {
		return nil, errors.New("no leaf in it")
	}
	elements, _, err := inline.elements(span{})
	return elements, err
}
