package main

import (
	"encoding/binary"
	"fmt"
	"slices"

	"blesmp/hci"
)

// serviceNames are the services that many devices advertise (Assigned Numbers,
// 3.4).
var serviceNames = map[uint16]string{
	0x1800: "generic access",
	0x1801: "generic attribute",
	0x1802: "immediate alert",
	0x1803: "link loss",
	0x1805: "current time",
	0x1808: "glucose",
	0x1809: "health thermometer",
	0x180a: "device information",
	0x180d: "heart rate",
	0x180f: "battery",
	0x1810: "blood pressure",
	0x1812: "human interface device",
	0x1816: "cycling speed and cadence",
	0x1818: "cycling power",
	0x181a: "environmental sensing",
	0x181c: "user data",
	0x181d: "weight scale",
	0x183b: "binary sensor",
	0xfe59: "Nordic DFU",
	0xfeaa: "Eddystone",
}

// servicesOf lists the services in advertising data.
func servicesOf(data []byte) []string {
	var services []string
	for _, list := range []struct {
		t    hci.ADType
		size int
	}{
		{hci.ADIncompleteServiceUUIDs16, 2},
		{hci.ADServiceUUIDs16, 2},
		{hci.ADIncompleteServiceUUIDs32, 4},
		{hci.ADServiceUUIDs32, 4},
		{hci.ADIncompleteServiceUUIDs128, 16},
		{hci.ADServiceUUIDs128, 16},
	} {
		uuids, _ := hci.AD(data, list.t)
		for ; len(uuids) >= list.size; uuids = uuids[list.size:] {
			services = append(services, serviceName(uuids[:list.size]))
		}
	}
	return services
}

// serviceName gives the name or the number of a service; a UUID comes least
// significant octet first.
func serviceName(uuid []byte) string {
	switch len(uuid) {
	case 2:
		short := binary.LittleEndian.Uint16(uuid)
		if name, ok := serviceNames[short]; ok {
			return name
		}
		return fmt.Sprintf("0x%04x", short)
	case 4:
		return fmt.Sprintf("0x%08x", binary.LittleEndian.Uint32(uuid))
	}
	b := slices.Clone(uuid)
	slices.Reverse(b)
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// merge adds to a list what it has not.
func merge(list, more []string) []string {
	for _, name := range more {
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}
