package smp_test

import (
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/toolbox"
)

// The specification is there as data: here is what one cell of it says.
func ExampleTable() {
	t := smp.Table()
	span := t.Cell(uint8(bt.Peripheral), uint8(smp.StateJudgeCheck), uint8(smp.EventChoose))
	for _, rule := range t.Rules[span.First : span.First+span.Len] {
		fmt.Printf("if %q, line %t\n", rule.If, rule.Line > 0)
	}
	// Output:
	// if "checkMatches", line true
	// if "", line true
}

// counting is a cryptography that counts; a verifier puts tokens in its place.
type counting struct {
	smp.Toolbox
	confirms int
}

func (c *counting) F4(u, v [32]byte, x [16]byte, z byte) [16]byte {
	c.confirms++
	return c.Toolbox.F4(u, v, x, z)
}

// A Procedure takes its cryptography from its Config.
func ExampleStandardToolbox() {
	tools := &counting{Toolbox: smp.StandardToolbox()}
	p, err := smp.NewProcedure(smp.Config{Toolbox: tools, Peer: bt.TypedAddress{Address: bt.Address{1}}})
	fmt.Println(p.State(), tools.confirms, err)
	// Output: Idle 0 <nil>
}

// A recorded exchange is played again with the data that it had.
func ExampleNewLocalOOBFrom() {
	pair, err := toolbox.KeyPairFromPrivate([32]byte{31: 1})
	check(err)
	o := smp.NewLocalOOBFrom(bt.TypedAddress{}, pair, [16]byte{1})
	fmt.Println(o.Confirm == toolbox.F4(pair.Public().X, pair.Public().X, o.Random, 0))
	// Output: true
}
