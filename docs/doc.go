// Package docs holds no code. Its tests run what the guides beside it show, and
// follow their links.
package docs

//go:generate go tool smpgen gen ../spec/smp_states.yaml ../spec/hci_packets.yaml
//go:generate go tool smpgen diagram -o diagrams ../spec/smp_states.yaml ../spec/hci_packets.yaml
//go:generate go tool smpgen schema
//go:generate go test . -run ^(TestMistakes|TestCharts|TestFailures)$ -update
