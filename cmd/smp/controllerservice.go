package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"blesmp/bt"
	"blesmp/hci/snoop"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"
)

// controllerService serves controllers that share an air.
type controllerService struct {
	places  []*controllerPlace
	capture *virtual.Capture // nil without --pcap
	files   []*os.File
	report  *controllerReport
	failed  chan error // holds the first failure of a listener
}

// controllerPlace is one controller and where it is served.
type controllerPlace struct {
	name       string // the address, with the port that is in use
	listener   net.Listener
	controller *virtual.Controller
	address    bt.TypedAddress
	recording  *snoop.Writer // nil without --snoop

	turn sync.Mutex // held by the one host
	mu   sync.Mutex
	err  error // the first of the recording
}

// controllerReport tells what happens.
type controllerReport struct {
	mu   sync.Mutex
	out  io.Writer
	json bool
}

// controllerEvent is one line of the report.
type controllerEvent struct {
	Event   string `json:"event"` // listening, attached, waiting or left
	Listen  string `json:"listen"`
	Address string `json:"address,omitempty"`
	Error   string `json:"error,omitempty"`
}

func (r *controllerReport) tell(e controllerEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.json {
		_ = json.NewEncoder(r.out).Encode(e) // a reader that is gone misses it
		return
	}
	text := map[string]string{
		"listening": "controller " + e.Address,
		"attached":  "a host has come",
		"waiting":   "another host waits until the first one leaves",
		"left":      "the host has left",
	}[e.Event]
	if e.Error != "" {
		text += ": " + e.Error
	}
	_, _ = fmt.Fprintf(r.out, "%s: %s\n", e.Listen, text)
}

// newControllerService opens all listeners and files, or none.
func newControllerService(ctx context.Context, s streams, o *controllerOptions) (*controllerService, error) {
	c := &controllerService{report: &controllerReport{out: s.out, json: o.json}, failed: make(chan error, 1)}
	if o.pcap == "-" {
		c.report.out = s.err
	}
	if err := c.open(ctx, s, o); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *controllerService) open(ctx context.Context, s streams, o *controllerOptions) error {
	var listeners []net.Listener
	for _, l := range o.listens {
		listener, err := transport.Listen(ctx, l.listen)
		if err != nil {
			for _, open := range listeners {
				_ = open.Close() // the error that matters is the other one
			}
			return err
		}
		listeners = append(listeners, listener)
	}
	for i, listener := range listeners {
		scheme, _, _ := strings.Cut(o.listens[i].listen, ":")
		c.places = append(c.places, &controllerPlace{name: scheme + ":" + listener.Addr().String(), listener: listener})
	}
	if err := c.record(s, o); err != nil {
		return err
	}
	faults := virtual.NewFaults(o.faults...)
	options := virtual.Options{Interceptor: faults, EventInterceptor: faults}
	if c.capture != nil {
		options.Observer = c.capture
	}
	air := virtual.NewAir(options)
	taken := make(map[bt.TypedAddress]bool)
	for i, p := range c.places {
		p.address = o.listens[i].address
		config := virtual.Config{}
		if p.address.Type == bt.RandomAddress {
			config.RandomAddress = p.address.Address
		} else {
			config.PublicAddress = p.address.Address
		}
		p.controller = air.NewController(config)
		if p.address.IsZero() {
			p.address.Address = p.controller.PublicAddress()
		}
		if taken[p.address] {
			return fmt.Errorf("%s: another controller has the address %v already; give this one its own with ,address=", p.name, p.address)
		}
		taken[p.address] = true
	}
	return nil
}

// record opens the recordings. They are written without a buffer: whatever ends
// the process, the files are whole.
func (c *controllerService) record(s streams, o *controllerOptions) error {
	create := func(name string) (*os.File, error) {
		file, err := createRecording(name)
		if err == nil {
			c.files = append(c.files, file)
		}
		return file, err
	}
	if o.pcap != "" {
		out := s.out
		if o.pcap != "-" {
			file, err := create(o.pcap)
			if err != nil {
				return err
			}
			out = file
		}
		writer, err := snoop.NewAirWriter(out)
		if err != nil {
			return fmt.Errorf("%s: %w", o.pcap, err)
		}
		c.capture = virtual.NewCapture(writer)
	}
	for i, name := range o.snoopFiles() {
		file, err := create(name)
		if err != nil {
			return err
		}
		if c.places[i].recording, err = snoop.NewWriter(file); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// run serves until the context ends or a listener fails.
func (c *controllerService) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var hosts sync.WaitGroup
	for _, p := range c.places {
		c.report.tell(controllerEvent{Event: "listening", Listen: p.name, Address: p.address.String()})
		hosts.Go(func() { c.accept(ctx, p, &hosts) })
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-c.failed:
	}
	cancel()
	for _, p := range c.places {
		_ = p.listener.Close()
		err = errors.Join(err, p.controller.Close())
	}
	hosts.Wait()
	return errors.Join(err, c.close())
}

// accept takes the hosts of one controller.
func (c *controllerService) accept(ctx context.Context, p *controllerPlace, hosts *sync.WaitGroup) {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			if ctx.Err() == nil {
				select {
				case c.failed <- fmt.Errorf("%s: %w", p.name, err):
				default: // another one has failed before
				}
			}
			return
		}
		hosts.Go(func() { c.attach(ctx, p, conn) })
	}
}

// attach lets one host use the controller, when it is its turn.
func (c *controllerService) attach(ctx context.Context, p *controllerPlace, conn net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if !p.turn.TryLock() {
		c.report.tell(controllerEvent{Event: "waiting", Listen: p.name})
		p.turn.Lock()
	}
	defer p.turn.Unlock()
	if ctx.Err() != nil {
		return
	}
	c.report.tell(controllerEvent{Event: "attached", Listen: p.name})
	var host transport.Transport = transport.NewH4(conn)
	var tap *snoop.Tap
	if p.recording != nil {
		tap = snoop.NewControllerTap(host, p.recording, time.Now)
		host = tap
	}
	err := p.controller.ServeTransport(host)
	if ctx.Err() != nil || errors.Is(err, syscall.ECONNRESET) {
		err = nil // we have ended it, or the host has left with packets unread
	}
	if tap != nil {
		p.mu.Lock()
		if p.err == nil {
			p.err = tap.Err()
		}
		p.mu.Unlock()
	}
	left := controllerEvent{Event: "left", Listen: p.name}
	if err != nil {
		left.Error = err.Error()
	}
	c.report.tell(left)
}

// close closes what open has opened, and says what was not recorded.
func (c *controllerService) close() error {
	var failures []error
	for _, p := range c.places {
		_ = p.listener.Close() // it may be closed already
		p.mu.Lock()
		if p.err != nil {
			failures = append(failures, fmt.Errorf("%s: the recording is not complete: %w", p.name, p.err))
		}
		p.mu.Unlock()
	}
	if c.capture != nil && c.capture.Err() != nil {
		failures = append(failures, fmt.Errorf("the recording of the air is not complete: %w", c.capture.Err()))
	}
	for _, file := range c.files {
		if err := file.Close(); err != nil {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}
