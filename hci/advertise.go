package hci

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"blesmp/bt"
)

// MaxAdvertisingData is how much advertising data and a scan response hold, in
// octets.
const MaxAdvertisingData = 31

// AdvertisingParameters say how to advertise. The zero value is connectable,
// scannable and undirected advertising every 100 ms without data.
type AdvertisingParameters struct {
	Type     AdvertisingType
	Interval time.Duration // 20 ms to 10.24 s; 0 stands for 100 ms

	// Peer is whom directed advertising is for. With Options.Privacy and the
	// keys of this peer, it is a private address of the peer that is called.
	Peer bt.TypedAddress

	// AcceptOnly, where it is set, are the only devices that may connect: they
	// make up the controller's filter accept list. Peers with private addresses
	// are known there by their identity, if the controller resolves them.
	AcceptOnly []bt.TypedAddress

	// Data and ScanResponse are AD structures, at most MaxAdvertisingData octets
	// each; AppendAD makes them.
	Data         []byte
	ScanResponse []byte
}

const (
	slot                       = 625 * time.Microsecond
	defaultAdvertisingInterval = 100 * time.Millisecond
	allAdvertisingChannels     = AdvertisingChannelMapChannel37 | AdvertisingChannelMapChannel38 | AdvertisingChannelMapChannel39
)

// slots converts a duration to units of 0.625 ms.
func slots(what string, d, standard, least, most time.Duration) (uint16, error) {
	if d == 0 {
		d = standard
	}
	if d < least || d > most {
		return 0, fmt.Errorf("hci: %s %v: want %v to %v", what, d, least, most)
	}
	return uint16(d / slot), nil
}

// Advertise starts advertising, in place of any that is on. It ends with the
// first connection, which Accept gives, or with StopAdvertising. The context
// limits this call only.
func (h *Host) Advertise(ctx context.Context, p AdvertisingParameters) error {
	interval, err := slots("advertising interval", p.Interval, defaultAdvertisingInterval, 20*time.Millisecond, 10240*time.Millisecond)
	if err != nil {
		return err
	}
	if len(p.Data) > MaxAdvertisingData || len(p.ScanResponse) > MaxAdvertisingData {
		return fmt.Errorf("hci: advertising data of %d octets and scan response of %d: want at most %d", len(p.Data), len(p.ScanResponse), MaxAdvertisingData)
	}
	if err := h.take(ctx, h.announcing); err != nil {
		return doing("advertise", err)
	}
	defer func() { <-h.announcing }()
	if err := h.stopAdvertising(ctx); err != nil {
		return err
	}
	h.forgetArrivals()
	if err := h.rotate(ctx); err != nil {
		return err
	}
	var filter uint8
	if len(p.AcceptOnly) > 0 {
		filter = connectsFromListed
		if err := h.fillAcceptList(ctx, p.AcceptOnly); err != nil {
			return err
		}
	}
	err = h.Command(ctx, &LESetAdvertisingParameters{
		AdvertisingIntervalMin: interval,
		AdvertisingIntervalMax: interval,
		AdvertisingType:        p.Type,
		OwnAddressType:         h.ownType,
		PeerAddressType:        p.Peer.Type,
		PeerAddress:            p.Peer.Address,
		AdvertisingChannelMap:  allAdvertisingChannels,

		AdvertisingFilterPolicy: filter,
	}, nil)
	if err != nil {
		return err
	}
	if p.Type != AdvDirectIndHigh && p.Type != AdvDirectIndLow {
		if err := h.setAdvertisingData(ctx, p); err != nil {
			return err
		}
	}
	h.setAdvertising(true)
	if err := h.Command(ctx, &LESetAdvertisingEnable{AdvertisingEnable: 1}, nil); err != nil {
		h.setAdvertising(false)
		return err
	}
	if p.Type != AdvDirectIndHigh {
		h.rotateLater()
	}
	return nil
}

