package l2cap_test

import (
	"context"
	"fmt"
	"log"

	"blesmp/bt"
	"blesmp/hci/l2cap"
)

// A frame that is too long for one ACL packet goes in fragments, and is put together
// at the other side.
func ExampleReassembler() {
	frame, err := l2cap.AppendFrame(nil, l2cap.SMP, []byte{0x0b, 0x01})
	if err != nil {
		log.Fatal(err)
	}
	var other l2cap.Reassembler
	fragments := l2cap.NewFragmenter(frame, l2cap.FirstToController)
	for !fragments.Done() {
		boundary, data := fragments.Next(4)
		fmt.Printf("%d: % x\n", boundary, data)
		got, whole, err := other.Push(boundary, data)
		if whole {
			fmt.Printf("%v: % x %v\n", got.Channel, got.Payload, err)
		}
	}
	// Output:
	// 0: 02 00 06 00
	// 1: 0b 01
	// SMP: 0b 01 <nil>
}

// Who has another host stack makes channels of what it has.
func ExampleChannel() {
	channel := l2cap.NewChannel(l2cap.ATT, func(payload []byte) error {
		fmt.Printf("to the peer: % x\n", payload)
		return nil
	}, nil)
	if err := channel.Send([]byte{0x0a, 0x03, 0x00}); err != nil { // Read Request
		log.Fatal(err)
	}
	channel.Deliver([]byte{0x0b, 0x2a}) // the host has received the answer
	pdu, err := channel.Receive(context.Background())
	fmt.Printf("from the peer: % x %v\n", pdu, err)
	// Output:
	// to the peer: 0a 03 00
	// from the peer: 0b 2a <nil>
}

// A host without attributes still answers, so that no peer waits.
func ExampleAnswerATT() {
	fmt.Printf("% x\n", l2cap.AnswerATT(nil, []byte{0x0a, 0x03, 0x00})) // Read Request of handle 3
	// Output: 01 0a 03 00 01
}

// A peripheral asks for other connection parameters; the central's Signaller
// answers.
func ExampleSignaller() {
	request := l2cap.AppendParameterUpdateRequest(nil, 1, l2cap.ConnectionParameters{
		IntervalMin: 24, IntervalMax: 40, Timeout: 200, // 30 to 50 ms, 2 s
	})
	central := l2cap.Signaller{Role: bt.Central, Update: func(p l2cap.ConnectionParameters) bool {
		fmt.Println("interval in units of 1.25 ms:", p.IntervalMin, "to", p.IntervalMax)
		return true
	}}
	fmt.Printf("% x\n", central.Answer(nil, request))
	// Output:
	// interval in units of 1.25 ms: 24 to 40
	// 13 01 02 00 00 00
}
