// Package ah finds the key that made a resolvable private address among very
// many, with the random address hash function ah (Core Vol 3, Part H, 2.2.2).
//
// Of a key, ah takes one AES block, before which the key has to be expanded. Go
// has no call for that but crypto/aes, which expands a key into a schedule of its
// own: to make the schedules anew for each address takes some ten times as long
// as to use them, and to keep them takes 512 octets a key, so that the search
// waits for memory. On the machine for which Find was written, an address that is
// nobody's took 6 ms of one core with 100,000 schedules that were kept, 51 MB, and
// 19 ms with schedules made anew. Find in assembly takes under 1 ms, and the
// keys are all that it reads: it expands four at a time while it encrypts, so
// that the processor's AES units need not wait for each other's results.
//
// There is assembly for amd64 with AES-NI, and for arm64 with the AES
// instructions; where the processor lacks these, on other machines, and with the
// build tag purego, Find uses crypto/aes. Both ways give the same answers.
package ah
