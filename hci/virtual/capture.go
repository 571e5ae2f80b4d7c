package virtual

import (
	"sync"

	"blesmp/bt"
	"blesmp/hci/snoop"
)

// Capture is an Observer that records the air for Wireshark: what is encrypted
// stays so. A recording that fails does not disturb the air: the first error is
// kept for Err, and from then on nothing is recorded.
type Capture struct {
	mu     sync.Mutex
	writer *snoop.AirWriter
	err    error
}

// NewCapture records to a writer, which must not wait for long: the air stands
// still meanwhile.
func NewCapture(writer *snoop.AirWriter) *Capture { return &Capture{writer: writer} }

// The channels in a recording. On the virtual air there are none: advertising is
// recorded on the first of its three, and connections on the next data channel
// with every PDU.
const (
	capturedAdvertising  = 37
	capturedDataChannels = 37
)

// Observe records a frame.
func (c *Capture) Observe(f *Frame) {
	p := snoop.AirPacket{
		Time:          f.Time,
		Channel:       capturedAdvertising,
		SignalPower:   defaultRSSI,
		AccessAddress: f.AccessAddress,
		PDU:           f.PDU,
		CRC:           snoop.AirCRC(crcInit, f.PDU),
	}
	if f.Link != nil {
		p.Channel = uint8(f.Number % capturedDataChannels)
		p.SignalPower = f.Link.ends[f.From].controller.config.RSSI
		p.Direction = snoop.ToPeripheral
		if f.From == bt.Peripheral {
			p.Direction = snoop.ToCentral
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = c.writer.WritePacket(p)
	}
}

// Err is the first error of the recording.
func (c *Capture) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
