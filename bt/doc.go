// Package bt holds the few types that the controller's side, the Security
// Manager and the bond storage share, so that none of them has to know the
// others: addresses, keys, roles, HCI status codes, and the link between a
// host stack and a Security Manager.
//
// Values are most significant octet first wherever the specification prints
// them so; wire order belongs to the codecs.
//
//vet:deterministic
package bt
