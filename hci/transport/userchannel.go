package transport

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// datagrams moves packets over a file that keeps them apart: each read and each
// write is one packet. The HCI user channel is such a file.
type datagrams struct {
	file  io.ReadWriteCloser
	write sync.Mutex
	read  []byte // room for the largest packet, so that none is cut
	end   func(error) error
	close func() error
}

// maxPacket is the size of the largest packet: an ACL header and 65535 octets.
const maxPacket = 1 + 4 + 0xffff

// newDatagrams makes a transport of a file. The function puts the errors of the
// file in words; nil leaves them.
func newDatagrams(file io.ReadWriteCloser, end func(error) error) *datagrams {
	if end == nil {
		end = func(err error) error { return err }
	}
	return &datagrams{
		file: file, read: make([]byte, maxPacket), end: end, close: sync.OnceValue(file.Close),
	}
}

// WritePacket sends one packet. What is not a packet is refused with a
// *FrameError, and nothing is sent.
func (d *datagrams) WritePacket(p []byte) error {
	if err := Check(p); err != nil {
		return err
	}
	d.write.Lock()
	defer d.write.Unlock()
	n, err := d.file.Write(p)
	switch {
	case err != nil:
		return fmt.Errorf("transport: %w", d.end(err))
	case n != len(p):
		return fmt.Errorf("transport: %d of %d octets were sent: %w", n, len(p), io.ErrShortWrite)
	}
	return nil
}

// ReadPacket waits for one packet. It is given as it came: should a controller
// send what is no packet, the next one is not affected.
func (d *datagrams) ReadPacket(buf []byte) ([]byte, error) {
	n, err := d.file.Read(d.read)
	switch {
	case errors.Is(err, io.EOF), err == nil && n == 0:
		return nil, io.EOF
	case err != nil:
		return nil, fmt.Errorf("transport: %w", d.end(err))
	}
	return append(buf[:0], d.read[:n]...), nil
}

// Close closes the file. Every call gives the result of the first.
func (d *datagrams) Close() error { return d.close() }
