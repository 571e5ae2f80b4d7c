// Package bondfile reads and writes bonds as files, so that they can move
// between this project and other host stacks. It knows three formats.
//
// # JSON, this project's own
//
// One object. Keys are hexadecimal, most significant octet first; addresses are
// "C0:11:22:33:44:55/random" or "00:11:22:33:44:55/public". What is not there is
// left out, and unknown members are errors.
//
//	{
//	  "format": "blesmp bonds",
//	  "version": 1,
//	  "identities": [
//	    {"address": ADDRESS, "irk": KEY}
//	  ],
//	  "bonds": [
//	    {
//	      "local": ADDRESS,            our identity
//	      "peer": ADDRESS,             the peer's identity
//	      "on_air": ADDRESS,           another address that the peer used on the air
//	      "sc": true,                  LE Secure Connections; false if left out
//	      "mitm": true,                protects against a person in the middle; false if left out
//	      "debug": true,               made with the debug key pair; false if left out
//	      "model": 4,                  association model 0 to 5; not known if left out
//	      "key_size": 16,              octets, 7 to 16
//	      "local_ltk": {"key": KEY, "ediv": 4660, "rand": "0123456789abcdef"},
//	      "peer_ltk": {...},           EDIV and Rand 0 if left out
//	      "peer_irk": KEY,
//	      "local_csrk": {"key": KEY, "counter": 7},
//	      "peer_csrk": {...},          counter 0 if left out
//	      "link_key": KEY,
//	      "created": "2024-02-29T23:59:59Z"
//	    }
//	  ]
//	}
//
// The models are 0 Just Works, 1 passkey that the initiator types, 2 passkey
// that the responder types, 3 passkey that both type, 4 numeric comparison,
// 5 out of band. The version rises when the meaning of a file changes.
//
// # BlueZ
//
// ADAPTER/PEER/info and ADAPTER/identity in /var/lib/bluetooth, where ADAPTER
// and PEER are addresses. Keys are in the order of the wire, least significant
// octet first; EDiv and Rand are decimal numbers.
//
//	[General] AddressType        public, or static for a static random address
//	[LongTermKey]                the peer's LTK of legacy pairing: serves a central
//	[PeripheralLongTermKey]      our own LTK of legacy pairing: serves a peripheral;
//	[SlaveLongTermKey]           its older name. The one LTK of LE Secure Connections
//	                             stands in these two as well
//	  Authenticated              0 legacy, 1 legacy with MITM protection, 2 LE Secure
//	                             Connections, 3 with MITM protection, 4 with the debug key
//	[IdentityResolvingKey]       the peer's
//	[LocalSignatureKey]          our CSRK; Counter is the next value to sign with
//	[RemoteSignatureKey]         the peer's CSRK; Counter is the last value taken, and 0
//	                             also before the first
//	[LinkKey] Type 7 or 8        the BR/EDR key; only these types can come from an LTK
//	identity: [General] IdentityResolvingKey, our own, in the order of the wire
//
// A file does not say whether ADAPTER is a public address; that is assumed.
//
// # ble-host
//
// OWN/bonds/PEER/keys.json in NodeBleLib-storage-dir, where OWN and PEER are
// addresses with 00- (public) or 01- (random) before them and dashes for colons.
// Keys and Rand are in the order of the wire. The length of an LTK is the key
// size; in legacy pairing it can be 16 octets that end with zeros. ble-host sends
// an IRK of zeros and may have stored one: it counts as none.
package bondfile
