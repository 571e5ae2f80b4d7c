package hci

import (
	"fmt"
	"log/slog"

	"blesmp/bt"
	"blesmp/hci/transport"
)

// dispatch handles one packet of the controller.
func (h *Host) dispatch(packet []byte) {
	if err := transport.Check(packet); err != nil {
		h.count(&h.stats.Malformed, slog.LevelWarn, "malformed packet", "error", err)
		return
	}
	switch packet[0] {
	case transport.EventPacket:
		h.dispatchEvent(EventCode(packet[1]), packet[3:])
	case transport.ACLPacket:
		h.dispatchACL(packet)
	default:
		h.count(&h.stats.Unknown, slog.LevelWarn, "packet that no LE host gets", "type", packet[0])
	}
}

// understood reports whether parameters could be read, or counts and logs why
// not.
func (h *Host) understood(err error) bool {
	if err != nil {
		h.count(&h.stats.Malformed, slog.LevelWarn, "malformed event", "error", err)
	}
	return err == nil
}

func (h *Host) dispatchEvent(code EventCode, parameters []byte) {
	switch code {
	case EventCodeCommandComplete:
		var e CommandComplete
		if h.understood(e.Unmarshal(parameters)) {
			h.commandComplete(&e)
		}
	case EventCodeCommandStatus:
		var e CommandStatus
		if h.understood(e.Unmarshal(parameters)) {
			h.commandStatus(&e)
		}
	case EventCodeNumberOfCompletedPackets:
		if h.understood(h.completion.Unmarshal(parameters)) {
			h.completed(&h.completion)
		}
	case EventCodeDisconnectionComplete:
		var e DisconnectionComplete
		if h.understood(e.Unmarshal(parameters)) {
			h.disconnected(&e)
		}
	case EventCodeEncryptionChange:
		var e EncryptionChange
		if h.understood(e.Unmarshal(parameters)) {
			h.encrypted(e.ConnectionHandle, e.Status, e.EncryptionEnabled != 0, false)
		}
	case EventCodeEncryptionChangeV2:
		var e EncryptionChangeV2
		if h.understood(e.Unmarshal(parameters)) {
			h.encrypted(e.ConnectionHandle, e.Status, e.EncryptionEnabled != 0, false)
		}
	case EventCodeEncryptionKeyRefreshComplete:
		var e EncryptionKeyRefreshComplete
		if h.understood(e.Unmarshal(parameters)) {
			h.encrypted(e.ConnectionHandle, e.Status, e.Status == bt.Success, true)
		}
	case EventCodeHardwareError:
		var e HardwareError
		if h.understood(e.Unmarshal(parameters)) {
			_ = h.fail(fmt.Errorf("%w: code 0x%02x", ErrHardware, e.HardwareCode), bt.HardwareFailure)
		}
	case EventCodeDataBufferOverflow:
		var e DataBufferOverflow
		if h.understood(e.Unmarshal(parameters)) {
			h.log.Error("controller lost data: its buffers overflowed", "link type", e.LinkType)
		}
	case EventCodeLEMeta:
		if len(parameters) == 0 {
			h.count(&h.stats.Malformed, slog.LevelWarn, "LE meta event without a subevent")
			return
		}
		h.dispatchLE(Subevent(parameters[0]), parameters[1:])
	default:
		h.count(&h.stats.Unknown, slog.LevelDebug, "event that the host does not use", "code", code)
	}
}

func (h *Host) dispatchLE(code Subevent, parameters []byte) {
	switch code {
	case SubeventLEConnectionComplete:
		var e LEConnectionComplete
		if h.understood(e.Unmarshal(parameters)) {
			h.connected(&LEEnhancedConnectionComplete{
				Status:             e.Status,
				ConnectionHandle:   e.ConnectionHandle,
				Role:               e.Role,
				PeerAddressType:    e.PeerAddressType,
				PeerAddress:        e.PeerAddress,
				ConnectionInterval: e.ConnectionInterval,
				PeripheralLatency:  e.PeripheralLatency,
				SupervisionTimeout: e.SupervisionTimeout,
			})
		}
	case SubeventLEEnhancedConnectionComplete:
		var e LEEnhancedConnectionComplete
		if h.understood(e.Unmarshal(parameters)) {
			h.connected(&e)
		}
	case SubeventLEAdvertisingReport:
		var e LEAdvertisingReport
		if h.understood(e.Unmarshal(parameters)) {
			h.reported(&e)
		}
	case SubeventLEDirectedAdvertisingReport:
		var e LEDirectedAdvertisingReport
		if h.understood(e.Unmarshal(parameters)) {
			h.reportedDirected(&e)
		}
	case SubeventLELongTermKeyRequest:
		var e LELongTermKeyRequest
		if h.understood(e.Unmarshal(parameters)) {
			h.askedForKey(&e)
		}
	case SubeventLERemoteConnectionParameterRequest:
		var e LERemoteConnectionParameterRequest
		if h.understood(e.Unmarshal(parameters)) {
			h.askedForParameters(&e)
		}
	case SubeventLEConnectionUpdateComplete, SubeventLEDataLengthChange, SubeventLEReadRemoteFeaturesComplete:
		h.log.Debug("link changed", "subevent", code)
	default:
		h.count(&h.stats.Unknown, slog.LevelDebug, "LE event that the host does not use", "subevent", code)
	}
}

// linkOf gives the link with a handle, of which the upper four bits say something
// else, nil where there is none; h.mu is held.
func (h *Host) linkOf(handle uint16) *Conn {
	if handle &= handleMask; int(handle) < len(h.links) {
		return h.links[handle]
	}
	return nil
}

// link gives the link with a handle, or counts that there is none.
func (h *Host) link(handle uint16, what string) *Conn {
	h.mu.Lock()
	c := h.linkOf(handle)
	h.mu.Unlock()
	if c == nil {
		h.count(&h.stats.Unknown, slog.LevelDebug, what+" for no link", "handle", handle)
	}
	return c
}

func (h *Host) dispatchACL(packet []byte) {
	acl, err := ParseACL(packet)
	if err != nil {
		h.count(&h.stats.Malformed, slog.LevelWarn, "malformed packet", "error", err)
		return
	}
	if c := h.link(acl.Handle, "data"); c != nil {
		c.receive(acl)
	}
}

func (h *Host) encrypted(handle uint16, status bt.Status, enabled, refreshed bool) {
	if c := h.link(handle, "encryption event"); c != nil {
		if status == bt.Success {
			c.encrypted.Store(enabled)
		}
		c.handler.HandleEncryption(status, enabled, refreshed)
	}
}

func (h *Host) askedForKey(e *LELongTermKeyRequest) {
	if c := h.link(e.ConnectionHandle, "long term key request"); c != nil {
		c.handler.HandleLTKRequest(e.RandomNumber, e.EncryptedDiversifier)
	}
}

func (h *Host) disconnected(e *DisconnectionComplete) {
	if e.Status != bt.Success {
		h.log.Warn("controller could not disconnect", "handle", e.ConnectionHandle, "status", e.Status)
		return
	}
	if c := h.link(e.ConnectionHandle, "disconnection"); c != nil {
		h.remove(c, e.Reason)
	}
}
