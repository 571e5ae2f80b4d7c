package virtual

import (
	"time"

	"blesmp/bt"
	"blesmp/hci"
)

// responseTimeout is how long a controller waits in a link layer procedure
// (Core Vol 6, Part B, 5.2).
const responseTimeout = 40 * time.Second

// encryptionPhase is the PDU, or the answer of the host, for which an end waits
// in the encryption start and pause procedures (Core Vol 6, Part B, 5.1.3).
type encryptionPhase uint8

const (
	encryptionIdle encryptionPhase = iota

	// At the central.
	awaitPauseEncRsp
	awaitEncRsp
	awaitStartEncReq
	awaitStartEncRsp

	// At the peripheral.
	awaitClearPauseEncRsp
	awaitEncReq
	awaitLTK
	awaitFirstStartEncRsp
)

// encryption is one end's half of a link's encryption.
type encryption struct {
	phase    encryptionPhase
	refresh  bool // the link was encrypted before
	session  *session
	sends    bool // what we send is encrypted
	receives bool // what we receive is encrypted

	ltk       bt.Key // at the central
	request   encReq
	diversify diversifiers
	stop      func() // of the response timeout
}

func (e *encryption) on() bool      { return e.sends && e.receives }
func (e *encryption) running() bool { return e.phase != encryptionIdle }

// refusesData says that data from the peer is a breach of the procedure. The
// central still takes what the peripheral sent before it knew of the procedure
// (Core Vol 6, Part B, 5.1.3.1).
func (e *encryption) refusesData() bool {
	switch e.phase {
	case encryptionIdle, awaitPauseEncRsp, awaitEncRsp:
		return false
	}
	return true
}

func (e *encryption) stopTimer() {
	if e.stop != nil {
		e.stop()
		e.stop = nil
	}
}

// leEnableEncryption starts encryption, or pauses it to start again with another
// key (Core Vol 4, Part E, 7.8.24).
func (c *Controller) leEnableEncryption(cmd *hci.LEEnableEncryption) bt.Status {
	e, ok := c.links[cmd.ConnectionHandle]
	switch {
	case !ok:
		return bt.UnknownConnection
	case e.role != bt.Central, e.encryption.running(), e.closing:
		return bt.CommandDisallowed
	}
	x := &e.encryption
	x.ltk = cmd.LongTermKey
	x.request = encReq{rand: cmd.RandomNumber, ediv: cmd.EncryptedDiversifier}
	x.refresh = x.on()
	x.phase = awaitEncRsp
	if x.refresh {
		x.phase = awaitPauseEncRsp
	}
	e.startResponseTimer()
	c.air.soon(func() {
		if e.encryption.refresh {
			e.sendControl(opPauseEncReq)
			return
		}
		e.sendEncReq()
	})
	return bt.Success
}

func (e *end) startResponseTimer() {
	e.encryption.stopTimer()
	e.encryption.stop = e.link.air.after(responseTimeout, func() {
		e.link.end(bt.LLResponseTimeout, bt.LLResponseTimeout)
	})
}

// sendControl sends a control PDU of the encryption procedures, which nothing
// holds back.
func (e *end) sendControl(payload ...byte) {
	e.transmit(llidControl, payload, nil)
}

func (e *end) sendEncReq() {
	x := &e.encryption
	x.request.skd = e.link.air.randomUint64()
	x.request.iv = uint32(e.link.air.randomUint64())
	x.phase = awaitEncRsp
	var space [maxControlOctets]byte
	e.sendControl(x.request.append(space[:0])...)
}

// receiveEncryptionControl takes the PDUs of the encryption procedures. One that
// does not belong where it comes ends the link, as the Core demands of what is
// unexpected while encryption starts; outside of the procedures it is dropped.
func (e *end) receiveEncryptionControl(opcode byte, payload []byte) {
	x := &e.encryption
	switch {
	case opcode == opPauseEncReq && e.role == bt.Peripheral && x.phase == encryptionIdle && x.on():
		x.refresh = true
		x.phase = awaitClearPauseEncRsp
		e.sendControl(opPauseEncRsp)
		x.receives = false
	case opcode == opPauseEncRsp && x.phase == awaitPauseEncRsp:
		x.sends, x.receives = false, false
		e.sendControl(opPauseEncRsp)
		e.sendEncReq()
	case opcode == opPauseEncRsp && x.phase == awaitClearPauseEncRsp:
		x.sends = false
		x.phase = awaitEncReq
	case opcode == opEncReq && e.role == bt.Peripheral &&
		(x.phase == awaitEncReq || x.phase == encryptionIdle && !x.on()):
		e.receiveEncReq(parseEncReq(payload))
	case opcode == opEncRsp && x.phase == awaitEncRsp:
		rsp := parseEncRsp(payload)
		x.diversify = diversifiers{
			skdCentral: x.request.skd, ivCentral: x.request.iv, skdPeripheral: rsp.skd, ivPeripheral: rsp.iv,
		}
		x.phase = awaitStartEncReq
	case opcode == opStartEncReq && x.phase == awaitStartEncReq:
		x.session = newSession(x.ltk, x.diversify)
		x.ltk = bt.Key{}
		x.sends, x.receives = true, true
		x.phase = awaitStartEncRsp
		e.sendControl(opStartEncRsp)
	case opcode == opStartEncRsp && x.phase == awaitFirstStartEncRsp:
		x.sends = true
		e.sendControl(opStartEncRsp)
		e.encrypted()
	case opcode == opStartEncRsp && x.phase == awaitStartEncRsp:
		e.encrypted()
	case x.refusesData():
		e.micFailure()
	}
}

