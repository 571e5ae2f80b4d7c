package conformance

// Attacks gives the published attacks and bugs, by number.
func Attacks() []Scenario { return nil }
