package virtual

import (
	"encoding/binary"

	"blesmp/bt"
	"blesmp/hci"
)

// control is what an end knows of the version and features of its peer.
type control struct {
	versionSent   bool
	versionKnown  bool
	peerVersion   versionInd
	askedVersion  bool // the host waits for it
	askedFeatures bool
}

// versionInd is LL_VERSION_IND (Core Vol 6, Part B, 2.4.2.13).
type versionInd struct {
	version               uint8
	companyID, subversion uint16
}

// transmitControl sends a control PDU that waits for its turn while an
// encryption procedure runs.
func (e *end) transmitControl(payload ...byte) {
	e.transmitOrHold(llidControl, payload, nil)
}

// receiveControl takes a control PDU. What has the wrong length is dropped, and
// what is unknown is answered with LL_UNKNOWN_RSP (Core Vol 6, Part B, 2.4.2).
func (e *end) receiveControl(payload []byte) {
	if len(payload) == 0 {
		return
	}
	opcode := payload[0]
	size, known := controlSizes[opcode]
	switch {
	case !known:
		e.transmitControl(opUnknownRsp, opcode)
		return
	case len(payload) != size:
		return
	}
	switch opcode {
	case opTerminateInd:
		e.endBoth(bt.Status(payload[1]), bt.LocalHostTerminated)
	case opEncReq, opEncRsp, opStartEncReq, opStartEncRsp, opPauseEncReq, opPauseEncRsp:
		e.receiveEncryptionControl(opcode, payload)
	case opRejectInd:
		e.receiveReject(bt.Status(payload[1]))
	case opRejectExtInd:
		if payload[1] == opEncReq {
			e.receiveReject(bt.Status(payload[2]))
		}
	case opVersionInd:
		e.receiveVersion(payload)
	case opFeatureReq, opPeripheralFeatureReq:
		e.transmitControl(features(opFeatureRsp)...)
	case opFeatureRsp:
		e.receiveFeatures(payload)
	case opConnectionUpdateInd:
		e.receiveConnectionUpdate(payload)
	case opLengthReq:
		e.receiveDataLength(parseDataLength(payload))
		var space [maxControlOctets]byte
		e.transmitControl(e.lengths.ours.append(space[:0], opLengthRsp)...)
	case opLengthRsp:
		e.receiveDataLength(parseDataLength(payload))
	}
}

// readRemoteVersionInformation exchanges versions, once a link (Core Vol 4, Part
// E, 7.1.23; Vol 6, Part B, 5.1.5).
func (c *Controller) readRemoteVersionInformation(cmd *hci.ReadRemoteVersionInformation) bt.Status {
	e, ok := c.links[cmd.ConnectionHandle]
	if !ok {
		return bt.UnknownConnection
	}
	e.control.askedVersion = true
	c.air.soon(func() {
		if e.control.versionKnown {
			e.reportVersion()
			return
		}
		e.sendVersion()
	})
	return bt.Success
}

func (e *end) sendVersion() {
	if e.control.versionSent {
		return
	}
	e.control.versionSent = true
	b := []byte{opVersionInd, version}
	b = binary.LittleEndian.AppendUint16(b, companyID)
	b = binary.LittleEndian.AppendUint16(b, subversion)
	e.transmitControl(b...)
}

func (e *end) receiveVersion(b []byte) {
	e.control.versionKnown = true
	e.control.peerVersion = versionInd{
		version: b[1], companyID: binary.LittleEndian.Uint16(b[2:]), subversion: binary.LittleEndian.Uint16(b[4:]),
	}
	e.sendVersion()
	e.reportVersion()
}

func (e *end) reportVersion() {
	if !e.control.askedVersion {
		return
	}
	e.control.askedVersion = false
	v := e.control.peerVersion
	e.controller.send(&hci.ReadRemoteVersionInformationComplete{
		ConnectionHandle: e.handle, Version: v.version, CompanyIdentifier: v.companyID, Subversion: v.subversion,
	})
}

// leReadRemoteFeatures exchanges features, from either role (Core Vol 4, Part
// E, 7.8.21; Vol 6, Part B, 5.1.4).
func (c *Controller) leReadRemoteFeatures(cmd *hci.LEReadRemoteFeatures) bt.Status {
	e, ok := c.links[cmd.ConnectionHandle]
	if !ok {
		return bt.UnknownConnection
	}
	e.control.askedFeatures = true
	opcode := byte(opFeatureReq)
	if e.role == bt.Peripheral {
		opcode = opPeripheralFeatureReq
	}
	c.air.soon(func() { e.transmitControl(features(opcode)...) })
	return bt.Success
}

// features gives a PDU that carries ours.
func features(opcode byte) []byte {
	return binary.LittleEndian.AppendUint64([]byte{opcode}, uint64(localFeatures))
}

func (e *end) receiveFeatures(b []byte) {
	if !e.control.askedFeatures {
		return
	}
	e.control.askedFeatures = false
	e.controller.sendLE(&hci.LEReadRemoteFeaturesComplete{
		ConnectionHandle: e.handle, LEFeatures: hci.LEFeatures(binary.LittleEndian.Uint64(b[1:])),
	})
}

// leConnectionUpdate changes the parameters from the central. A peripheral has
// to ask with L2CAP, as the Connection Parameters Request procedure is not
// among our features (Core Vol 4, Part E, 7.8.18; Vol 6, Part B, 5.1.1).
func (c *Controller) leConnectionUpdate(cmd *hci.LEConnectionUpdate) bt.Status {
	e, ok := c.links[cmd.ConnectionHandle]
	p := connectionParameters{cmd.ConnectionIntervalMax, cmd.MaxLatency, cmd.SupervisionTimeout}
	switch {
	case !ok:
		return bt.UnknownConnection
	case cmd.ConnectionIntervalMin > cmd.ConnectionIntervalMax || !p.valid():
		return bt.InvalidParameters
	case e.role != bt.Central:
		return bt.UnsupportedRemoteFeature
	}
	c.air.soon(func() {
		b := []byte{opConnectionUpdateInd, 1, 0, 0} // window of 1.25 ms at once
		for _, v := range [...]uint16{p.interval, p.latency, p.timeout, 0} {
			b = binary.LittleEndian.AppendUint16(b, v)
		}
		e.transmitOrHold(llidControl, b, func() { e.update(p) })
	})
	return bt.Success
}

// valid reports whether the supervision timeout is longer than twice the time
// in which the peripheral may stay silent (Core Vol 4, Part E, 7.8.12).
func (p connectionParameters) valid() bool {
	return uint32(p.timeout)*4 > (1+uint32(p.latency))*uint32(p.interval)
}

func (e *end) receiveConnectionUpdate(b []byte) {
	e.update(connectionParameters{
		interval: binary.LittleEndian.Uint16(b[4:]),
		latency:  binary.LittleEndian.Uint16(b[6:]),
		timeout:  binary.LittleEndian.Uint16(b[8:]),
	})
}

// update tells the host of new parameters.
func (e *end) update(p connectionParameters) {
	if e.link.gone {
		return
	}
	e.link.parameters = p
	e.controller.sendLE(&hci.LEConnectionUpdateComplete{
		ConnectionHandle:   e.handle,
		ConnectionInterval: p.interval,
		PeripheralLatency:  p.latency,
		SupervisionTimeout: p.timeout,
	})
}
