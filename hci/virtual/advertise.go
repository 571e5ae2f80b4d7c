package virtual

import (
	"time"

	"blesmp/bt"
	"blesmp/hci"
)

// highDutyDuration is how long directed advertising with a high duty cycle goes
// on (Core Vol 6, Part B, 4.4.2.4.3).
const highDutyDuration = 1280 * time.Millisecond

// Bits of the advertising filter policy (Core Vol 4, Part E, 7.8.5).
const (
	filterScanRequests    = 0b01
	filterConnectRequests = 0b10
)

const advertisingUnit = 625 * time.Microsecond

// advertiser is the advertising state of a controller.
type advertiser struct {
	enabled        bool
	params         hci.LESetAdvertisingParameters
	data, response []byte
	stopEvents     func() // nil while nobody scans
	stopHighDuty   func() // nil unless the high duty cycle is used
}

// defaultAdvertisingParameters count until the host sets others (Core Vol 4,
// Part E, 7.8.5).
var defaultAdvertisingParameters = hci.LESetAdvertisingParameters{
	AdvertisingIntervalMin: 0x0800, AdvertisingIntervalMax: 0x0800, AdvertisingChannelMap: 0x07,
}

func (v *advertiser) directed() bool {
	return v.params.AdvertisingType == hci.AdvDirectIndHigh || v.params.AdvertisingType == hci.AdvDirectIndLow
}

func (v *advertiser) connectable() bool {
	return v.directed() || v.params.AdvertisingType == hci.AdvInd
}

func (v *advertiser) scannable() bool {
	return v.params.AdvertisingType == hci.AdvInd || v.params.AdvertisingType == hci.AdvScanInd
}

// peer gives the peer that the parameters name.
func (v *advertiser) peer() bt.TypedAddress {
	return bt.TypedAddress{Type: v.params.PeerAddressType, Address: v.params.PeerAddress}
}

// pduTypes are the PDUs, and the event types of the reports, of each advertising
// type.
var pduTypes = map[hci.AdvertisingType]struct {
	pdu    byte
	report hci.AdvertisingEventType
}{
	hci.AdvInd:           {pduAdvInd, hci.ReportAdvInd},
	hci.AdvDirectIndHigh: {pduAdvDirectInd, hci.ReportAdvDirectInd},
	hci.AdvDirectIndLow:  {pduAdvDirectInd, hci.ReportAdvDirectInd},
	hci.AdvScanInd:       {pduAdvScanInd, hci.ReportAdvScanInd},
	hci.AdvNonconnInd:    {pduAdvNonconnInd, hci.ReportAdvNonconnInd},
}

func (c *Controller) leSetAdvertisingParameters(
	cmd *hci.LESetAdvertisingParameters, _ *hci.LESetAdvertisingParametersReturn,
) bt.Status {
	_, known := pduTypes[cmd.AdvertisingType]
	switch {
	case c.advertiser.enabled:
		return bt.CommandDisallowed
	case !known, cmd.OwnAddressType > hci.OwnResolvableOrRandom, cmd.PeerAddressType > bt.RandomAddress,
		cmd.AdvertisingIntervalMin > cmd.AdvertisingIntervalMax, cmd.AdvertisingChannelMap&0x07 == 0:
		return bt.InvalidParameters
	}
	c.advertiser.params = *cmd
	return bt.Success
}

func (c *Controller) leReadAdvertisingPhysicalChannelTxPower(
	_ *hci.LEReadAdvertisingPhysicalChannelTxPower, ret *hci.LEReadAdvertisingPhysicalChannelTxPowerReturn,
) bt.Status {
	ret.TxPowerLevel = transmitPower
	return bt.Success
}

// leSetAdvertisingData may come while advertising is on (Core Vol 4, Part E,
// 7.8.7).
func (c *Controller) leSetAdvertisingData(
	cmd *hci.LESetAdvertisingData, _ *hci.LESetAdvertisingDataReturn,
) bt.Status {
	c.advertiser.data = append([]byte(nil), cmd.AdvertisingData[:cmd.AdvertisingDataLength]...)
	return bt.Success
}

