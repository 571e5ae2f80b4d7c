package virtual

import (
	"slices"

	"blesmp/bt"
	"blesmp/hci"
)

// accepts reports whether a device is on the filter accept list (Core Vol 6,
// Part B, 4.3.1).
func (c *Controller) accepts(identity bt.TypedAddress) bool {
	return slices.Contains(c.acceptList, identity)
}

// acceptListBusy says that the list is in use and must not change (Core Vol 4,
// Part E, 7.8.15).
func (c *Controller) acceptListBusy() bool {
	return c.advertiser.enabled && c.advertiser.params.AdvertisingFilterPolicy != 0 ||
		c.scanner.enabled && c.scanner.params.ScanningFilterPolicy&1 != 0 ||
		c.initiator.active && c.initiator.params.InitiatorFilterPolicy != 0
}

func (c *Controller) leReadFilterAcceptListSize(
	_ *hci.LEReadFilterAcceptListSize, ret *hci.LEReadFilterAcceptListSizeReturn,
) bt.Status {
	ret.FilterAcceptListSize = c.config.FilterAcceptListSize
	return bt.Success
}

func (c *Controller) leClearFilterAcceptList(
	*hci.LEClearFilterAcceptList, *hci.LEClearFilterAcceptListReturn,
) bt.Status {
	if c.acceptListBusy() {
		return bt.CommandDisallowed
	}
	c.acceptList = nil
	return bt.Success
}

func (c *Controller) leAddDeviceToFilterAcceptList(
	cmd *hci.LEAddDeviceToFilterAcceptList, _ *hci.LEAddDeviceToFilterAcceptListReturn,
) bt.Status {
	device := bt.TypedAddress{Type: cmd.AddressType, Address: cmd.Address}
	switch {
	case c.acceptListBusy():
		return bt.CommandDisallowed
	case c.accepts(device):
		return bt.Success
	case len(c.acceptList) >= int(c.config.FilterAcceptListSize):
		return bt.MemoryCapacityExceeded
	}
	c.acceptList = append(c.acceptList, device)
	return bt.Success
}

func (c *Controller) leRemoveDeviceFromFilterAcceptList(
	cmd *hci.LERemoveDeviceFromFilterAcceptList, _ *hci.LERemoveDeviceFromFilterAcceptListReturn,
) bt.Status {
	if c.acceptListBusy() {
		return bt.CommandDisallowed
	}
	device := bt.TypedAddress{Type: cmd.AddressType, Address: cmd.Address}
	c.acceptList = slices.DeleteFunc(c.acceptList, func(other bt.TypedAddress) bool { return other == device })
	return bt.Success
}
