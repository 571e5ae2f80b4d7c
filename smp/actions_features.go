package smp

// The actions of phase 1: feature PDUs, and what they come to. All are
// straight-line; which of them run is decided in the specification.

// receiveRequest keeps the request, also as sent: confirm and check values
// cover its octets, reserved bits included.
func (p *Procedure) receiveRequest() { p.setRequest(p.message.PairingRequest) }

// receiveResponse does the same for the response.
func (p *Procedure) receiveResponse() { p.setResponse(p.message.PairingResponse) }

func (p *Procedure) receiveSecurityRequest() { p.pairing.asked = p.message.SecurityRequest.AuthReq }

// makeRequest fills the request from what the caller offers.
func (p *Procedure) makeRequest() {
	p.offer()
	f := &p.pairing.features
	p.setRequest(PairingRequest{
		IOCapability:             f.IOCapability,
		OOBDataFlag:              f.oobDataFlag(),
		AuthReq:                  p.authReq(),
		MaxKeySize:               uint8(f.MaxKeySize),
		InitiatorKeyDistribution: p.distributable(f.InitiatorKeys),
		ResponderKeyDistribution: p.distributable(f.ResponderKeys),
	})
}

// makeResponse fills the response from what the caller offers; keys that the
// request does not have are left out (Core Vol 3, Part H, 3.6.1).
func (p *Procedure) makeResponse() {
	p.offer()
	f := &p.pairing.features
	p.setResponse(PairingResponse{
		IOCapability:             f.IOCapability,
		OOBDataFlag:              f.oobDataFlag(),
		AuthReq:                  p.authReq(),
		MaxKeySize:               uint8(f.MaxKeySize),
		InitiatorKeyDistribution: p.distributable(f.InitiatorKeys) & p.pairing.request.InitiatorKeyDistribution,
		ResponderKeyDistribution: p.distributable(f.ResponderKeys) & p.pairing.request.ResponderKeyDistribution,
	})
}

// makeSecurityRequest keeps the level that we ask the central for.
func (p *Procedure) makeSecurityRequest() { p.pairing.wanted = p.in.security }

// combine takes from both feature PDUs what the two sides agree on. A flag
// counts where both have it.
func (p *Procedure) combine() {
	req, rsp := &p.pairing.request, &p.pairing.response
	both := req.AuthReq & rsp.AuthReq
	keys := [2]KeyDistribution{
		req.InitiatorKeyDistribution & rsp.InitiatorKeyDistribution &^ KeyDistributionLinkKey,
		req.ResponderKeyDistribution & rsp.ResponderKeyDistribution &^ KeyDistributionLinkKey,
	}
	oob := [2]bool{req.OOBDataFlag == OOBDataPresent, rsp.OOBDataFlag == OOBDataPresent}
	v := p.vars()
	v.setSC(both.SC())
	v.setKeypress(both.Keypress())
	v.setBonding(req.AuthReq.Bonding() != 0 && rsp.AuthReq.Bonding() != 0)
	v.setToSend(keys[p.own])
	v.setToReceive(keys[p.peer])
	v.setHaveOOB(oob[p.own])
	v.setPeerHasOOB(oob[p.peer])
}

// legacyModel and secureModel look the association model up
// (Core Vol 3, Part H, 2.3.5.1).
func (p *Procedure) legacyModel() {
	req, rsp := &p.pairing.request, &p.pairing.response
	model, _ := legacyAssociationModel(p.config.Table, req.IOCapability, rsp.IOCapability,
		req.OOBDataFlag == OOBDataPresent, rsp.OOBDataFlag == OOBDataPresent, (req.AuthReq | rsp.AuthReq).MITM())
	p.vars().setModel(model)
}

func (p *Procedure) secureModel() {
	req, rsp := &p.pairing.request, &p.pairing.response
	model, _ := secureConnectionsAssociationModel(p.config.Table, req.IOCapability, rsp.IOCapability,
		req.OOBDataFlag == OOBDataPresent, rsp.OOBDataFlag == OOBDataPresent, (req.AuthReq | rsp.AuthReq).MITM())
	p.vars().setModel(model)
}

// offer keeps what the caller offers in this pairing.
func (p *Procedure) offer() {
	p.pairing.oob = p.config.LocalOOB()
	p.pairing.features = DefaultFeatures()
	if p.in.features != nil {
		p.pairing.features = *p.in.features
	}
}

// authReq gives our flags; a policy that needs MITM protection asks for it.
func (p *Procedure) authReq() AuthReq {
	f := &p.pairing.features
	return f.authReq().WithMITM(f.MITM || p.config.Policy.RequireMITM)
}

// distributable leaves out what only cross-transport key derivation may use.
func (p *Procedure) distributable(keys KeyDistribution) KeyDistribution {
	if p.config.CTKD {
		return keys
	}
	return keys &^ KeyDistributionLinkKey
}

func (p *Procedure) setRequest(pdu PairingRequest) {
	p.pairing.request = pdu
	pdu.AppendTo(p.pairing.asSent[0][:0])
}

func (p *Procedure) setResponse(pdu PairingResponse) {
	p.pairing.response = pdu
	pdu.AppendTo(p.pairing.asSent[1][:0])
}

// keySize is the smaller of the two maxima, in octets
// (Core Vol 3, Part H, 2.3.4).
func (p *Procedure) keySize() int {
	return int(min(p.pairing.request.MaxKeySize, p.pairing.response.MaxKeySize))
}

// outcome is the level that this pairing gives.
func (p *Procedure) outcome() Level {
	v := p.vars()
	return Level{MITM: v.Model() != JustWorks, SC: v.SC(), KeySize: p.keySize(), Model: v.Model()}
}

// peerOOB is what we hold of the peer; zero values where we hold nothing.
func (p *Procedure) peerOOB() PeerOOB {
	if o := p.pairing.features.PeerOOB; o != nil {
		return *o
	}
	return PeerOOB{}
}
