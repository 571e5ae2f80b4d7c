// Package boltstore keeps bonds in one file, so that they outlast the process:
// a bond.Store over go.etcd.io/bbolt.
//
// # What it promises
//
// When a method that changes something returns nil, the change is on disk.
// A crash at any moment leaves the file as it was before the change or after
// it. One process at a time has the file open. Changes that come while another
// one is on its way to the disk go there together, in one transaction; each is
// still made as a whole or not at all, and its caller is told of no error but
// its own, or that of the disk.
//
// A file that is damaged, or that is not a file of this package, is reported as
// a *bond.CorruptError and left as it is, octet for octet. A file that is no
// larger than Options.VerifyLimit is looked at as a whole by Open, before it is
// opened for writing. Of a larger file Open looks at both headers, the list of
// free pages and all that does not grow with the number of bonds, so the time
// that it takes does not grow either, but for the list of free pages, which is
// long after very many bonds were deleted. The pages of the trees' inner nodes
// are looked at in the background then, from Open on: until that is over no
// change is made, and Get looks at the pages on its way. Damage that is found so
// is reported by every later call. Check looks at everything at any time. Each
// record carries a checksum, which is looked at whenever the record is read. What
// only Check finds in a large file is a wrong key in the lowest inner nodes,
// because of which bonds are not found.
//
// The first Resolve reads all IRKs into a bond.ResolvingList, which needs some 60
// octets of memory for each bond that has one.
//
// A file that others may read is refused, because it holds keys: whoever owns
// it has to decide whether the keys are still secret, and then to take the
// permissions away. (Windows has no such permission bits.) New files have mode
// 0600.
//
// What is deleted is not wiped: its octets stay in the file until bbolt uses
// the page again.
//
// # File format, version 1
//
// A bbolt file with these buckets at its root. An address is 7 octets: its
// type, 0 or 1, and its six octets, most significant first. All numbers are
// big endian. In every bucket but the first a value is
//
//	version (1)   1 octet
//	content       see below
//	checksum      4 octets: CRC-32C over key, version and content
//
// The buckets, their keys and their contents:
//
//	format      "magic" -> "blesmp bonds", "version" -> 2 octets
//	bonds       Local, Peer (14)    -> a bond
//	onair       Local, OnAir (14)   -> Peer (7)
//	irks        Local, Peer (14)    -> PeerIRK (16)
//	identities  Address (7)         -> nothing, or IRK (16)
//	attempts    Local, Peer (14)    -> number of the write (8), state (1 to 64)
//
// The buckets onair and irks are indexes: each entry belongs to one bond, and
// each bond with such a field has its entry. A bond's content is
//
//	flags             2   bit 0 SC, 1 MITM, 2 Debug; then whether it has
//	                      3 OnAir, 4 LocalLTK, 5 PeerLTK, 6 PeerIRK,
//	                      7 LocalCSRK, 8 PeerCSRK, 9 LinkKey; the rest is 0
//	KeySize           1
//	Model             1
//	Created          12   seconds since 1970 (8, signed), nanoseconds (4)
//	OnAir             7   this and the rest only where its flag is set
//	LocalLTK         26   Key (16), EDIV (2), Rand (8)
//	PeerLTK          26
//	PeerIRK          16
//	LocalCSRK        20   key (16), LocalSignCounter (4)
//	PeerCSRK         20   key (16), PeerSignCounter (4)
//	LinkKey          16
//
// Keys are most significant octet first. A record of another version, of
// another length, with an unknown flag, or with a bond that bond.Bond.Validate
// refuses, is corrupt.
package boltstore
