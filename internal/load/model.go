package load

import (
	"blesmp/internal/floor"
	"blesmp/smp"
)

// Model is one way to pair: what the two sides have to be able to do for it.
type Model struct {
	Name         string // as in sc-just-works
	Cryptography floor.Model

	central, peripheral smp.IOCapability
	comesTo             smp.AssociationModel
}

// Models are those of LE Secure Connections and of legacy pairing. With a passkey
// the initiator types what the responder shows; out-of-band data have both sides.
func Models() []Model {
	const none = smp.NoInputNoOutput
	return []Model{
		{"sc-just-works", floor.JustWorks, none, none, smp.JustWorks},
		{"sc-numeric", floor.NumericComparison, smp.DisplayYesNo, smp.DisplayYesNo, smp.NumericComparison},
		{"sc-passkey", floor.Passkey, smp.KeyboardOnly, smp.DisplayOnly, smp.InitiatorTypes},
		{"sc-oob", floor.OOB, none, none, smp.OutOfBand},
		{"legacy-just-works", floor.LegacyJustWorks, none, none, smp.JustWorks},
		{"legacy-passkey", floor.LegacyPasskey, smp.KeyboardOnly, smp.DisplayOnly, smp.InitiatorTypes},
	}
}

// features are what each side offers, the central first.
func (m Model) features() [2]smp.Features {
	var both [2]smp.Features
	for i, io := range []smp.IOCapability{m.central, m.peripheral} {
		f := smp.DefaultFeatures()
		f.IOCapability, f.SC, f.MITM = io, !m.Cryptography.Legacy(), m.comesTo != smp.JustWorks
		both[i] = f
	}
	return both
}

// reached reports whether a pairing has come to the model.
func (m Model) reached(l smp.Level) bool {
	return l.Model == m.comesTo && l.SC != m.Cryptography.Legacy()
}
