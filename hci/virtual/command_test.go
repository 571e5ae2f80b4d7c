package virtual_test

import (
	"crypto/ecdh"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"

	"github.com/google/go-cmp/cmp"
)

// TestBringUp replays what foreign hosts send when they start, octet for octet,
// and compares the length of each answer, which those hosts count on.
func TestBringUp(t *testing.T) {
	type step struct{ command, answer string }
	complete := func(opcode, parameters string) string {
		return fmt.Sprintf("040e%02x01%s%s", 3+len(parameters)/2, opcode, parameters)
	}
	accept := func(opcode, parameters string) step { // a command whose answer is its status alone
		return step{fmt.Sprintf("01%s%02x%s", opcode, len(parameters)/2, parameters), complete(opcode, "00")}
	}
	read := func(opcode, parameters string) step {
		return step{"01" + opcode + "00", complete(opcode, "00"+parameters)}
	}
	supported := supportedCommands(t)
	blehost := []step{
		accept("030c", ""),
		read("0910", "554433221100"),
		accept("1020", ""),
		read("0f20", "08"),
		accept("010c", "9080000000800020"),
		accept("0120", "1f00000000000000"),
		read("0220", "fb0008"),
		read("1c20", "ffffffffff030000"),
		accept("0820", "03020106"+strings.Repeat("00", 28)),
		accept("0920", strings.Repeat("00", 32)),
		accept("0620", "a000a000000000000000000000"+"0700"),
		accept("0a20", "01"),
		accept("0a20", "00"),
		accept("0b20", "01100010000000"),
		accept("0c20", "0100"),
		accept("0c20", "0000"),
		accept("1120", "00aabbccddeeff"),
		accept("1220", "00aabbccddeeff"),
	}
	linux := []step{
		accept("030c", ""),
		read("0310", "0000000060000000"),
		read("0110", "0c01000cffff0100"),
		read("0910", "554433221100"),
		read("0210", supported),
		read("0320", "ed00000000000000"),
		read("0220", "fb0008"),
		read("1c20", "ffffffffff030000"),
		accept("010c", "90e8040200800020"),
		accept("0120", "ff03000000000000"),
		read("0720", "00"),
		read("0f20", "08"),
		accept("1020", ""),
		accept("0520", "55443322d1c1"),
		accept("0620", "000800080001000000000000000700"),
		accept("0820", strings.Repeat("00", 32)),
		accept("0920", strings.Repeat("00", 32)),
		accept("0a20", "01"),
		accept("0a20", "00"),
		accept("0b20", "01120012000100"),
		accept("0c20", "0101"),
		accept("0c20", "0000"),
	}
	for name, steps := range map[string][]step{"ble-host": blehost, "Linux": linux} {
		t.Run(name, func(t *testing.T) {
			c := virtual.NewAir(virtual.Options{}).NewController(virtual.Config{PublicAddress: publicA})
			for _, s := range steps {
				p, err := hex.DecodeString(s.command)
				if err != nil {
					t.Fatal(err)
				}
				if err := c.WritePacket(p); err != nil {
					t.Fatalf("%s: %v", s.command, err)
				}
				got, err := c.ReadPacket(nil)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(s.answer, hex.EncodeToString(got)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", s.command, diff)
				}
			}
		})
	}
}

// supportedCommands spells out the table of Core Vol 4, Part E, 6.27 for the
// commands that hosts look up.
func supportedCommands(t *testing.T) string {
	t.Helper()
	var b [64]byte
	for octet, bits := range map[int]byte{
		0:  1 << 5,                    // Disconnect
		2:  1 << 7,                    // Read Remote Version Information
		5:  1<<6 | 1<<7,               // Set Event Mask, Reset
		10: 1<<2 | 1<<5 | 1<<6,        // Read Transmit Power Level, flow control, Host Buffer Size
		14: 1<<3 | 1<<5 | 1<<7,        // local version, features, buffer size
		15: 1<<1 | 1<<5,               // Read BD_ADDR, Read RSSI
		22: 1 << 2,                    // Set Event Mask Page 2
		24: 1 << 6,                    // Write LE Host Support
		25: 0xf7,                      // LE Set Event Mask to LE Set Advertising Data
		26: 0xff,                      // LE Set Scan Response Data to LE Clear Filter Accept List
		27: 1<<0 | 1<<1 | 1<<2 | 7<<5, // list, update, remote features, encrypt, rand
		28: 0x0f,                      // encryption, supported states
		33: 1<<6 | 1<<7,               // data length
		34: 0xff,                      // default data length to peer resolvable address
		35: 0x0f,                      // local resolvable address to maximum data length
		39: 1 << 2,                    // LE Set Privacy Mode
	} {
		b[octet] = bits
	}
	return hex.EncodeToString(b[:])
}

