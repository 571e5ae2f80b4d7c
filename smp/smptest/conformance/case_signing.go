package conformance

import (
	"errors"
	"fmt"

	"blesmp/bt"
	"blesmp/hci/l2cap"
	"blesmp/smp"
	"blesmp/smp/toolbox"
)

// signedWrite is an ATT Signed Write Command of three octets to handle 3, as far
// as it is signed (Core Vol 3, Part F, 3.4.5.4).
func signedWrite(value byte) []byte { return []byte{0xd2, 0x03, 0x00, value, 0x5a, 0xa5} }

// signers pairs with CSRKs both ways and gives what a test of signing needs: our
// device's Signer and its ATT channel.
func (s *Stage) signers() (*smp.Signer, *l2cap.Channel, error) {
	c := newCourse(bt.Central, false, smp.JustWorks).bonding(encKey|signKey, encKey|signKey)
	if err := c.succeed(s); err != nil {
		return nil, nil, err
	}
	links := s.device.host.Links()
	if len(links) != 1 {
		return nil, nil, fmt.Errorf("our device has %d links, want 1", len(links))
	}
	channel, err := links[0].Channel(l2cap.ATT)
	if err != nil {
		return nil, nil, err
	}
	return smp.NewSigner(s.device.store, s.remote, s.peer.Address()), channel, nil
}

// sendSigned has our device send signed data, and checks it at the peer.
func (s *Stage) sendSigned(signer *smp.Signer, channel *l2cap.Channel, data []byte, counter uint32) error {
	signature, err := signer.Sign(data)
	if err != nil {
		return err
	}
	if err := channel.Send(append(append([]byte{}, data...), signature[:]...)); err != nil {
		return err
	}
	got, err := s.peer.ReceiveATT()
	if err != nil {
		return err
	}
	body, at, ok := splitSigned(got)
	switch {
	case !ok || string(body) != string(data):
		return fmt.Errorf("the peer got % x, want % x and a signature", got, data)
	case at.Counter() != counter:
		return fmt.Errorf("the sign counter is %d, want %d", at.Counter(), counter)
	case !toolbox.Verify(s.peer.Exchange().Received.CSRK, body, at):
		return errors.New("the signature of our device is wrong")
	}
	return nil
}

// receiveSigned has the peer send signed data, and gives what our device makes
// of it.
func (s *Stage) receiveSigned(signer *smp.Signer, channel *l2cap.Channel, data []byte, signature toolbox.Signature) error {
	if err := s.peer.SendATT(append(append([]byte{}, data...), signature[:]...)); err != nil {
		return err
	}
	got, err := channel.Receive(s.ctx)
	if err != nil {
		return err
	}
	body, at, ok := splitSigned(got)
	if !ok {
		return fmt.Errorf("our device got % x", got)
	}
	return signer.Verify(body, at)
}

// splitSigned parts data and signature.
func splitSigned(pdu []byte) (data []byte, signature toolbox.Signature, ok bool) {
	n := len(pdu) - len(signature)
	if n <= 0 {
		return nil, signature, false
	}
	copy(signature[:], pdu[n:])
	return pdu[:n], signature, true
}

// sign signs as the peer.
func (s *Stage) sign(data []byte, counter uint32) toolbox.Signature {
	return toolbox.Sign(s.peer.Exchange().Sent.CSRK, data, counter)
}

// want holds an error against the one that is wanted.
func want(got, want error) error {
	if !errors.Is(got, want) {
		return fmt.Errorf("signed data: got %w, want %s", errOrNone(got), want.Error())
	}
	return nil
}

// signing is a round with a signer.
func signing(play func(s *Stage, signer *smp.Signer, channel *l2cap.Channel) error) []round {
	return one(func(s *Stage) error {
		signer, channel, err := s.signers()
		if err != nil {
			return err
		}
		return errors.Join(play(s, signer, channel), channel.Close())
	})
}

// replay sends the same signed data twice, then new data.
func replay() []round {
	return signing(func(s *Stage, signer *smp.Signer, channel *l2cap.Channel) error {
		data := signedWrite(1)
		first := s.sign(data, 7)
		next := signedWrite(2)
		return errors.Join(
			s.receiveSigned(signer, channel, data, first),
			want(s.receiveSigned(signer, channel, data, first), smp.ErrReplayed),
			want(s.receiveSigned(signer, channel, next, s.sign(next, 6)), smp.ErrReplayed),
			s.receiveSigned(signer, channel, next, s.sign(next, 8)),
		)
	})
}

func signingCases() []Scenario {
	const gone = "Core 6.2 and earlier: signing is gone from Core 6.3"
	return []Scenario{
		{
			ID: "SM/CEN/SIGN/BV-01-C", Alias: "SM/SIGN/BV-01-C", Versions: gone,
			About: "signed data goes out with the right MAC and a counter that rises",
			rounds: signing(func(s *Stage, signer *smp.Signer, channel *l2cap.Channel) error {
				return errors.Join(
					s.sendSigned(signer, channel, signedWrite(1), 0),
					s.sendSigned(signer, channel, signedWrite(2), 1),
				)
			}),
		},
		{
			ID: "SM/CEN/SIGN/BV-03-C", Alias: "SM/SIGN/BV-03-C", Versions: gone,
			About: "signed data of the peer is accepted",
			rounds: signing(func(s *Stage, signer *smp.Signer, channel *l2cap.Channel) error {
				data := signedWrite(1)
				return s.receiveSigned(signer, channel, data, s.sign(data, 0))
			}),
		},
		{
			ID: "SM/CEN/SIGN/BI-01-C", Alias: "SM/SIGN/BI-01-C", Versions: gone,
			About: "a wrong MAC is ignored, and does not use its counter up",
			rounds: signing(func(s *Stage, signer *smp.Signer, channel *l2cap.Channel) error {
				data := signedWrite(1)
				right := s.sign(data, 0)
				forged := right
				forged[len(forged)-1] ^= 0x01
				return errors.Join(
					want(s.receiveSigned(signer, channel, data, forged), smp.ErrBadSignature),
					s.receiveSigned(signer, channel, data, right),
				)
			}),
		},
		{
			ID: "SM/SIGN/BI-02-C", Versions: "Core 6.2; signing is gone from Core 6.3",
			About:  "a repeated sign counter is ignored, a new one accepted",
			rounds: replay(),
		},
	}
}
