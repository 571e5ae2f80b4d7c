package hci

import (
	"context"
	"errors"

	"blesmp/bt"
)

// The filter policies by which only devices on the filter accept list are
// connected with: of an initiator, and of an advertiser that answers scan
// requests from everybody (Core Vol 4, Part E, 7.8.12 and 7.8.5).
const (
	initiateToListed   = 0x01
	connectsFromListed = 0x02
)

// fillAcceptList puts devices on the filter accept list, in place of those that
// are there. The controller refuses it while it uses the list.
func (h *Host) fillAcceptList(ctx context.Context, devices []bt.TypedAddress) error {
	if len(devices) == 0 {
		return errors.New("hci: no device for the filter accept list")
	}
	if err := h.Command(ctx, &LEClearFilterAcceptList{}, nil); err != nil {
		return err
	}
	for _, d := range devices {
		if err := h.Command(ctx, &LEAddDeviceToFilterAcceptList{AddressType: d.Type, Address: d.Address}, nil); err != nil {
			return err
		}
	}
	return nil
}
