package virtual

import (
	"blesmp/bt"
	"blesmp/hci"
)

// dataLengths are how much the PDUs of a link may carry, as one end sees it
// (Core Vol 6, Part B, 4.5.10).
type dataLengths struct {
	ours   dataLength // what we take, and what our host suggests to send
	tx, rx uint16     // octets, in effect
}

// newDataLengths gives those of a new link: 27 octets each way, until a data
// length update changes that.
func (c *Controller) newDataLengths() dataLengths {
	return dataLengths{
		ours: dataLength{
			maxRxOctets: c.config.ACLLength,
			maxRxTime:   dataTime(c.config.ACLLength),
			maxTxOctets: min(c.suggested, c.config.ACLLength),
			maxTxTime:   dataTime(min(c.suggested, c.config.ACLLength)),
		},
		tx: minDataOctets,
		rx: minDataOctets,
	}
}

// dataTime gives the microseconds that a packet with this payload takes on LE
// 1M, its MIC included.
func dataTime(octets uint16) uint16 { return (octets + packetOverhead) * microsPerOctet }

// startDataLength sends LL_LENGTH_REQ (Core Vol 6, Part B, 5.1.9).
func (e *end) startDataLength() {
	var space [maxControlOctets]byte
	e.transmitControl(e.lengths.ours.append(space[:0], opLengthReq)...)
}

// receiveDataLength takes what the peer can do, and tells the host if that
// changes what is in effect.
func (e *end) receiveDataLength(peers dataLength) {
	l := &e.lengths
	tx := max(min(l.ours.maxTxOctets, peers.maxRxOctets), minDataOctets)
	rx := max(min(l.ours.maxRxOctets, peers.maxTxOctets), minDataOctets)
	if tx == l.tx && rx == l.rx {
		return
	}
	l.tx, l.rx = tx, rx
	e.controller.sendLE(&hci.LEDataLengthChange{
		ConnectionHandle: e.handle,
		MaxTXOctets:      tx,
		MaxTXTime:        dataTime(tx),
		MaxRXOctets:      rx,
		MaxRXTime:        dataTime(rx),
	})
}

func (c *Controller) leSetDataLength(cmd *hci.LESetDataLength, ret *hci.LESetDataLengthReturn) bt.Status {
	ret.ConnectionHandle = cmd.ConnectionHandle
	e, ok := c.links[cmd.ConnectionHandle]
	if !ok {
		return bt.UnknownConnection
	}
	e.lengths.ours.maxTxOctets = min(cmd.TXOctets, c.config.ACLLength)
	e.lengths.ours.maxTxTime = dataTime(e.lengths.ours.maxTxOctets)
	c.air.soon(e.startDataLength)
	return bt.Success
}

func (c *Controller) leReadSuggestedDefaultDataLength(
	_ *hci.LEReadSuggestedDefaultDataLength, ret *hci.LEReadSuggestedDefaultDataLengthReturn,
) bt.Status {
	ret.SuggestedMaxTXOctets, ret.SuggestedMaxTXTime = c.suggested, dataTime(c.suggested)
	return bt.Success
}

func (c *Controller) leWriteSuggestedDefaultDataLength(
	cmd *hci.LEWriteSuggestedDefaultDataLength, _ *hci.LEWriteSuggestedDefaultDataLengthReturn,
) bt.Status {
	c.suggested = cmd.SuggestedMaxTXOctets
	return bt.Success
}

func (c *Controller) leReadMaximumDataLength(
	_ *hci.LEReadMaximumDataLength, ret *hci.LEReadMaximumDataLengthReturn,
) bt.Status {
	octets := c.config.ACLLength
	ret.SupportedMaxTXOctets, ret.SupportedMaxTXTime = octets, dataTime(octets)
	ret.SupportedMaxRXOctets, ret.SupportedMaxRXTime = octets, dataTime(octets)
	return bt.Success
}
