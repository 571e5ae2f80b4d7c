package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// drawSequence plays a model between two engines, without controllers, and
// writes it as a sequence chart of Mermaid. It names PDUs and questions and no
// value, so that it is the same every time.
func drawSequence(w io.Writer, model simModel, legacy bool) error {
	parties := chartParties(model, legacy)
	rig, err := smptest.New(1, parties[bt.Central], parties[bt.Peripheral])
	if err != nil {
		return fmt.Errorf("sim: %w", err)
	}
	c := &sequence{}
	rig.OnStep = c.step
	rig.Pair()
	if err := rig.Run(); err != nil {
		return fmt.Errorf("sim: %w", err)
	}
	if len(rig.Initiator.Results) != 1 || len(rig.Responder.Results) != 1 || rig.Initiator.Results[0].Level.Model != model.model {
		return fmt.Errorf("sim: the two engines did not pair by %v", model.model)
	}
	_, err = io.WriteString(w, c.String())
	return err
}

// chartParties gives both sides what makes the model come out.
func chartParties(model simModel, legacy bool) [2]smptest.Party {
	var parties [2]smptest.Party
	addresses := [2]bt.TypedAddress{bt.Central: smptest.InitiatorAddress, bt.Peripheral: smptest.ResponderAddress}
	for role := range parties {
		f := smp.DefaultFeatures()
		f.IOCapability, f.MITM, f.SC = model.central, model.mitm, !legacy
		if bt.Role(role) == bt.Peripheral {
			f.IOCapability = model.peripheral
		}
		f.InitiatorKeys = f.InitiatorKeys.WithSignKey(true)
		f.ResponderKeys = f.ResponderKeys.WithSignKey(true)
		parties[role].Features = &f
	}
	if !model.oob {
		return parties
	}
	tk := bt.Key{15: 1}
	for role := range parties {
		other := parties[1-role].Features
		if legacy {
			other.PeerOOB = &smp.PeerOOB{Address: addresses[role], TK: &tk}
			continue
		}
		data := smp.NewLocalOOB(addresses[role])
		parties[role].Config.LocalOOB = func() *smp.LocalOOB { return data }
		other.PeerOOB = &smp.PeerOOB{Address: addresses[role], Confirm: &data.Confirm, Random: &data.Random}
	}
	return parties
}

// sequence collects the lines of a chart.
type sequence struct {
	lines []string
}

// participants are the names in a chart, by role.
var participants = [2]struct{ device, user string }{
	bt.Central:    {"initiator", "initiator_user"},
	bt.Peripheral: {"responder", "responder_user"},
}

func (c *sequence) add(format string, args ...any) {
	c.lines = append(c.lines, fmt.Sprintf(format, args...))
}

// step draws a step of one side: what its user said, and what it did.
func (c *sequence) step(m smptest.Moment) {
	own, other := participants[m.Device.Role], participants[1-m.Device.Role]
	switch m.Event {
	case smp.EventPasskeyEntered:
		c.add("%s->>%s: types the passkey", own.user, own.device)
	case smp.EventNumbersEqual:
		c.add("%s->>%s: the numbers are equal", own.user, own.device)
	case smp.EventEncryptionOn:
		c.add("Note over %s: the link is encrypted", own.device)
	}
	for _, e := range m.Effects {
		switch e.Kind {
		case smp.EffectSend:
			if len(e.PDU) > 0 {
				c.add("%s->>%s: %v", own.device, other.device, smp.PDUCode(e.PDU[0]))
			}
		case smp.EffectAskPasskey:
			c.add("%s-->>%s: asks for the passkey", own.device, own.user)
		case smp.EffectShowPasskey:
			c.add("%s-->>%s: shows a passkey", own.device, own.user)
		case smp.EffectAskCompare:
			c.add("%s-->>%s: shows a number to compare", own.device, own.user)
		case smp.EffectStartPairingEncryption:
			c.add("Note over initiator,responder: encryption starts with the key of this pairing")
		case smp.EffectStoreBond:
			c.add("Note over %s: the bond is kept", own.device)
		}
	}
}

// String writes the chart, repetitions once.
func (c *sequence) String() string {
	lines := repeated(c.lines)
	var b strings.Builder
	b.WriteString("sequenceDiagram\n")
	for role, p := range participants {
		user := "  actor " + p.user + " as its user\n"
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, p.user) }) {
			user = ""
		}
		device := "  participant " + p.device + "\n"
		if bt.Role(role) == bt.Central {
			b.WriteString(user + device)
		} else {
			b.WriteString(device + user)
		}
	}
	for _, line := range lines {
		b.WriteString("  " + line + "\n")
	}
	return b.String()
}

// repeated makes loops of runs of lines that come again and again.
func repeated(lines []string) []string {
	var out []string
	for at := 0; at < len(lines); {
		size, times := mostRepeated(lines[at:])
		if times < 3 {
			out = append(out, lines[at])
			at++
			continue
		}
		out = append(out, fmt.Sprintf("loop %d times", times))
		for _, line := range lines[at : at+size] {
			out = append(out, "  "+line)
		}
		out = append(out, "end")
		at += size * times
	}
	return out
}

// mostRepeated finds the run that repeats most at the start of lines.
func mostRepeated(lines []string) (size, times int) {
	size, times = 1, 1
	for n := 2; n <= 6 && n <= len(lines); n++ {
		count := 1
		for (count+1)*n <= len(lines) && slices.Equal(lines[count*n:(count+1)*n], lines[:n]) {
			count++
		}
		if count > times {
			size, times = n, count
		}
	}
	return size, times
}
