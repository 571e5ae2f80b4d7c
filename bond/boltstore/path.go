package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// pathCheck looks at the pages that bbolt will read when it changes the entry
// under a key, before it does: what it read from a damaged page it would write
// to sound ones. Only the pages as they are on disk matter, so one pathCheck
// serves a whole transaction, and looks at each page once.
type pathCheck struct {
	pages pageCheck
	free  []uint64 // pages that cannot be on a way, in order
	seen  map[uint64]checkedPage
}

type checkedPage struct {
	kind     uint16
	elements []element
}

// newPathCheck wants to have the file to itself.
func newPathCheck(r io.ReaderAt, size int64) (*pathCheck, error) {
	header, err := readHeader(r, size)
	if err != nil && !errors.Is(err, errOldHeader) {
		return nil, err
	}
	if err := header.fits(size); err != nil {
		return nil, err
	}
	c := &pathCheck{pages: pageCheck{r: r, header: header}, seen: make(map[uint64]checkedPage)}
	p, err := c.pages.read(header.freelist)
	if err == nil && p.kind() != freelistPage {
		err = fmt.Errorf("page is of kind 0x%x", p.kind())
	}
	if err != nil {
		return nil, fmt.Errorf("list of free pages: %w", err)
	}
	return c, nil
}

// touch checks the way to a key in a bucket, and the neighbours of every page
// on it, with which bbolt may merge the page.
func (c *pathCheck) touch(bucket string, key []byte) error {
	leaf, err := c.descend(c.pages.header.root, []byte(bucket))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(leaf, func(e element) bool { return string(e.key) == bucket })
	if i < 0 || leaf[i].flags != bucketFlag || len(leaf[i].value) < bucketSize {
		return fmt.Errorf("bucket %q is not where it belongs", bucket)
	}
	if root := native.Uint64(leaf[i].value); root != 0 {
		leaf, err = c.descend(root, key)
	} else {
		leaf, err = inlineElements(leaf[i].value)
	}
	if err == nil && slices.ContainsFunc(leaf, func(e element) bool { return e.flags != 0 }) {
		err = fmt.Errorf("bucket %q: a bucket is where it cannot be", bucket)
	}
	return err
}

// descend gives the entries of the leaf where a key is or would be. A page on
// the way, or beside it, with a key that belongs elsewhere shows that a key in
// the branch above is wrong, which would lead astray.
func (c *pathCheck) descend(id uint64, key []byte) ([]element, error) {
	keys := span{}
	for range maxDepth {
		p, err := c.load(id, keys)
		if err != nil || p.kind == leafPage {
			return p.elements, err
		}
		i, found := slices.BinarySearchFunc(p.elements, key, func(e element, key []byte) int { return bytes.Compare(e.key, key) })
		if !found && i > 0 {
			i--
		}
		for j := max(i-1, 0); j < min(i+2, len(p.elements)); j++ {
			if _, err := c.load(p.elements[j].child, below(p.elements, j, keys)); err != nil {
				return nil, err
			}
		}
		id, keys = p.elements[i].child, below(p.elements, i, keys)
	}
	return nil, fmt.Errorf("page %d lies too deep", id)
}

func (c *pathCheck) load(id uint64, keys span) (checkedPage, error) {
	if p, ok := c.seen[id]; ok {
		if n := len(p.elements); n > 0 && (!keys.holds(p.elements[0].key) || !keys.holds(p.elements[n-1].key)) {
			return checkedPage{}, fmt.Errorf("page %d is used twice", id)
		}
		return p, nil
	}
	if _, free := slices.BinarySearch(c.free, id); free {
		return checkedPage{}, fmt.Errorf("page %d is in use and free", id)
	}
	p, err := c.pages.read(id)
	if err != nil {
		return checkedPage{}, err
	}
	elements, err := p.node(keys, c.pages.header.pageSize)
	if err != nil {
		return checkedPage{}, fmt.Errorf("page %d: %w", id, err)
	}
	checked := checkedPage{kind: p.kind(), elements: elements}
	c.seen[id] = checked
	return checked, nil
}
