//go:build !linux

package uart

import (
	"fmt"
	"io"
)

func openLine(device string, config Config) (io.ReadWriteCloser, error) {
	control, err := openFlow(device, config.RTSCTS)
	if err != nil {
		return nil, err
	}
	defer control.close()
	port, err := openPort(device, config)
	if err != nil {
		return nil, err
	}
	if err := control.set(); err != nil {
		_ = port.Close()
		return nil, fmt.Errorf("%w: %w", ErrFlowControl, err)
	}
	return newDriven(port), nil
}
