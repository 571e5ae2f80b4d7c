package boltstore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"go.etcd.io/bbolt"
)

// sound says whether the inner nodes of a file are known to be in order. Open
// looks at them where the file is small. A large one is looked at in the
// background, since it takes the longer the more bonds there are: until that is
// over nothing is changed, and whoever looks for one record looks first at the
// pages on the way to it.
type sound struct {
	known  atomic.Bool
	header fileHeader
	free   []uint64 // the free pages
	file   io.ReaderAt

	stop atomic.Bool
	done chan struct{} // closed when the check is over; nil where there is none
	err  error         // of the check, from then on
}

// checkSoon starts the check of a file that has just been opened.
func (s *Store) checkSoon() error {
	check, err := s.prepareCheck()
	if err == nil {
		go check()
	}
	return err
}

func (s *Store) prepareCheck() (check func(), err error) {
	info, err := s.file.Stat()
	if err != nil {
		return nil, fmt.Errorf("boltstore: %w", err)
	}
	header, err := readHeader(s.file, info.Size())
	if err != nil && !errors.Is(err, errOldHeader) {
		return nil, s.damaged(adviceClose, err)
	}
	free, err := (&pageCheck{r: s.file, header: header}).freePages()
	if err != nil {
		return nil, s.damaged(adviceClose, fmt.Errorf("list of free pages: %w", err))
	}
	c := &s.sound
	c.header, c.free, c.file, c.done = header, free, s.file, make(chan struct{})
	return func() {
		defer close(c.done)
		err := checkPages(c, info.Size(), header, false)
		switch {
		case err == nil:
			c.known.Store(true)
		case c.stop.Load():
			c.err = s.failed(os.ErrClosed)
		default:
			c.err = s.damaged(adviceClose, err)
			s.broken.CompareAndSwap(nil, &unusable{err: c.err})
		}
	}, nil
}

// ReadAt reads from the file until the check is to stop.
func (c *sound) ReadAt(b []byte, offset int64) (int, error) {
	if c.stop.Load() {
		return 0, os.ErrClosed
	}
	return c.file.ReadAt(b, offset)
}

// end stops the check, and waits until it has done so.
func (c *sound) end() {
	c.stop.Store(true)
	if c.done != nil {
		<-c.done
	}
}

// wait waits for the end of the check, and says what it found.
func (c *sound) wait() error {
	if c.known.Load() {
		return nil
	}
	<-c.done
	return c.err
}

// way looks at the pages on the way to a key.
func (c *sound) way(bucket string, key []byte) error {
	if c.known.Load() {
		return nil
	}
	path := &pathCheck{pages: pageCheck{r: c.file, header: c.header}, free: c.free, seen: make(map[uint64]checkedPage)}
	err := path.touch(bucket, key)
	if err != nil && c.known.Load() {
		return nil // the file was in order, and has been changed since
	}
	return err
}

// lookup gives the record under a key, or nil.
func (s *Store) lookup(tx *bbolt.Tx, bucket string, key []byte) ([]byte, error) {
	b, err := s.bucket(tx, bucket)
	if err != nil {
		return nil, err
	}
	if err := s.sound.way(bucket, key); err != nil {
		return nil, s.damaged(adviceClose, err)
	}
	return b.Get(key), nil
}
