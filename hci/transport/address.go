package transport

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// AddressError says what is wrong with the text of an address. It is a mistake
// of whoever wrote the address; nothing has been opened.
type AddressError struct {
	Address string
	Problem string
}

// Error gives the address and the problem.
func (e *AddressError) Error() string {
	return fmt.Sprintf("transport: address %q: %s", e.Address, e.Problem)
}

const forms = "want hci0, serial:DEVICE,BAUD, tcp:HOST:PORT or unix:PATH"

// CheckAddress reports whether a text is an address that Open takes on this or
// another system, without opening anything. Its error is an *AddressError.
func CheckAddress(address string) error {
	_, err := parse(address)
	return err
}

// target is an address that has been understood.
type target struct {
	scheme string // hci, serial, tcp or unix
	name   string // device, HOST:PORT or path
	index  uint16 // of a user channel
	baud   int
	rtscts bool
}

// maxIndex is the last number that an interface can have; the next one stands
// for none.
const maxIndex = 0xfffe

// parse is the one place that knows how addresses are written.
func parse(address string) (target, error) {
	wrong := func(format string, args ...any) (target, error) {
		return target{}, &AddressError{Address: address, Problem: fmt.Sprintf(format, args...)}
	}
	if digits, ok := strings.CutPrefix(address, "hci"); ok && !strings.Contains(digits, ":") {
		index, err := strconv.ParseUint(digits, 10, 16)
		if err != nil || index > maxIndex {
			return wrong("want hci and the number of the interface, as hci0")
		}
		return target{scheme: "hci", name: address, index: uint16(index)}, nil
	}
	scheme, rest, found := strings.Cut(address, ":")
	if !found || rest == "" {
		return wrong("%s", forms)
	}
	t := target{scheme: scheme, name: rest}
	switch scheme {
	case "unix":
		return t, nil
	case "tcp":
		host, port, err := net.SplitHostPort(rest)
		if err != nil {
			return wrong("want tcp:HOST:PORT, as tcp:127.0.0.1:9001 or tcp:[::1]:9001")
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return wrong("port %q is not a number from 0 to 65535", port)
		}
		if strings.ContainsAny(host, " /") {
			return wrong("%q is no host", host)
		}
		return t, nil
	case "serial":
		return parseSerial(t, wrong)
	}
	return wrong("there is no transport %q; %s", scheme, forms)
}

// parseSerial reads DEVICE,BAUD[,rtscts]. The device is what stands before the
// baud rate, so that it may have commas of its own.
func parseSerial(t target, wrong func(string, ...any) (target, error)) (target, error) {
	rest, rtscts := strings.CutSuffix(t.name, ",rtscts")
	comma := strings.LastIndexByte(rest, ',')
	if comma < 1 {
		return wrong("want a device and a baud rate, as serial:/dev/ttyACM0,115200")
	}
	baud, err := strconv.ParseUint(rest[comma+1:], 10, 31)
	if err != nil || baud == 0 {
		return wrong("baud rate %q is not a number such as 115200; only rtscts may stand behind it", rest[comma+1:])
	}
	t.name, t.baud, t.rtscts = rest[:comma], int(baud), rtscts
	return t, nil
}
