package conformance

import (
	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// course is one pairing as it ought to go: how our device is set up, and what
// the peer plans.
type course struct {
	setup
	plan smptest.Plan

	// oob says who holds out-of-band data of the other: our device, the peer.
	// The data is made when the course is played.
	deviceHolds, peerHolds bool

	// unasked says that nobody calls Pair at our central: the peer's Security
	// Request begins the pairing.
	unasked bool
}

// The IO capabilities that bring a model about, of the initiator and the
// responder.
var capabilities = map[smp.AssociationModel][2]smp.IOCapability{
	smp.JustWorks:         {smp.NoInputNoOutput, smp.NoInputNoOutput},
	smp.InitiatorTypes:    {smp.KeyboardOnly, smp.DisplayOnly},
	smp.ResponderTypes:    {smp.DisplayOnly, smp.KeyboardOnly},
	smp.BothType:          {smp.KeyboardOnly, smp.KeyboardOnly},
	smp.NumericComparison: {smp.DisplayYesNo, smp.DisplayYesNo},
	smp.OutOfBand:         {smp.NoInputNoOutput, smp.NoInputNoOutput},
}

// thePasskey is what a user types who reads it nowhere.
const thePasskey = 461_279

// The key distribution bits.
const (
	noKeys  smp.KeyDistribution = 0
	encKey                      = smp.KeyDistributionEncKey
	idKey                       = smp.KeyDistributionIdKey
	signKey                     = smp.KeyDistributionSignKey
	linkKey                     = smp.KeyDistributionLinkKey
)

// newCourse plans a pairing of our device in a role: without bonding and without
// keys, by a model whose protection both sides ask for where it has one.
func newCourse(role bt.Role, sc bool, model smp.AssociationModel) course {
	io := capabilities[model]
	mitm := model != smp.JustWorks
	f := smp.DefaultFeatures()
	f.IOCapability, f.SC, f.MITM, f.Bonding = io[role], sc, mitm, false
	f.InitiatorKeys, f.ResponderKeys = noKeys, noKeys
	c := course{
		setup: setup{role: role, features: f, types: thePasskey},
		plan: smptest.Plan{
			Role: 1 - role, SC: sc, Model: model,
			Features: smp.PairingRequest{
				IOCapability: io[1-role], AuthReq: smp.AuthReq(0).WithMITM(mitm).WithSC(sc), MaxKeySize: 16,
			},
		},
	}
	c.deviceHolds, c.peerHolds = model == smp.OutOfBand, model == smp.OutOfBand
	return c
}

// bonding has both sides bond and distribute keys.
func (c course) bonding(initiator, responder smp.KeyDistribution) course {
	c.features.Bonding = true
	c.plan.Features.AuthReq = c.plan.Features.AuthReq.WithBonding(1)
	return c.distributing(initiator, responder)
}

// distributing has both sides ask for and distribute keys.
func (c course) distributing(initiator, responder smp.KeyDistribution) course {
	c.features.InitiatorKeys, c.features.ResponderKeys = initiator, responder
	c.plan.Features.InitiatorKeyDistribution, c.plan.Features.ResponderKeyDistribution = initiator, responder
	c.plan.Keys = [2]smp.KeyDistribution{initiator, responder}
	return c
}

// authReq changes the peer's AuthReq.
func (c course) authReq(set smp.AuthReq) course {
	c.plan.Features.AuthReq |= set
	return c
}

// secured changes the policy of our device.
func (c course) secured(p smp.Policy) course {
	c.policy = p
	return c
}

// deviceShows says that our device shows the passkey of the model.
func (c course) deviceShows() bool {
	return c.plan.Model == smp.InitiatorTypes && c.role == bt.Peripheral ||
		c.plan.Model == smp.ResponderTypes && c.role == bt.Central
}

// level is what the pairing ought to give.
func (c course) level() smp.Level {
	size := min(int(c.plan.Features.MaxKeySize), c.features.MaxKeySize)
	return smp.Level{MITM: c.plan.Model != smp.JustWorks, SC: c.plan.SC, KeySize: size, Model: c.plan.Model}
}

// bonds says that both sides want to keep the keys, and that there is one for
// our device: an identity that only we distribute gives it nothing.
func (c course) bonds() bool {
	either := c.plan.Keys[0] | c.plan.Keys[1]
	key := c.plan.SC || either.EncKey() || either.SignKey() || c.plan.Keys[c.plan.Role].IdKey()
	return key && c.features.Bonding && c.plan.Features.AuthReq.Bonding() != 0
}
