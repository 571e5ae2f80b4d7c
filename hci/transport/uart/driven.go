package uart

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"go.bug.st/serial"
)

// driven is a line on which the driver for serial ports reads and writes: every
// line but those of Linux.
type driven struct {
	port  serial.Port
	write sync.Mutex
	ended chan struct{}
	close func() error
}

func newDriven(port serial.Port) *driven {
	d := &driven{port: port, ended: make(chan struct{})}
	d.close = sync.OnceValue(d.shut)
	return d
}

func (d *driven) Read(p []byte) (int, error) {
	n, err := d.port.Read(p)
	if n > 0 || err == nil {
		return n, err
	}
	if d.closed() {
		return 0, os.ErrClosed
	}
	return 0, ended(err)
}

func (d *driven) Write(p []byte) (int, error) {
	d.write.Lock()
	defer d.write.Unlock()
	sent := 0
	for sent < len(p) {
		if d.closed() {
			return sent, os.ErrClosed
		}
		n, err := d.port.Write(p[sent:])
		sent += n
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil && d.closed():
			return sent, os.ErrClosed
		case err != nil:
			return sent, fmt.Errorf("uart: %w", err)
		case n == 0:
			return sent, fmt.Errorf("uart: %w", io.ErrShortWrite)
		}
	}
	return sent, nil
}

func (d *driven) Close() error { return d.close() }

func (d *driven) closed() bool {
	select {
	case <-d.ended:
		return true
	default:
		return false
	}
}

// shut closes the port once no write uses it: with the output dropped, one that
// waits for the other side goes on. One that still waits after a second is left
// behind, as not even the driver can end it.
func (d *driven) shut() error {
	close(d.ended)
	for range 1000 {
		if d.write.TryLock() {
			defer d.write.Unlock()
			break
		}
		if err := d.port.ResetOutputBuffer(); err != nil {
			break // the device is gone, and with it what a write could wait for
		}
		time.Sleep(time.Millisecond)
	}
	return d.port.Close()
}
