package boltstore

import (
	"errors"
	"fmt"
)

// freelist marks the free pages.
func (c *pageCheck) freelist() error {
	free, err := c.freePages()
	if err != nil {
		return fmt.Errorf("list of free pages: %w", err)
	}
	for _, id := range free {
		if c.owner == nil {
			break
		}
		if c.owner[id] != unowned {
			return fmt.Errorf("list of free pages: page %d cannot be free", id)
		}
		c.owner[id] = freed
	}
	return nil
}

// freePages gives the numbers of the free pages, in order.
func (c *pageCheck) freePages() ([]uint64, error) {
	if c.header.freelist == noFreelist {
		return nil, errors.New("there is none")
	}
	p, err := c.page(c.header.freelist)
	if err != nil {
		return nil, err
	}
	if p.kind() != freelistPage {
		return nil, fmt.Errorf("page is of kind 0x%x", p.kind())
	}
	list, count := p[pageHeaderSize:], uint64(p.count())
	if count == overflowedCount {
		count, list = native.Uint64(list), list[8:]
	}
	if count > uint64(len(list)/8) {
		return nil, fmt.Errorf("%d entries in %d octets", count, len(list))
	}
	free := make([]uint64, count)
	last := uint64(1)
	for i := range free {
		free[i] = native.Uint64(list[8*i:])
		if free[i] <= last || free[i] >= c.header.high {
			return nil, fmt.Errorf("page %d cannot be free", free[i])
		}
		last = free[i]
	}
	return free, nil
}
