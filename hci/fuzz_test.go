package hci

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"testing"

	"blesmp/hci/transport"
)

// packetCodecs are the generated PDUs by what chooses them in a packet: command
// opcode, event code, subevent of the LE meta event, or the opcode that a
// Command Complete returns for.
type packetCodecs struct {
	commands, returns map[Opcode]int
	events            map[EventCode]int
	subevents         map[Subevent]int
}

func indexCodecs() packetCodecs {
	c := packetCodecs{map[Opcode]int{}, map[Opcode]int{}, map[EventCode]int{}, map[Subevent]int{}}
	for i, pdu := range generatedPDUs {
		switch v := pdu.empty().(type) {
		case Event:
			c.events[v.EventCode()] = i
		case LEEvent:
			c.subevents[v.Subevent()] = i
		case Command:
			name := reflect.TypeOf(v).Elem().Name()
			if len(name) > 6 && name[len(name)-6:] == "Return" {
				c.returns[v.Opcode()] = i
			} else {
				c.commands[v.Opcode()] = i
			}
		}
	}
	return c
}

// choose finds the PDU in a packet and its parameters.
func (c packetCodecs) choose(packet []byte) (pdu int, parameters []byte, ok bool) {
	switch {
	case len(packet) >= 4 && packet[0] == transport.CommandPacket:
		pdu, ok = c.commands[Opcode(binary.LittleEndian.Uint16(packet[1:]))]
		return pdu, packet[4:], ok
	case len(packet) >= 7 && packet[0] == transport.EventPacket && EventCode(packet[1]) == 0x0e:
		if pdu, ok = c.returns[Opcode(binary.LittleEndian.Uint16(packet[4:]))]; ok {
			return pdu, packet[6:], true
		}
	case len(packet) >= 4 && packet[0] == transport.EventPacket && EventCode(packet[1]) == EventCodeLEMeta:
		pdu, ok = c.subevents[Subevent(packet[3])]
		return pdu, packet[4:], ok
	}
	if len(packet) >= 3 && packet[0] == transport.EventPacket {
		pdu, ok = c.events[EventCode(packet[1])]
		return pdu, packet[3:], ok
	}
	return 0, nil, false
}

// FuzzHCIPacket reads octets as the H4 packet that their type, opcode or event
// code names. What is accepted is written as it was.
func FuzzHCIPacket(f *testing.F) {
	codecs := indexCodecs()
	if len(codecs.commands) < 10 || len(codecs.returns) < 10 || len(codecs.events) < 10 || len(codecs.subevents) < 10 {
		f.Fatalf("found %d commands, %d returns, %d events, %d subevents", len(codecs.commands), len(codecs.returns), len(codecs.events), len(codecs.subevents))
	}
	for _, pdu := range generatedPDUs {
		for _, example := range pdu.examples {
			parameters := octetsOf(f, example)
			write := func(b []byte) []byte { return append(b, parameters...) }
			switch v := pdu.empty().(type) {
			case Event:
				f.Add(appendParameters([]byte{transport.EventPacket, byte(v.EventCode())}, write))
			case LEEvent:
				f.Add(appendParameters([]byte{transport.EventPacket, byte(EventCodeLEMeta)}, func(b []byte) []byte { return write(append(b, byte(v.Subevent()))) }))
			case Command:
				f.Add(appendParameters(binary.LittleEndian.AppendUint16([]byte{transport.CommandPacket}, uint16(v.Opcode())), write))
			}
		}
	}
	f.Add([]byte{transport.ACLPacket, 0x40, 0x20, 0x06, 0x00, 0x02, 0x00, 0x06, 0x00, 0x05, 0x08})
	f.Fuzz(func(t *testing.T, packet []byte) {
		if len(packet) > 0 && packet[0] == transport.ACLPacket {
			if acl, err := ParseACL(packet); err == nil {
				want := bytes.Clone(packet)
				want[2] &= 0x3f // the broadcast flag, which LE does not have
				if again := AppendACL(nil, acl); !bytes.Equal(again, want) {
					t.Errorf("read and written again:\n got % x\nwant % x", again, want)
				}
			}
			return
		}
		if i, parameters, ok := codecs.choose(packet); ok {
			pdu := generatedPDUs[i]
			checkGenerated(t, pdu.lossy, pdu.empty(), pdu.empty(), parameters)
		}
	})
}
