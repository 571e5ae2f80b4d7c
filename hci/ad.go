package hci

import "blesmp/bt"

// ADType says what an AD structure carries; the values are in Assigned Numbers,
// 2.3.
type ADType uint8

// The AD types that nearly everybody uses.
const (
	ADFlags                     ADType = 0x01
	ADIncompleteServiceUUIDs16  ADType = 0x02
	ADServiceUUIDs16            ADType = 0x03 // a complete list, two octets each, little endian
	ADIncompleteServiceUUIDs32  ADType = 0x04
	ADServiceUUIDs32            ADType = 0x05
	ADIncompleteServiceUUIDs128 ADType = 0x06
	ADServiceUUIDs128           ADType = 0x07
	ADShortenedName             ADType = 0x08
	ADCompleteName              ADType = 0x09
	ADManufacturerData          ADType = 0xff
)

// The bits of ADFlags (Core Supplement, Part A, 1.3).
const (
	ADLimitedDiscoverable = 0x01
	ADGeneralDiscoverable = 0x02
	ADNoBREDR             = 0x04
)

// AppendAD appends one AD structure: its length, type and data (Core Vol 3, Part
// C, 11). Data that does not fit into advertising is refused with
// bt.InvalidParameters.
func AppendAD(b []byte, t ADType, data []byte) ([]byte, error) {
	if len(data) > MaxAdvertisingData-2 {
		return b, bt.InvalidParameters
	}
	b = append(b, byte(1+len(data)), byte(t))
	return append(b, data...), nil
}

// AD finds the first AD structure of a type in advertising data. Data that is
// cut off ends the search.
func AD(data []byte, t ADType) (value []byte, ok bool) {
	for len(data) >= 2 {
		size := int(data[0])
		if size == 0 || size >= len(data) {
			break // the rest is padding, or does not fit
		}
		if ADType(data[1]) == t {
			return data[2 : 1+size], true
		}
		data = data[1+size:]
	}
	return nil, false
}

// Name is the advertiser's name, complete or shortened, or nothing.
func (r Report) Name() string {
	name, ok := AD(r.Data, ADCompleteName)
	if !ok {
		name, _ = AD(r.Data, ADShortenedName)
	}
	return string(name)
}
