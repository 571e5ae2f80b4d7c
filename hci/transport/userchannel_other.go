//go:build !linux

package transport

import "runtime"

// openUserChannel refuses: only Linux has user channels.
func openUserChannel(t target) (Transport, error) {
	return nil, &OpenError{
		Address: t.name,
		Problem: "the HCI user channel is of Linux, and this is " + runtime.GOOS,
		Try:     "a controller at serial:DEVICE,BAUD, tcp:HOST:PORT or unix:PATH",
	}
}
