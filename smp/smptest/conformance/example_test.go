package conformance_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
	"blesmp/smp"
	"blesmp/smp/smptest/conformance"
)

// One test case of the SIG's suite, against the host of this project.
func ExampleScenario_Run() {
	scenarios, err := conformance.Select("SM/PER/JW/BV-02-C")
	if err != nil {
		log.Fatal(err)
	}
	var report conformance.Report
	for _, s := range scenarios {
		report.Results = append(report.Results, s.Run(context.Background(), conformance.Options{}))
	}
	fmt.Println(report.Summary())
	fmt.Println(report.OK(), report.Results[0].Decided.From)
	// Output:
	// 1 of 1 LE, 0 of 0 attacks
	// true Complete
}

// What there is.
func ExampleAll() {
	fmt.Println(len(conformance.All()) == len(conformance.Cases())+len(conformance.Attacks()))
	fmt.Println(len(conformance.CrossTransport()) > 0) // need BR/EDR: listed, and not played
	// Output:
	// true
	// true
}

// gadget is a device of somebody else, and the person who holds it.
type gadget struct{ host *hci.Host }

func (g gadget) Advertise(ctx context.Context) error {
	return g.host.Advertise(ctx, hci.AdvertisingParameters{})
}

func (g gadget) Pair(context.Context, bt.TypedAddress) error { return nil } // it is never central

// A device of somebody else: its host drives a controller of the same air.
func ExampleScenario_RunAgainst() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	air := virtual.NewAir(virtual.Options{})
	host, err := hci.NewHost(ctx, air.NewController(virtual.Config{}), hci.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if err := smp.NewManager(bond.NewMemory(), smp.Options{}).Serve(host); err != nil {
		log.Fatal(err)
	}
	scenarios, err := conformance.Select("SM/PER/JW/BV-02-C")
	if err != nil {
		log.Fatal(err)
	}
	result := scenarios[0].RunAgainst(ctx, conformance.Target{Air: air, Person: gadget{host}, Roles: []bt.Role{bt.Peripheral}})
	fmt.Println(result.Err)
	// Output: <nil>
}
