package ah

import "blesmp/bt"

// Find gives the lowest index of a key for which ah(key, prand) is hash, or -1
// if there is none. Both are most significant octet first, as in an address: in a
// bt.Address, prand is octets 0 to 2 and hash is octets 3 to 5.
//
// It passes over keys that are all zero, which resolve nothing (Core Vol 6, Part
// B, 1.3.2.3), so that a list can have holes.
//
// The time depends on how many keys there are up to the one that is found, and
// on nothing else in keys, prand and hash: how many octets of a hash fit is not
// to be seen. (Without AES instructions that is as true as it is of crypto/aes.)
// The scheduler cannot interrupt the assembly, so whoever has very many keys
// should give some thousands at a time.
func Find(keys []bt.Key, prand, hash [3]byte) int {
	return find(keys, prand, hash)
}
