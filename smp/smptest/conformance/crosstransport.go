package conformance

// Derivation is a test case that needs BR/EDR and cannot be played here. What it
// derives is tested with the vectors of the specification.
type Derivation struct {
	ID    string
	About string

	// ToLinkKey says that the link key comes from the LTK, and not the LTK from
	// the link key; CT2 that it does by h7, and not by h6.
	ToLinkKey, CT2 bool
}

// CrossTransport lists the test cases of cross-transport key derivation (Core
// Vol 3, Part H, 2.3.5.7).
func CrossTransport() []Derivation {
	const (
		toLTK     = "LTK from the link key, SMP over BR/EDR"
		toLinkKey = "link key from the LTK before it is cut"
		h6, h7    = ", by h6", ", by h7"
		newForm   = "; the form of Core 6.3, without CSRK"
	)
	return []Derivation{
		{"SM/CEN/SCCT/BV-03-C", toLTK + h6, false, false},
		{"SM/PER/SCCT/BV-04-C", toLTK + h6, false, false},
		{"SM/CEN/SCCT/BV-05-C", toLTK + h7, false, true},
		{"SM/PER/SCCT/BV-06-C", toLTK + h7, false, true},
		{"SM/CEN/SCCT/BV-07-C", toLinkKey + h6, true, false},
		{"SM/PER/SCCT/BV-08-C", toLinkKey + h6, true, false},
		{"SM/CEN/SCCT/BV-09-C", toLinkKey + h7, true, true},
		{"SM/PER/SCCT/BV-10-C", toLinkKey + h7, true, true},
		{"SM/CEN/SCCT/BV-10-C", toLTK + h6 + newForm, false, false},
		{"SM/PER/SCCT/BV-11-C", toLTK + h6 + newForm, false, false},
		{"SM/CEN/SCCT/BV-11-C", toLTK + h7 + newForm, false, true},
		{"SM/PER/SCCT/BV-12-C", toLTK + h7 + newForm, false, true},
		{"SM/CEN/SCCT/BV-12-C", toLinkKey + h6 + newForm, true, false},
		{"SM/PER/SCCT/BV-13-C", toLinkKey + h6 + newForm, true, false},
		{"SM/CEN/SCCT/BV-13-C", toLinkKey + h7 + newForm, true, true},
		{"SM/PER/SCCT/BV-14-C", toLinkKey + h7 + newForm, true, true},
	}
}