// rotateLater has advertising that is still on by then go on under a new
// private address when ours is used up.
func (h *Host) rotateLater() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ownIRK.IsZero() {
		return
	}
	if h.rotation != nil {
		h.rotation.Stop()
	}
	// A controller that keeps its address is asked again.
	h.rotation = time.AfterFunc(max(time.Until(h.private.expires), time.Second), h.rotateAdvertising)
}

func (h *Host) rotateAdvertising() {
	ctx := context.Background()
	if err := h.take(ctx, h.announcing); err != nil {
		return // the host has ended
	}
	defer func() { <-h.announcing }()
	if !h.isAdvertising() {
		return
	}
	// The answer comes behind the event of a link that was made in between.
	err := h.Command(ctx, &LESetAdvertisingEnable{}, nil)
	if !h.isAdvertising() {
		return
	}
	if err == nil {
		err = errors.Join(h.rotate(ctx), h.Command(ctx, &LESetAdvertisingEnable{AdvertisingEnable: 1}, nil))
	}
	if err != nil {
		h.log.Warn("advertising under the old private address", "error", err)
	}
	h.rotateLater()
}

func (h *Host) isAdvertising() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.advertising
}

func (h *Host) setAdvertisingData(ctx context.Context, p AdvertisingParameters) error {
	data := LESetAdvertisingData{AdvertisingDataLength: uint8(len(p.Data))}
	copy(data.AdvertisingData[:], p.Data)
	if err := h.Command(ctx, &data, nil); err != nil {
		return err
	}
	response := LESetScanResponseData{ScanResponseDataLength: uint8(len(p.ScanResponse))}
	copy(response.ScanResponseData[:], p.ScanResponse)
	return h.Command(ctx, &response, nil)
}

// setAdvertising notes that advertising is on or off. It is noted as on before
// the controller knows, because a link can be made as soon as it does.
func (h *Host) setAdvertising(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.advertising = on
}

// StopAdvertising ends advertising, if it is on.
func (h *Host) StopAdvertising(ctx context.Context) error {
	if err := h.take(ctx, h.announcing); err != nil {
		return doing("stop advertising", err)
	}
	defer func() { <-h.announcing }()
	return h.stopAdvertising(ctx)
}

func (h *Host) stopAdvertising(ctx context.Context) error {
	if !h.isAdvertising() {
		return nil
	}
	err := h.Command(ctx, &LESetAdvertisingEnable{}, nil)
	if err == nil {
		h.setAdvertising(false)
	}
	return err
}

// Accept waits for the next link that a central has made to us. A link that has
// ended meanwhile is given too, with Done closed, so that nobody waits for a
// central that has been there; Advertise forgets those of earlier advertising.
// High duty cycle directed advertising that finds nobody gives
// bt.AdvertisingTimeout.
func (h *Host) Accept(ctx context.Context) (*Conn, error) {
	for {
		if a, ok := h.nextArrival(); ok {
			return a.conn, a.err
		}
		select {
		case <-h.arrived:
		case <-ctx.Done():
			return nil, doing("accept", ctx.Err())
		case <-h.done:
			return nil, h.Err()
		}
	}
}

func (h *Host) nextArrival() (arrival, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.accepted) == 0 {
		return arrival{}, false
	}
	a := h.accepted[0]
	h.accepted = h.accepted[1:]
	if len(h.accepted) > 0 {
		h.wakeAccept()
	}
	return a, true
}

// maxArrivals bounds the links that wait for an Accept: a host that never calls
// it keeps no more of them.
const maxArrivals = 64

func (h *Host) arrive(a arrival) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.accepted) >= maxArrivals {
		h.accepted = h.accepted[1:]
	}
	h.accepted = append(h.accepted, a)
	h.wakeAccept()
}

// forgetArrivals drops the links that have ended before anybody accepted them.
func (h *Host) forgetArrivals() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.accepted = slices.DeleteFunc(h.accepted, func(a arrival) bool {
		return a.conn == nil || a.conn.err != nil
	})
}

// wakeAccept lets one waiting Accept look again; h.mu is held.
func (h *Host) wakeAccept() {
	select {
	case h.arrived <- struct{}{}:
	default:
	}
}