func TestUnknownCommand(t *testing.T) {
	c := virtual.NewAir(virtual.Options{}).NewController(virtual.Config{Unsupported: []hci.Opcode{hci.OpcodeLERand}})
	h := newHost(t, "host", c)
	for _, opcode := range []uint16{0xfc01, uint16(hci.OpcodeLERand), 0x0000, 0x2041} {
		h.write([]byte{1, byte(opcode), byte(opcode >> 8), 1, 0xaa})
		if diff := cmp.Diff(&hci.CommandStatus{
			Status: bt.UnknownCommand, NumHCICommandPackets: 1, CommandOpcode: opcode,
		}, h.read()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	var commands hci.ReadLocalSupportedCommandsReturn
	h.ok(&hci.ReadLocalSupportedCommands{}, &commands)
	if commands.SupportedCommands[27]&0x80 != 0 {
		t.Error("an unsupported command is listed")
	}
}

// TestMalformedCommands are answered with Invalid HCI Command Parameters, in the
// event that the command has.
func TestMalformedCommands(t *testing.T) {
	c := virtual.NewAir(virtual.Options{}).NewController(virtual.Config{})
	h := newHost(t, "host", c)
	for _, tt := range []struct {
		packet []byte
		want   any
	}{
		{[]byte{1, 0x0a, 0x20, 0}, &hci.CommandComplete{
			NumHCICommandPackets: 1, CommandOpcode: 0x200a, ReturnParameters: []byte{0x12},
		}},
		{[]byte{1, 0x0a, 0x20, 1, 2}, &hci.CommandComplete{
			NumHCICommandPackets: 1, CommandOpcode: 0x200a, ReturnParameters: []byte{0x12},
		}},
		{[]byte{1, 0x1a, 0x20, 1, 2}, &hci.CommandComplete{
			NumHCICommandPackets: 1, CommandOpcode: 0x201a, ReturnParameters: []byte{0x12, 0, 0},
		}},
		{[]byte{1, 0x06, 0x04, 1, 2}, &hci.CommandStatus{
			Status: bt.InvalidParameters, NumHCICommandPackets: 1, CommandOpcode: 0x0406,
		}},
	} {
		h.write(tt.packet)
		if diff := cmp.Diff(tt.want, h.read()); diff != "" {
			t.Errorf("% x (-want +got):\n%s", tt.packet, diff)
		}
	}
	for _, p := range [][]byte{
		nil, {1}, {1, 3, 0x0c}, {1, 3, 0x0c, 1}, {1, 3, 0x0c, 0, 0}, {2, 0, 0, 1, 0}, {4, 0x0e, 0}, {3, 0, 0, 0}, {9},
	} {
		if err := h.WritePacket(p); err == nil {
			t.Errorf("% x is no packet of a host, but was taken", p)
		}
	}
	h.wants()
}

func TestEventMasks(t *testing.T) {
	p := newConnection(t)
	p.a.ok(&hci.SetEventMask{EventMask: ^hci.EventMaskDisconnectionComplete}, &hci.SetEventMaskReturn{})
	p.b.ok(&hci.SetEventMask{EventMask: hci.EventMaskDisconnectionComplete}, &hci.SetEventMaskReturn{})
	p.a.ok(&hci.ReadRemoteVersionInformation{ConnectionHandle: p.central}, nil)
	p.b.ok(&hci.ReadRemoteVersionInformation{ConnectionHandle: p.peripheral}, nil)
	p.b.ok(&hci.LEReadRemoteFeatures{ConnectionHandle: p.peripheral}, nil)
	p.link.Drop()
	p.a.wants(&hci.ReadRemoteVersionInformationComplete{
		ConnectionHandle: p.central, Version: 0x0c, CompanyIdentifier: 0xffff, Subversion: 1,
	})
	p.b.wants(&hci.DisconnectionComplete{ConnectionHandle: p.peripheral, Reason: bt.ConnectionTimeout})
}

func TestSmallCommands(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{ACLLength: 60, ACLPackets: 5}, virtual.Config{RSSI: -63})
	p.connect()

	var buffers hci.ReadBufferSizeReturn
	p.a.ok(&hci.ReadBufferSize{}, &buffers)
	if diff := cmp.Diff(hci.ReadBufferSizeReturn{ACLDataPacketLength: 60, TotalNumACLDataPackets: 5}, buffers); diff != "" {
		t.Errorf("Read Buffer Size (-want +got):\n%s", diff)
	}
	var rssi hci.ReadRSSIReturn
	p.a.ok(&hci.ReadRSSI{Handle: p.central}, &rssi)
	if diff := cmp.Diff(hci.ReadRSSIReturn{Handle: p.central, RSSI: -63}, rssi); diff != "" {
		t.Errorf("Read RSSI (-want +got):\n%s", diff)
	}
	p.a.status(bt.UnknownConnection, &hci.ReadRSSI{Handle: 0x0eff}, &rssi)
	if rssi.Handle != 0x0eff {
		t.Errorf("Read RSSI names handle %d", rssi.Handle)
	}
	var power hci.ReadTransmitPowerLevelReturn
	for kind, want := range []int8{0, 8} {
		p.a.ok(&hci.ReadTransmitPowerLevel{ConnectionHandle: p.central, Type: uint8(kind)}, &power)
		if power.TxPowerLevel != want {
			t.Errorf("power %d, want %d", power.TxPowerLevel, want)
		}
	}
	p.a.status(bt.UnknownConnection, &hci.ReadTransmitPowerLevel{ConnectionHandle: 0x0eff}, &power)
	p.a.ok(&hci.SetControllerToHostFlowControl{}, &hci.SetControllerToHostFlowControlReturn{})
	p.a.status(bt.InvalidParameters, &hci.SetControllerToHostFlowControl{FlowControlEnable: 1},
		&hci.SetControllerToHostFlowControlReturn{})
	p.a.ok(&hci.HostBufferSize{}, &hci.HostBufferSizeReturn{})
	p.a.ok(&hci.WriteLEHostSupport{LESupportedHost: 1}, &hci.WriteLEHostSupportReturn{})

	var first, second hci.LERandReturn
	p.a.ok(&hci.LERand{}, &first)
	p.a.ok(&hci.LERand{}, &second)
	if first.RandomNumber == second.RandomNumber {
		t.Error("LE Rand repeats itself")
	}
}

// TestLEEncrypt plays the session key of Core Vol 6, Part C, 1.
func TestLEEncrypt(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
	var got hci.LEEncryptReturn
	p.a.ok(&hci.LEEncrypt{Key: ltk, PlaintextData: [16]byte{
		0x02, 0x13, 0x24, 0x35, 0x46, 0x57, 0x68, 0x79, 0xac, 0xbd, 0xce, 0xdf, 0xe0, 0xf1, 0x02, 0x13,
	}}, &got)
	want := [16]byte{0x99, 0xad, 0x1b, 0x52, 0x26, 0xa3, 0x7e, 0x3e, 0x05, 0x8e, 0x3b, 0x8e, 0x27, 0xc2, 0xc6, 0x66}
	if diff := cmp.Diff(want, got.EncryptedData); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestP256(t *testing.T) {
	p := newPair(t, virtual.Options{}, virtual.Config{}, virtual.Config{})
	p.a.status(bt.CommandDisallowed, &hci.LEGenerateDHKey{}, nil)
	publicKey := func(h *host) *hci.LEReadLocalP256PublicKeyComplete {
		t.Helper()
		h.ok(&hci.LEReadLocalP256PublicKey{}, nil)
		e, ok := h.take()[0].(*hci.LEReadLocalP256PublicKeyComplete)
		if !ok || e.Status != bt.Success {
			t.Fatalf("got %+v", e)
		}
		point := append([]byte{4}, e.KeyXCoordinate[:]...)
		if _, err := ecdh.P256().NewPublicKey(append(point, e.KeyYCoordinate[:]...)); err != nil {
			t.Errorf("not on the curve: %v", err)
		}
		return e
	}
	dhKey := func(h *host, x, y [32]byte) *hci.LEGenerateDHKeyComplete {
		t.Helper()
		h.ok(&hci.LEGenerateDHKey{KeyXCoordinate: x, KeyYCoordinate: y}, nil)
		e, ok := h.take()[0].(*hci.LEGenerateDHKeyComplete)
		if !ok {
			t.Fatalf("got %+v", e)
		}
		return e
	}
	a, b := publicKey(p.a), publicKey(p.b)
	ours, theirs := dhKey(p.a, b.KeyXCoordinate, b.KeyYCoordinate), dhKey(p.b, a.KeyXCoordinate, a.KeyYCoordinate)
	if ours.Status != bt.Success || ours.DHKey != theirs.DHKey || ours.DHKey == [32]byte{} {
		t.Errorf("keys %x and %x", ours.DHKey, theirs.DHKey)
	}
	if bad := dhKey(p.a, b.KeyXCoordinate, [32]byte{}); bad.Status != bt.InvalidParameters || bad.DHKey != [32]byte{} {
		t.Errorf("a point off the curve: %+v", bad)
	}
	if next := publicKey(p.a); next.KeyXCoordinate == a.KeyXCoordinate {
		t.Error("the pair is used again")
	}
}
