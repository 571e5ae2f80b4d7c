package conformance

import (
	"errors"
	"fmt"

	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// asked is a course in which the peer asks for only these keys of our device,
// which would distribute all.
func asked(role bt.Role, sc bool, keys smp.KeyDistribution) course {
	all := encKey | idKey | signKey
	c := newCourse(role, sc, smp.JustWorks).bonding(all, all)
	var wanted [2]smp.KeyDistribution
	wanted[role] = keys
	c.plan.Features.InitiatorKeyDistribution, c.plan.Features.ResponderKeyDistribution = wanted[0], wanted[1]
	c.plan.Keys = wanted
	return c
}

// publicKeyStep is where the peer sends its public key.
const publicKeyStep = "send Pairing Public Key"

// badKey is one way to spoil a public key.
type badKey struct {
	name  string
	spoil func(key *smp.PublicKey)
}

var badKeys = []badKey{
	{"y is 0, for a DHKey of 0", func(key *smp.PublicKey) { key.Y = [32]byte{} }},
	{"y is 0", func(key *smp.PublicKey) { key.Y = [32]byte{} }},
	{"one bit flipped", func(key *smp.PublicKey) { key.Y[31] ^= 0x01 }},
	{"0, 0", func(key *smp.PublicKey) { *key = smp.PublicKey{} }},
}

// sendBad sends a spoilt key.
func sendBad(bad badKey) edit {
	return instead(publicKeyStep, "a public key where "+bad.name, func(p *smptest.Peer) []byte {
		key := smp.PublicKey(p.Exchange().Public[p.Role()])
		bad.spoil(&key)
		return key.AppendTo(nil)
	})
}

// invalidKeys are rounds in which our device has to refuse the key at once:
// before it sends Confirm, Random or DHKey Check.
func invalidKeys(role bt.Role, reasons ...smp.Reason) []round {
	c := newCourse(role, true, smp.JustWorks)
	var rounds []round
	for i, bad := range badKeys {
		rounds = append(rounds, round{fmt.Sprintf("%d: %s", i+1, bad.name), func(s *Stage) error {
			if err := s.prepare(c); err != nil {
				return err
			}
			if err := s.refuse(c, sendBad(bad), reasons...); err != nil {
				return err
			}
			return s.recoverOurs(c)
		}})
	}
	return rounds
}

// recoverOurs is recover for our own device; a foreign one may well want a new
// link.
func (s *Stage) recoverOurs(c course) error {
	if s.device == nil {
		return nil
	}
	return s.recover(c)
}

// ownX sends our own X back, with our Y or with its negative.
func ownX(role bt.Role, negative bool) edit {
	return instead(publicKeyStep, "our own X", func(p *smptest.Peer) []byte {
		key := smp.PublicKey(p.Exchange().Public[role])
		if negative {
			key.Y = negated(key.Y)
		}
		return key.AppendTo(nil)
	})
}

// fieldPrime is p of P-256.
var fieldPrime = [32]byte{
	0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
}

// negated is the other Y of a point: p - y.
func negated(y [32]byte) (n [32]byte) {
	borrow := 0
	for i := len(y) - 1; i >= 0; i-- {
		d := int(fieldPrime[i]) - int(y[i]) - borrow
		borrow = 0
		if d < 0 {
			d, borrow = d+256, 1
		}
		n[i] = byte(d)
	}
	return n
}

// waiting checks that the time between a central's tries does not get shorter.
func waiting() []round {
	c := newCourse(bt.Central, true, smp.JustWorks)
	return named("waiting interval", func(s *Stage) error {
		if err := s.prepare(c); err != nil {
			return err
		}
		var last smp.BackoffError
		for range 4 {
			if err := s.refuse(c, sendBad(badKeys[2]), smp.DHKeyCheckFailed); err != nil {
				return err
			}
			call, err := s.device.pair(s.ctx, c.features)
			if err != nil {
				return err
			}
			var wait *smp.BackoffError
			if err := s.returned(call); !errors.As(err, &wait) {
				return fmt.Errorf("a call of Pair right after a failure returned %w, want a BackoffError", errOrNone(err))
			}
			if wait.RetryAfter < last.RetryAfter {
				return fmt.Errorf("the waiting interval has become shorter: %v, then %v", last.RetryAfter, wait.RetryAfter)
			}
			last = *wait
			if err := s.peer.Silence(wait.RetryAfter); err != nil {
				return err
			}
		}
		return nil
	})
}

// rejectsKeys has the peer answer our keys with Key Rejected.
func rejectsKeys(sc bool) []round {
	c := newCourse(bt.Peripheral, sc, smp.JustWorks).bonding(encKey|idKey, encKey|idKey)
	step := "send Encryption Information"
	if sc {
		step = "send Identity Information"
	}
	return aborts(c, step, smp.KeyRejected)
}

func keyCases() []Scenario {
	legacy, sc := false, true
	distributes := func(id string, role bt.Role, secure bool, keys smp.KeyDistribution, about string) Scenario {
		return Scenario{ID: id, About: about, rounds: succeeds(asked(role, secure, keys))}
	}
	return []Scenario{
		distributes("SM/PER/KDU/BV-01-C", bt.Peripheral, legacy, encKey, "legacy responder, only EncKey asked: exactly its PDUs, in order"),
		distributes("SM/PER/KDU/BV-02-C", bt.Peripheral, legacy, idKey, "legacy responder, only IdKey asked"),
		distributes("SM/PER/KDU/BV-03-C", bt.Peripheral, legacy, signKey, "legacy responder, only SignKey asked"),
		distributes("SM/PER/KDU/BV-08-C", bt.Peripheral, sc, idKey, "SC responder, only IdKey asked"),
		distributes("SM/PER/KDU/BV-09-C", bt.Peripheral, sc, signKey, "SC responder, only SignKey asked"),
		distributes("SM/CEN/KDU/BV-06-C", bt.Central, legacy, encKey, "legacy initiator, only EncKey asked"),
		distributes("SM/CEN/KDU/BV-05-C", bt.Central, legacy, idKey, "legacy initiator, only IdKey asked"),
		distributes("SM/CEN/KDU/BV-04-C", bt.Central, legacy, signKey, "legacy initiator, only SignKey asked"),
		distributes("SM/CEN/KDU/BV-10-C", bt.Central, sc, idKey, "SC initiator, only IdKey asked"),
		distributes("SM/CEN/KDU/BV-11-C", bt.Central, sc, signKey, "SC initiator, only SignKey asked"),
		{
			ID:    "SM/PER/KDU/BV-07-C",
			About: "the encrypted link is encrypted again with the distributed LTK, EDIV and Rand",
			rounds: one(func(s *Stage) error {
				c := newCourse(bt.Peripheral, legacy, smp.JustWorks).bonding(noKeys, encKey)
				if err := c.succeed(s); err != nil {
					return err
				}
				return s.encryptBonded(c)
			}),
		},
		{
			ID: "SM/PER/KDU/BI-01-C", Foreign: true, Versions: "Core 5.4 and earlier",
			About:  "invalid public keys: pairing fails, with any reason",
			rounds: invalidKeys(bt.Peripheral),
		},
		{
			ID: "SM/CEN/KDU/BI-01-C", Versions: "Core 5.4 and earlier",
			About:  "invalid public keys: pairing fails, with any reason; the waiting time between tries does not get shorter",
			rounds: all(invalidKeys(bt.Central), waiting()),
		},
		{
			ID: "SM/PER/KDU/BI-04-C", Foreign: true, Versions: "Core 6.0 and later",
			About:  "invalid public keys: 0x0B at once",
			rounds: invalidKeys(bt.Peripheral, smp.DHKeyCheckFailed),
		},
		{
			ID: "SM/CEN/KDU/BI-04-C", Foreign: true, Versions: "Core 6.0 and later",
			About: "invalid public keys: 0x0B at once; so for a valid key with our own X",
			rounds: all(
				invalidKeys(bt.Central, smp.DHKeyCheckFailed),
				named("5: our own X", refuses(newCourse(bt.Central, true, smp.JustWorks), ownX(bt.Central, false), smp.DHKeyCheckFailed)[0].play),
			),
		},
		{
			ID:     "SM/PER/KDU/BI-02-C",
			About:  "legacy: the peer sends Key Rejected during distribution: we stop and report it",
			rounds: rejectsKeys(legacy),
		},
		{
			ID:     "SM/PER/KDU/BI-03-C",
			About:  "SC: the peer sends Key Rejected during distribution: we stop and report it",
			rounds: rejectsKeys(sc),
		},
	}
}