// receiveEncReq answers with our diversifiers and asks the host for the key. A
// host that does not want to be asked has none (Core Vol 6, Part B, 5.1.3.1).
func (e *end) receiveEncReq(request encReq) {
	x, a, c := &e.encryption, e.link.air, e.controller
	x.request = request
	rsp := encRsp{skd: a.randomUint64(), iv: uint32(a.randomUint64())}
	x.diversify = diversifiers{
		skdCentral: request.skd, ivCentral: request.iv, skdPeripheral: rsp.skd, ivPeripheral: rsp.iv,
	}
	x.phase = awaitLTK
	var space [maxControlOctets]byte
	e.sendControl(rsp.append(space[:0])...)
	ask := hci.LELongTermKeyRequest{
		ConnectionHandle: e.handle, RandomNumber: request.rand, EncryptedDiversifier: request.ediv,
	}
	if !c.hears(ask.Subevent()) {
		e.rejectEncryption()
		return
	}
	c.sendLE(&ask)
}

// encrypted ends a procedure well: the hosts hear of it before the first data.
func (e *end) encrypted() {
	x := &e.encryption
	x.stopTimer()
	refresh := x.refresh
	x.phase, x.refresh = encryptionIdle, false
	if refresh {
		e.controller.send(&hci.EncryptionKeyRefreshComplete{ConnectionHandle: e.handle})
	} else {
		e.controller.sendEncryptionChange(e.handle, bt.Success)
	}
	e.resume()
}

// rejectEncryption tells the central that there is no key. After a pause the
// link goes on in the clear, as it does with real controllers: it is for the
// central's host to end it.
func (e *end) rejectEncryption() {
	e.encryption.phase, e.encryption.refresh = encryptionIdle, false
	e.sendControl(opRejectExtInd, opEncReq, byte(bt.PINOrKeyMissing))
	e.resume()
}

// receiveReject ends the central's procedure: its host learns the reason with
// Encryption Change, whether the link was encrypted before or not, and the
// peripheral's host learns nothing (Core Vol 4, Part E, 7.7.8).
func (e *end) receiveReject(status bt.Status) {
	x := &e.encryption
	if x.phase != awaitEncRsp && x.phase != awaitStartEncReq {
		return
	}
	x.stopTimer()
	x.phase, x.refresh, x.ltk = encryptionIdle, false, bt.Key{}
	e.controller.sendEncryptionChange(e.handle, status)
	e.resume()
}

// awaitedLTK finds the end at which the host is asked for a key.
func (c *Controller) awaitedLTK(handle uint16) (*end, bt.Status) {
	e, ok := c.links[handle]
	switch {
	case !ok:
		return nil, bt.UnknownConnection
	case e.encryption.phase != awaitLTK:
		return nil, bt.CommandDisallowed
	}
	return e, bt.Success
}

func (c *Controller) leLongTermKeyRequestReply(
	cmd *hci.LELongTermKeyRequestReply, ret *hci.LELongTermKeyRequestReplyReturn,
) bt.Status {
	ret.ConnectionHandle = cmd.ConnectionHandle
	e, status := c.awaitedLTK(cmd.ConnectionHandle)
	if status != bt.Success {
		return status
	}
	x := &e.encryption
	x.session = newSession(cmd.LongTermKey, x.diversify)
	x.phase = awaitFirstStartEncRsp
	c.air.soon(func() {
		e.sendControl(opStartEncReq)
		x.receives = true
	})
	return bt.Success
}

func (c *Controller) leLongTermKeyRequestNegativeReply(
	cmd *hci.LELongTermKeyRequestNegativeReply, ret *hci.LELongTermKeyRequestNegativeReplyReturn,
) bt.Status {
	ret.ConnectionHandle = cmd.ConnectionHandle
	e, status := c.awaitedLTK(cmd.ConnectionHandle)
	if status != bt.Success {
		return status
	}
	c.air.soon(func() { e.rejectEncryption() })
	return bt.Success
}
