package smp

// What the procedure sends: one method a PDU, named for it. Each builds the PDU
// from what the actions have made.

func (p *Procedure) pairingRequest() PairingRequest { return p.pairing.request }

func (p *Procedure) pairingResponse() PairingResponse { return p.pairing.response }

func (p *Procedure) pairingConfirm() PairingConfirm {
	return PairingConfirm{Value: p.pairing.confirm}
}

func (p *Procedure) pairingRandom() PairingRandom {
	return PairingRandom{Value: p.pairing.nonce[p.own]}
}

func (p *Procedure) pairingFailed(reason Reason) PairingFailed {
	return PairingFailed{Reason: reason}
}

func (p *Procedure) encryptionInformation() EncryptionInformation {
	p.ownKeys().keepLTK(p.pairing.ownLTK)
	return EncryptionInformation{LTK: p.pairing.ownLTK.Key}
}

func (p *Procedure) centralIdentification() CentralIdentification {
	return CentralIdentification{EDIV: p.pairing.ownLTK.EDIV, Rand: p.pairing.ownLTK.Rand}
}

func (p *Procedure) identityInformation() IdentityInformation {
	p.ownKeys().keepIRK(p.config.LocalIRK)
	return IdentityInformation{IRK: p.config.LocalIRK}
}

func (p *Procedure) identityAddressInformation() IdentityAddressInformation {
	identity := p.config.LocalIdentity
	p.ownKeys().keepIdentity(identity)
	return IdentityAddressInformation{AddressType: identity.Type, Address: identity.Address}
}

func (p *Procedure) signingInformation() SigningInformation {
	p.ownKeys().keepCSRK(p.pairing.ownCSRK)
	return SigningInformation{CSRK: p.pairing.ownCSRK}
}

func (p *Procedure) securityRequest() SecurityRequest {
	return SecurityRequest{AuthReq: p.pairing.wanted}
}

func (p *Procedure) publicKey() PublicKey { return PublicKey(p.pairing.public[p.own]) }

func (p *Procedure) dhKeyCheck() DHKeyCheck { return DHKeyCheck{Value: p.pairing.check} }

func (p *Procedure) keypressNotification() KeypressNotification {
	return KeypressNotification{Type: p.pairing.keypress}
}

// ownKeys are the keys that we have distributed so far.
func (p *Procedure) ownKeys() *keyring { return &p.pairing.keys[p.own] }
