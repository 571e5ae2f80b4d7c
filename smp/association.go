package smp

// LevelOfFeatures gives the level that a pairing with these feature PDUs has if
// it succeeds, as both sides work it out: association model, LE Secure
// Connections and key size (Core Vol 3, Part H, 2.3.5.1). It is false where
// the model depends on an IO capability that there is not.
func LevelOfFeatures(request PairingRequest, response PairingResponse) (Level, bool) {
	both := request.AuthReq & response.AuthReq
	mitm := (request.AuthReq | response.AuthReq).MITM()
	oob := [2]bool{request.OOBDataFlag == OOBDataPresent, response.OOBDataFlag == OOBDataPresent}
	lookUp := legacyAssociationModel
	if both.SC() {
		lookUp = secureConnectionsAssociationModel
	}
	model, ok := lookUp(Table(), request.IOCapability, response.IOCapability, oob[0], oob[1], mitm)
	size := min(request.MaxKeySize, response.MaxKeySize)
	return Level{MITM: model != JustWorks, SC: both.SC(), KeySize: int(size), Model: model}, ok
}
