//go:build !linux && !darwin

package uart

// flow refuses hardware flow control: the driver for serial ports has no means
// for it on this system.
type flow struct{}

func openFlow(_ string, rtscts bool) (*flow, error) {
	if rtscts {
		return nil, ErrFlowControl
	}
	return &flow{}, nil
}

func (*flow) set() error { return nil }
func (*flow) close()     {}
