// Package interop pairs this project with Bluetooth hosts that others wrote:
// ble-host, in a process of its own, and the Linux kernel, as a User Mode Linux
// process. They use virtual controllers of this project, so that the
// controllers check that both sides have the same keys.
//
// The tests have the build tag interop and need what interop/setup installs:
//
//	interop/setup && go test -tags interop ./interop/...
//
// What they found is in results.json, from which docs/interop.md is made; with
// -update the tests write both.
package interop
