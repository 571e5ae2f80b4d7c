// Package ah finds the key that made a resolvable private address among very
// many, with the random address hash function ah (Core Vol 3, Part H, 2.2.2).
//
// Of a key, ah takes one AES block, before which the key has to be expanded. Go
// has no call for that but crypto/aes, which expands a key into a schedule of its
// own: to make the schedules anew for each address takes several times as long as
// to use them, and to keep them takes 512 octets a key, so that the search waits
// for memory. On one core of an AMD EPYC (Zen 3) with Go 1.26, an address that is
// nobody's takes 5.5 to 6.3 ms with 100,000 schedules that are kept, 51 MB, and 34
// to 54 ms with schedules made anew. In assembly it takes 1.1 ms, and the keys are
// all that is read: four at a time are expanded while they encrypt, so that the
// processor's AES units need not wait for each other's results.
//
// There is assembly for amd64 with AES-NI, and for arm64 with the AES
// instructions; where the processor lacks these, on other machines, and with the
// build tag purego, Find uses crypto/aes. Both ways give the same answers.
package ah
