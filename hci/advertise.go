package hci

import (
	"context"
	"fmt"
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

	// Peer is whom directed advertising is for. With Options.Privacy the keys
	// shared with this peer also make our private address; without a peer, or
	// without its keys, our identity goes on the air.
	Peer bt.TypedAddress

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
	if err := h.StopAdvertising(ctx); err != nil {
		return err
	}
	err = h.Command(ctx, &LESetAdvertisingParameters{
		AdvertisingIntervalMin: interval,
		AdvertisingIntervalMax: interval,
		AdvertisingType:        p.Type,
		OwnAddressType:         h.ownType,
		PeerAddressType:        p.Peer.Type,
		PeerAddress:            p.Peer.Address,
		AdvertisingChannelMap:  allAdvertisingChannels,
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
	return nil
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
	h.advertising, h.advertised = on, h.ownType
}

// StopAdvertising ends advertising, if it is on.
func (h *Host) StopAdvertising(ctx context.Context) error {
	h.mu.Lock()
	on := h.advertising
	h.mu.Unlock()
	if !on {
		return nil
	}
	err := h.Command(ctx, &LESetAdvertisingEnable{}, nil)
	if err == nil {
		h.setAdvertising(false)
	}
	return err
}

// Accept waits for the next link that a central has made to us. Links that end
// before anybody accepts them are forgotten. High duty cycle directed
// advertising that finds nobody gives bt.AdvertisingTimeout.
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

func (h *Host) arrive(a arrival) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.accepted = append(h.accepted, a)
	h.wakeAccept()
}

// wakeAccept lets one waiting Accept look again; h.mu is held.
func (h *Host) wakeAccept() {
	select {
	case h.arrived <- struct{}{}:
	default:
	}
}
