package virtual

import (
	"time"

	"blesmp/bt"
	"blesmp/hci"
)

// duplicateMemory is how long the duplicates filter remembers a device, and
// duplicateCount how many. The filter of a real controller is small and forgets
// too; a host that was not ready for the first report gets another.
const (
	duplicateMemory = time.Second
	duplicateCount  = 64
)

// Bits of the scanning filter policy (Core Vol 4, Part E, 7.8.10).
const (
	filterAdvertisers  = 0b01
	reportUnresolvable = 0b10
)

// scanner is the scanning state of a controller.
type scanner struct {
	enabled bool
	params  hci.LESetScanParameters
	filter  bool
	seen    map[seen]time.Time
}

// seen is what makes a report a duplicate: the data does not count (Core Vol 6,
// Part B, 4.4.3.5).
type seen struct {
	device bt.TypedAddress
	event  hci.AdvertisingEventType
}

// defaultScanParameters count until the host sets others (Core Vol 4, Part E,
// 7.8.10).
var defaultScanParameters = hci.LESetScanParameters{LEScanInterval: 0x0010, LEScanWindow: 0x0010}

func (c *Controller) leSetScanParameters(
	cmd *hci.LESetScanParameters, _ *hci.LESetScanParametersReturn,
) bt.Status {
	switch {
	case c.scanner.enabled:
		return bt.CommandDisallowed
	case cmd.LEScanWindow > cmd.LEScanInterval, cmd.OwnAddressType > hci.OwnResolvableOrRandom:
		return bt.InvalidParameters
	}
	c.scanner.params = *cmd
	return bt.Success
}

func (c *Controller) leSetScanEnable(cmd *hci.LESetScanEnable, _ *hci.LESetScanEnableReturn) bt.Status {
	s := &c.scanner
	if cmd.LEScanEnable == 0 {
		s.enabled = false
		return bt.Success
	}
	if _, ok := c.own(s.params.OwnAddressType, bt.TypedAddress{}); !ok {
		return bt.InvalidParameters
	}
	s.enabled, s.filter, s.seen = true, cmd.FilterDuplicates == 1, nil
	c.air.soon(func() {
		for _, other := range c.air.controllers {
			other.advertise()
		}
	})
	return bt.Success
}

// hear takes an advertising event: it reports it, asks for the scan response and
// reports that (Core Vol 6, Part B, 4.4.3).
func (c *Controller) hear(ad advertisement) {
	identity, ok := c.identify(ad.address)
	policy := c.scanner.params.ScanningFilterPolicy
	if !ok || policy&filterAdvertisers != 0 && !c.accepts(identity) {
		return
	}
	v := &ad.from.advertiser
	if v.directed() && !c.isAddressed(ad.target, identity) {
		if policy&reportUnresolvable != 0 && ad.target.IsResolvable() {
			c.reportDirected(ad, identity)
		}
		return
	}
	c.report(ad, identity, pduTypes[ad.kind].report, ad.data)

	if c.scanner.params.LEScanType == 0 || !v.scannable() {
		return
	}
	own, _ := c.own(c.scanner.params.OwnAddressType, identity)
	c.air.advertise(bt.Central, advertisingPDU(pduScanReq, own.TypedAddress, &ad.address, nil))
	who, ok := ad.from.identify(own.TypedAddress)
	if !ok || v.params.AdvertisingFilterPolicy&filterScanRequests != 0 && !ad.from.accepts(who) {
		return
	}
	c.air.advertise(bt.Peripheral, advertisingPDU(pduScanRsp, ad.address, nil, v.response))
	c.report(ad, identity, hci.ReportScanRsp, v.response)
}

// isAddressed reports whether directed advertising points at us: at one of our
// addresses, or at a private address that our own IRK resolves.
func (c *Controller) isAddressed(target, advertiser bt.TypedAddress) bool {
	switch target {
	case bt.TypedAddress{Type: bt.PublicAddress, Address: c.config.PublicAddress},
		bt.TypedAddress{Type: bt.RandomAddress, Address: c.randomAddress}:
		return true
	}
	r := c.privacy.entry(advertiser)
	return c.privacy.enabled && r != nil && resolves(r.localIRK, target)
}

// report tells the host of one advertising PDU (Core Vol 4, Part E, 7.7.65.2).
func (c *Controller) report(
	ad advertisement, identity bt.TypedAddress, event hci.AdvertisingEventType, data []byte,
) {
	if c.isDuplicate(seen{identity, event}) {
		return
	}
	c.sendLE(&hci.LEAdvertisingReport{Reports: []hci.AdvertisingReport{{
		EventType:   event,
		AddressType: reportedType(ad.address, identity),
		Address:     identity.Address,
		Data:        data,
		RSSI:        ad.from.config.RSSI,
	}}})
}

// reportDirected tells the host of advertising that is directed at a private
// address which only the host may know (Core Vol 4, Part E, 7.7.65.11).
func (c *Controller) reportDirected(ad advertisement, identity bt.TypedAddress) {
	if c.isDuplicate(seen{identity, hci.ReportAdvDirectInd}) {
		return
	}
	c.sendLE(&hci.LEDirectedAdvertisingReport{Reports: []hci.DirectedAdvertisingReport{{
		EventType:         hci.ReportAdvDirectInd,
		AddressType:       reportedType(ad.address, identity),
		Address:           identity.Address,
		DirectAddressType: ad.target.Type,
		DirectAddress:     ad.target.Address,
		RSSI:              ad.from.config.RSSI,
	}}})
}

// reportedType gives the type of an address in events, which says whether it was
// resolved.
func reportedType(on, identity bt.TypedAddress) hci.PeerAddressType {
	if on != identity {
		return identityType(identity.Type)
	}
	return hci.PeerAddressType(identity.Type)
}

func (c *Controller) isDuplicate(what seen) bool {
	s := &c.scanner
	if !s.filter {
		return false
	}
	now := time.Now()
	if last, ok := s.seen[what]; ok && now.Sub(last) < duplicateMemory {
		return true
	}
	if s.seen == nil || len(s.seen) >= duplicateCount {
		s.seen = make(map[seen]time.Time)
	}
	s.seen[what] = now
	return false
}
