package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"blesmp/hci/transport"
)

// The link types that can have SMP in them.
const (
	linkTypeH4          layers.LinkType = 187
	linkTypeH4Direction layers.LinkType = 201 // with a direction before each packet
	linkTypeAir         layers.LinkType = 251
	linkTypeMonitor     layers.LinkType = 254 // Linux, several controllers
	linkTypeAirInformed layers.LinkType = 256 // with what the sniffer knows before each packet
	sizeAirInformation                  = 10
	sizeAccess                          = 4
	sizeCRC                             = 3
	airDirectionShift                   = 7
	airDirectionMask                    = 0b111
	airFromCentral                      = 2
	airFromPeripheral                   = 3
	airFlagDecrypted                    = 1 << 3
	airFlagCRCChecked                   = 1 << 10
	airFlagCRCValid                     = 1 << 11
	airPHYShift                         = 14
	airPHYCoded                         = 2
	boundaryFirstToHost                 = 0b10
	boundaryFirstToChip                 = 0b00
	boundaryShift                       = 12
)

// linkNames tells what decode reads, by link type.
var linkNames = map[layers.LinkType]string{
	linkTypeH4:          "HCI without directions",
	linkTypeH4Direction: "HCI",
	linkTypeAir:         "LE link layer without directions",
	linkTypeMonitor:     "Linux monitor",
	linkTypeAirInformed: "LE link layer",
}

const remedyLinkType = "decode reads Bluetooth HCI (187, 201, 254) and LE link layer (251, 256)"

// pcap reads both formats, which a library opens.
type pcap struct {
	packet func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error)
	parts  map[uint16]Direction // of the last first fragment, by handle; link type 187 only
}

func newPcap(r *bufio.Reader) (*Reader, error) {
	file, err := pcapgo.NewReader(r)
	if err != nil {
		return nil, ended(err, &FormatError{Problem: "the file ends inside its header"})
	}
	link := file.LinkType()
	if linkNames[link] == "" {
		return nil, &FormatError{Problem: fmt.Sprintf("pcap of link type %d", uint16(link)), Remedy: remedyLinkType}
	}
	p := &pcap{packet: func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error) {
		data, info, err := file.ReadPacketData()
		return data, info, link, err
	}}
	return &Reader{Format: "pcap, " + linkNames[link], next: p.next}, nil
}

func newPcapng(r *bufio.Reader) (*Reader, error) {
	file, err := pcapgo.NewNgReader(r, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
	if err != nil {
		return nil, ended(err, &FormatError{Problem: "the file ends inside its header"})
	}
	p := &pcap{packet: func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error) {
		data, info, err := file.ReadPacketData()
		if err != nil {
			return nil, info, 0, err
		}
		link, ok := info.AncillaryData[0].(layers.LinkType)
		if !ok {
			return nil, info, 0, errors.New("no link type")
		}
		return data, info, link, nil
	}}
	return &Reader{Format: "pcapng", next: p.next}, nil
}

func (p *pcap) next(record *Record) error {
	data, info, link, err := p.packet()
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF) && info.CaptureLength > 0:
		return &FormatError{Record: record.Number, Problem: "the file ends inside it"}
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return &FormatError{Record: record.Number, Problem: err.Error()}
	}
	record.Time, record.Source, record.Data = info.Timestamp.UTC(), info.InterfaceIndex, data
	switch link {
	case linkTypeH4Direction:
		p.directed(record)
	case linkTypeH4:
		record.Direction = p.guess(data)
	case linkTypeMonitor:
		monitored(record)
	case linkTypeAir:
		air(record, data)
	case linkTypeAirInformed:
		informed(record)
	default:
		record.Kind = Other
	}
	if info.Length > info.CaptureLength {
		record.Problem = fmt.Errorf("%d of %d octets were recorded", info.CaptureLength, info.Length)
	}
	return nil
}

// directed takes the direction off.
func (*pcap) directed(record *Record) {
	const size = 4
	if len(record.Data) < size {
		record.Problem = fmt.Errorf("%d octets, too few for the direction before the packet", len(record.Data))
		return
	}
	record.Direction = Sent
	if binary.BigEndian.Uint32(record.Data)&1 != 0 {
		record.Direction = Received
	}
	record.Data = record.Data[size:]
}

// guess finds the direction by the type of the packet. Of data, only the first
// fragments tell it.
func (p *pcap) guess(data []byte) Direction {
	if len(data) == 0 {
		return Unknown
	}
	switch data[0] {
	case transport.CommandPacket:
		return Sent
	case transport.EventPacket:
		return Received
	case transport.ACLPacket:
	default:
		return Unknown
	}
	if len(data) < 3 {
		return Unknown
	}
	word := binary.LittleEndian.Uint16(data[1:])
	handle := word & (1<<boundaryShift - 1)
	if p.parts == nil {
		p.parts = map[uint16]Direction{}
	}
	switch word >> boundaryShift & 0b11 {
	case boundaryFirstToChip:
		p.parts[handle] = Sent
	case boundaryFirstToHost:
		p.parts[handle] = Received
	}
	return p.parts[handle]
}

// monitored takes the header of Linux's monitor off.
func monitored(record *Record) {
	const size = 4
	if len(record.Data) < size {
		record.Problem = fmt.Errorf("%d octets, too few for the header before the packet", len(record.Data))
		return
	}
	index, opcode := binary.BigEndian.Uint16(record.Data), binary.BigEndian.Uint16(record.Data[2:])
	record.Data = record.Data[size:]
	monitor(record, int(index), opcode)
}

// informed takes the sniffer's header off.
func informed(record *Record) {
	data := record.Data
	if len(data) < sizeAirInformation {
		record.Kind = Air
		record.Problem = fmt.Errorf("%d octets, too few for the header before the packet", len(data))
		return
	}
	flags := binary.LittleEndian.Uint16(data[8:])
	data = data[sizeAirInformation:]
	if flags>>airPHYShift == airPHYCoded && len(data) > sizeAccess {
		// The coding indicator stands behind the access address.
		data = append(append([]byte{}, data[:sizeAccess]...), data[sizeAccess+1:]...)
	}
	air(record, data)
	record.Decrypted = flags&airFlagDecrypted != 0
	switch flags >> airDirectionShift & airDirectionMask {
	case airFromCentral:
		record.Direction = FromCentral
	case airFromPeripheral:
		record.Direction = FromPeripheral
	}
	if flags&airFlagCRCChecked != 0 && flags&airFlagCRCValid == 0 {
		// The receiver dropped it, too; it will be sent again.
		record.Kind = Other
	}
}

// air splits a packet of the link layer.
func air(record *Record, data []byte) {
	record.Kind = Air
	if len(data) < sizeAccess+sizeCRC {
		record.Problem = fmt.Errorf("%d octets are no packet of the link layer", len(data))
		return
	}
	record.Access = binary.LittleEndian.Uint32(data)
	record.Data = data[sizeAccess : len(data)-sizeCRC]
}
