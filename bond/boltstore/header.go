package boltstore

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/bits"
)

const (
	headerEnd    = pageHeaderSize + 64
	boltMagic    = 0xED0CDAED
	boltVersion  = 2
	smallestPage = 512
	largestPage  = 1 << 24
)

// fileHeader is what page 0 or 1 holds.
type fileHeader struct {
	pageSize       int
	root, freelist uint64
	high           uint64 // the first page number that was never used
	transaction    uint64
}

// parseHeader reads a header page from its first headerEnd octets.
func parseHeader(page []byte) (fileHeader, error) {
	body := page[pageHeaderSize:headerEnd]
	sum := fnv.New64a()
	sum.Write(body[:56])
	switch {
	case native.Uint32(body) != boltMagic:
		return fileHeader{}, errors.New("not a bbolt file")
	case native.Uint32(body[4:]) != boltVersion:
		return fileHeader{}, fmt.Errorf("bbolt version %d, want %d", native.Uint32(body[4:]), boltVersion)
	case native.Uint64(body[56:]) != sum.Sum64():
		return fileHeader{}, errors.New("checksum differs")
	}
	h := fileHeader{
		pageSize: int(native.Uint32(body[8:])), root: native.Uint64(body[16:]), freelist: native.Uint64(body[32:]),
		high: native.Uint64(body[40:]), transaction: native.Uint64(body[48:]),
	}
	if h.pageSize < smallestPage || h.pageSize > largestPage || bits.OnesCount(uint(h.pageSize)) != 1 {
		return fileHeader{}, fmt.Errorf("page size %d", h.pageSize)
	}
	return h, nil
}

// fits wants a file of so many octets to have all the pages that were used.
func (h fileHeader) fits(size int64) error {
	if h.high < 4 || h.high > uint64(size)/uint64(h.pageSize) {
		return fmt.Errorf("cut off: %d octets, want %d pages of %d", size, h.high, h.pageSize)
	}
	return nil
}

// errOldHeader says that one of the two headers is damaged: the other may be
// that of the last transaction or of the one before it.
var errOldHeader = errors.New("one of the two headers is damaged, so the last change may be missing")

// readHeader gives the header that counts. With errOldHeader it gives the one
// that is left.
func readHeader(r io.ReaderAt, size int64) (fileHeader, error) {
	first, err := readHeaderAt(r, size, 0)
	if err == nil {
		second, err := readHeaderAt(r, size, int64(first.pageSize))
		if err != nil {
			return first, errOldHeader
		}
		if second.pageSize != first.pageSize {
			return fileHeader{}, fmt.Errorf("page size %d in one header and %d in the other", first.pageSize, second.pageSize)
		}
		if second.transaction > first.transaction {
			return second, nil
		}
		return first, nil
	}
	for pageSize := int64(smallestPage); pageSize <= largestPage; pageSize *= 2 {
		second, errSecond := readHeaderAt(r, size, pageSize)
		if errSecond == nil && int64(second.pageSize) == pageSize {
			return second, errOldHeader
		}
	}
	return fileHeader{}, fmt.Errorf("both headers are damaged: %w", err)
}

func readHeaderAt(r io.ReaderAt, size, offset int64) (fileHeader, error) {
	if offset+headerEnd > size {
		return fileHeader{}, fmt.Errorf("cut off after %d octets", size)
	}
	var page [headerEnd]byte
	if _, err := r.ReadAt(page[:], offset); err != nil {
		return fileHeader{}, err
	}
	return parseHeader(page[:])
}
