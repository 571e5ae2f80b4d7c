package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync"

	"blesmp/bt"
	"blesmp/cmd/smp/internal/terminal"
	"blesmp/smp"
)

// people are the users of the two devices. They can show each other what they
// see.
type people interface {
	prompter(device string) smp.Prompter
}

// newPeople gives the users: you, or two who do what they should.
func newPeople(s streams, screen *terminal.StillScreen, o *simOptions) people {
	if o.interactive {
		var out io.Writer = screen
		if o.json {
			out = s.err
		}
		return &person{in: bufio.NewReader(s.in), out: out, screen: screen}
	}
	return &obedient{shown: make(chan smp.Passkey, 1), numbers: make(chan smp.Passkey, 2)}
}

// manage gives both devices a manager whose features make the model come out.
func (v *view) manage(devices [2]*device, model simModel, users people, o *simOptions) (smp.Features, error) {
	var features [2]smp.Features
	for i, io := range []smp.IOCapability{model.central, model.peripheral} {
		f := smp.DefaultFeatures()
		f.IOCapability, f.MITM, f.SC = io, model.mitm, !o.legacy
		f.InitiatorKeys = f.InitiatorKeys.WithSignKey(true)
		f.ResponderKeys = f.ResponderKeys.WithSignKey(true)
		features[i] = f
	}
	for i, d := range devices {
		prompter := users.prompter(d.name)
		prompter.PairingRequested = func(context.Context, *smp.Question) (smp.Features, error) {
			return features[i], nil
		}
		options := smp.Options{
			Features: features[i],
			Prompter: prompter,
			OnEvent:  func(_ *smp.Session, e smp.Event) { d.onEvent(e) },
		}
		if o.trace {
			options.Trace = func(_ *smp.Session, t smp.Trace) { v.trace(d.side, t) }
		}
		d.manager = smp.NewManager(d.store, options)
	}
	if model.oob {
		if err := exchange(devices, &features, o.legacy); err != nil {
			return smp.Features{}, err
		}
	}
	for _, d := range devices {
		if err := d.manager.Serve(d.host); err != nil {
			return smp.Features{}, err
		}
	}
	return features[0], nil
}

// exchange carries the out-of-band data from each device to the other.
func exchange(devices [2]*device, features *[2]smp.Features, legacy bool) error {
	var tk bt.Key
	_, _ = rand.Read(tk[:])
	for i, d := range devices {
		other := &features[1-i]
		address := d.host.Identity()
		if legacy {
			other.PeerOOB = &smp.PeerOOB{Address: address, TK: &tk}
			continue
		}
		data, err := d.manager.NewOOB(address)
		if err != nil {
			return err
		}
		other.PeerOOB = &smp.PeerOOB{Address: address, Confirm: &data.Confirm, Random: &data.Random}
	}
	return nil
}

// obedient users type what the other device shows and say yes to equal numbers.
type obedient struct {
	shown   chan smp.Passkey
	numbers chan smp.Passkey
	once    sync.Once
	agreed  smp.Passkey
}

func (u *obedient) prompter(string) smp.Prompter {
	return smp.Prompter{
		DisplayPasskey: func(_ context.Context, q *smp.Question) error {
			u.shown <- q.Passkey
			return nil
		},
		EnterPasskey: func(ctx context.Context, q *smp.Question) (smp.Passkey, error) {
			if q.Level.Model == smp.BothType {
				u.once.Do(func() { u.agreed = randomPasskey() })
				return u.agreed, nil
			}
			return next(ctx, u.shown)
		},
		CompareNumber: func(ctx context.Context, q *smp.Question) (bool, error) {
			select {
			case other := <-u.numbers:
				u.numbers <- other
				return other == q.Passkey, nil
			case u.numbers <- q.Passkey:
			}
			return true, nil
		},
	}
}

// randomPasskey is what two users agree on who both type.
func randomPasskey() smp.Passkey {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return 0
	}
	return smp.Passkey(n.Int64())
}

// person is one human at the terminal, asked for both devices.
type person struct {
	mu     sync.Mutex
	in     *bufio.Reader
	out    io.Writer
	screen *terminal.StillScreen
}

func (p *person) prompter(device string) smp.Prompter {
	return smp.Prompter{
		ConfirmFeatures: func(_ context.Context, q *smp.Question) error {
			return p.yes(device, fmt.Sprintf("pair with %v by %v?", q.Peer, q.Level))
		},
		DisplayPasskey: func(_ context.Context, q *smp.Question) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			_, err := fmt.Fprintf(p.out, "[%s] passkey: %v\n", device, q.Passkey)
			return err
		},
		EnterPasskey: func(_ context.Context, _ *smp.Question) (smp.Passkey, error) {
			for {
				line, err := p.ask(device, "type the passkey:")
				if err != nil {
					return 0, err
				}
				passkey, err := smp.ParsePasskey(line)
				if err == nil {
					return passkey, nil
				}
				p.say(device, strings.TrimPrefix(err.Error(), "smp: "))
			}
		},
		CompareNumber: func(_ context.Context, q *smp.Question) (bool, error) {
			err := p.yes(device, fmt.Sprintf("%v: does the other device show this number?", q.Passkey))
			return err == nil, ignoreNo(err)
		},
	}
}

var errNo = errors.New("the user said no")

func ignoreNo(err error) error {
	if errors.Is(err, errNo) {
		return nil
	}
	return err
}

// yes asks until it gets yes or no.
func (p *person) yes(device, question string) error {
	for {
		line, err := p.ask(device, question+" [y/n]")
		if err != nil {
			return err
		}
		switch strings.ToLower(line) {
		case "y", "yes":
			return nil
		case "n", "no":
			return errNo
		}
		p.say(device, "y or n, please")
	}
}

// ask reads one line. One question is open at a time.
func (p *person) ask(device, question string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := fmt.Fprintf(p.out, "[%s] %s ", device, question); err != nil {
		return "", err
	}
	p.screen.Hold()
	defer p.screen.Release()
	line, err := p.in.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("no answer: %w", err)
	}
	return strings.TrimSpace(line), nil
}

func (p *person) say(device, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = fmt.Fprintf(p.out, "[%s] %s\n", device, text)
}
