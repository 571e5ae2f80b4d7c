// Package floor says what nobody can do a pairing for less than: the
// cryptography of both sides alone, without states, PDUs, links and bonds. A
// figure is then a ratio to a floor that was measured in the same run, which
// says the same on every machine; a bare time is a verdict on none.
//
// A Pairing does that cryptography in the plainest way there is. Compare runs
// two pieces of work in turn and tells how many times as long one takes as the
// other.
package floor
