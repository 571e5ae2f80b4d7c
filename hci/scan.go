package hci

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"time"

	"blesmp/bt"
)

// ScanParameters say how to scan. The zero value is passive scanning all the
// time, with each advertiser reported once.
type ScanParameters struct {
	Active     bool          // asks advertisers for their scan response
	Duplicates bool          // reports the same advertiser again and again
	Interval   time.Duration // 2.5 ms to 10.24 s; 0 stands for 60 ms
	Window     time.Duration // how much of the interval to scan; 0 stands for all of it
}

// Report is advertising that was heard.
type Report struct {
	Type     AdvertisingEventType
	Address  bt.TypedAddress // as Connect takes it
	Identity bt.TypedAddress // whose private address it is, where the controller or the resolver knows; else Address
	Resolved bool            // by the controller: Address is the identity, and on the air there is a private one
	RSSI     int8            // in dBm; 127 is not available
	Data     []byte          // AD structures; AD finds one
}

// Connectable reports whether the advertiser accepts a connection now.
func (r Report) Connectable() bool { return r.Type == ReportAdvInd || r.Type == ReportAdvDirectInd }

const (
	defaultScanInterval = 60 * time.Millisecond
	leastScanInterval   = 2500 * time.Microsecond
	mostScanInterval    = 10240 * time.Millisecond

	// scanDepth is how many reports wait for a slow reader.
	scanDepth = 64
)

// Scan scans as long as the loop over its reports runs, until the context ends,
// which ends the loop without an error. An error is the last of the sequence.
// Reports that are not taken in time are dropped. One scan can run at a time;
// another gives ErrBusy.
func (h *Host) Scan(ctx context.Context, p ScanParameters) iter.Seq2[Report, error] {
	return func(yield func(Report, error) bool) {
		reports, err := h.startScan(ctx, p)
		if err != nil {
			if ctx.Err() == nil {
				yield(Report{}, err)
			}
			return
		}
		defer h.stopScan()
		for {
			select {
			case r := <-reports:
				if !yield(r, nil) {
					return
				}
			case <-ctx.Done():
				return
			case <-h.done:
				yield(Report{}, h.Err())
				return
			}
		}
	}
}

func (h *Host) startScan(ctx context.Context, p ScanParameters) (<-chan Report, error) {
	interval, err := slots("scan interval", p.Interval, defaultScanInterval, leastScanInterval, mostScanInterval)
	if err != nil {
		return nil, err
	}
	whole := time.Duration(interval) * slot
	window, err := slots("scan window", p.Window, whole, leastScanInterval, whole)
	if err != nil {
		return nil, err
	}
	reports := make(chan Report, scanDepth)
	h.mu.Lock()
	busy := h.scan != nil
	if !busy {
		h.scan = reports
	}
	h.mu.Unlock()
	if busy {
		return nil, fmt.Errorf("%w: scan", ErrBusy)
	}
	parameters := LESetScanParameters{
		LEScanType:     octet(p.Active),
		LEScanInterval: interval,
		LEScanWindow:   window,
		OwnAddressType: h.ownType,
	}
	if err = h.rotate(ctx); err == nil {
		err = h.Command(ctx, &parameters, nil)
	}
	if err == nil {
		err = h.Command(ctx, &LESetScanEnable{LEScanEnable: 1, FilterDuplicates: octet(!p.Duplicates)}, nil)
	}
	if err != nil {
		h.stopScan()
		return nil, err
	}
	return reports, nil
}

func octet(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// stopScan turns scanning off, which is no error where it is off, and forgets
// the reports that nobody took.
func (h *Host) stopScan() {
	if err := h.Command(context.Background(), &LESetScanEnable{}, nil); err != nil {
		h.log.Debug("scanning not stopped", "error", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.scan = nil
}

// reported handles LE Advertising Report.
func (h *Host) reported(e *LEAdvertisingReport) {
	for _, r := range e.Reports {
		h.report(Report{
			Type:     r.EventType,
			Address:  typedAddress(r.AddressType, r.Address),
			Identity: h.identityOf(r.AddressType, r.Address),
			Resolved: resolved(r.AddressType),
			RSSI:     r.RSSI,
			Data:     slices.Clone(r.Data),
		})
	}
}

// reportedDirected handles LE Directed Advertising Report.
func (h *Host) reportedDirected(e *LEDirectedAdvertisingReport) {
	for _, r := range e.Reports {
		h.report(Report{
			Type:     r.EventType,
			Address:  typedAddress(r.AddressType, r.Address),
			Identity: h.identityOf(r.AddressType, r.Address),
			Resolved: resolved(r.AddressType),
			RSSI:     r.RSSI,
		})
	}
}

// identityOf is the identity of an advertiser where it is known.
func (h *Host) identityOf(t PeerAddressType, address bt.Address) bt.TypedAddress {
	onAir := typedAddress(t, address)
	if resolved(t) || !onAir.IsResolvable() {
		return onAir
	}
	return h.resolve(onAir)
}

func (h *Host) report(r Report) {
	h.mu.Lock()
	reports := h.scan
	h.mu.Unlock()
	if reports == nil {
		return // from before the scan was stopped
	}
	select {
	case reports <- r:
	default:
		h.count(&h.stats.Dropped, slog.LevelDebug, "advertising report dropped", "address", r.Address)
	}
}