func (c *Controller) leSetScanResponseData(
	cmd *hci.LESetScanResponseData, _ *hci.LESetScanResponseDataReturn,
) bt.Status {
	c.advertiser.response = append([]byte(nil), cmd.ScanResponseData[:cmd.ScanResponseDataLength]...)
	return bt.Success
}

func (c *Controller) leSetAdvertisingEnable(
	cmd *hci.LESetAdvertisingEnable, _ *hci.LESetAdvertisingEnableReturn,
) bt.Status {
	v := &c.advertiser
	if cmd.AdvertisingEnable == 0 {
		c.stopAdvertising()
		return bt.Success
	}
	if _, ok := c.own(v.params.OwnAddressType, v.peer()); !ok {
		return bt.InvalidParameters
	}
	if v.connectable() && len(c.links) >= c.config.MaxLinks {
		return bt.ConnectionLimitExceeded
	}
	if v.enabled {
		return bt.Success
	}
	v.enabled = true
	if v.params.AdvertisingType == hci.AdvDirectIndHigh {
		v.stopHighDuty = c.air.after(highDutyDuration, c.endHighDuty)
	}
	c.air.soon(func() {
		c.air.rendezvous()
		c.advertise()
	})
	return bt.Success
}

func (c *Controller) stopAdvertising() {
	v := &c.advertiser
	v.enabled = false
	for _, stop := range []*func(){&v.stopEvents, &v.stopHighDuty} {
		if *stop != nil {
			(*stop)()
			*stop = nil
		}
	}
}

// endHighDuty tells the host that nobody came (Core Vol 4, Part E, 7.8.9).
func (c *Controller) endHighDuty() {
	c.stopAdvertising()
	c.sendLEConnectionComplete(&hci.LEEnhancedConnectionComplete{
		Status: bt.AdvertisingTimeout, Role: bt.Peripheral,
	})
}

// advertise is one advertising event, and sets the clock for the next as long as
// there is somebody to hear it.
func (c *Controller) advertise() {
	v := &c.advertiser
	if v.stopEvents != nil {
		v.stopEvents()
		v.stopEvents = nil
	}
	if !v.enabled {
		return
	}
	heard := false
	for _, other := range c.air.controllers {
		if other != c && other.scanner.enabled {
			heard = true
		}
	}
	if !heard {
		return
	}
	ad := c.advertisement()
	c.air.advertise(bt.Peripheral, ad.pdu())
	for _, other := range c.air.controllers {
		if other != c && other.scanner.enabled {
			other.hear(ad)
		}
	}
	interval := time.Duration(v.params.AdvertisingIntervalMin) * advertisingUnit
	v.stopEvents = c.air.after(min(interval, c.air.options.AdvertisingInterval), c.advertise)
}

// advertisement is what an advertising event puts on the air.
type advertisement struct {
	from    *Controller
	kind    hci.AdvertisingType
	address bt.TypedAddress
	target  bt.TypedAddress // of directed advertising
	data    []byte
}

func (c *Controller) advertisement() advertisement {
	v := &c.advertiser
	own, _ := c.own(v.params.OwnAddressType, v.peer())
	ad := advertisement{from: c, kind: v.params.AdvertisingType, address: own.TypedAddress, data: v.data}
	if v.directed() {
		ad.target, ad.data = c.target(), nil
	}
	return ad
}

// target gives the address at which directed advertising points: a private
// address of the peer if we know how to make one (Core Vol 6, Part B, 6.2.2).
func (c *Controller) target() bt.TypedAddress {
	v := &c.advertiser
	private := v.params.OwnAddressType >= hci.OwnResolvableOrPublic
	if r := c.privacy.entry(v.peer()); r != nil && private && !r.peerIRK.IsZero() {
		return bt.TypedAddress{Type: bt.RandomAddress, Address: c.current(&r.remote, r.peerIRK)}
	}
	return v.peer()
}

func (ad *advertisement) pdu() []byte {
	kind := pduTypes[ad.kind].pdu
	if kind == pduAdvDirectInd {
		return advertisingPDU(kind, ad.address, &ad.target, nil)
	}
	return advertisingPDU(kind, ad.address, nil, ad.data)
}
