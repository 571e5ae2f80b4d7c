// Package smptest helps to test programs that use package smp, and smp itself,
// without a radio: a Rig links two Procedures, scripts their users and makes
// links fail.
package smptest
