package hci

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"blesmp/bt"
)

// pending is a command on its way. Its memory is used again.
type pending struct {
	opcode Opcode
	packet []byte
	serial uint64
	begun  time.Time    // when it was sent
	finish func(result) // called once, by the reader, with no lock held
}

// keptCommands is how many a host keeps the memory of.
const keptCommands = 64

// newPending gives the memory for a command; h.mu is held.
func (h *Host) newPending() *pending {
	n := len(h.spareCommands)
	if n == 0 {
		return new(pending)
	}
	p := h.spareCommands[n-1]
	h.spareCommands = h.spareCommands[:n-1]
	return p
}

// result is how a command ended.
type result struct {
	err        error  // nil, a *CommandError, or why the host ended
	parameters []byte // valid during the call that is told
	complete   bool   // by Command Complete, so that there are parameters
}

// Command sends a command and waits for Command Complete, whose return
// parameters it decodes into ret, or for Command Status. Where ret is nil,
// whatever comes back is left aside. A refusal is a *CommandError. When the
// context ends, a command that was sent is still executed.
//
// It is for commands that the host has no method for; what it sends behind the
// host's back, as Reset, the host does not notice.
func (h *Host) Command(ctx context.Context, command Command, ret Return) error {
	opcode := command.Opcode()
	if ret != nil && ret.Opcode() != opcode {
		return fmt.Errorf("hci: return parameters of %s do not belong to %s", ret.Opcode(), opcode)
	}
	answer := make(chan result, 1)
	serial, err := h.submit(command, func(r result) {
		r.parameters = slices.Clone(r.parameters)
		answer <- r
	})
	if err != nil {
		return err
	}
	var r result
	select {
	case r = <-answer:
	case <-ctx.Done():
		h.withdraw(serial)
		return doing(opcode.String(), ctx.Err())
	}
	switch {
	case r.err != nil:
		return r.err
	case ret == nil:
		return nil
	case !r.complete:
		return &PacketError{Packet: opcode.String(), Problem: "answered by Command Status, without return parameters"}
	}
	return ret.Unmarshal(r.parameters)
}

// Rand asks the controller for a random number (LE Rand).
func (h *Host) Rand(ctx context.Context) (uint64, error) {
	var ret LERandReturn
	err := h.Command(ctx, &LERand{}, &ret)
	return ret.RandomNumber, err
}

// Encrypt has the controller encrypt one block with AES-128 (LE Encrypt). Key
// and blocks are most significant octet first.
func (h *Host) Encrypt(ctx context.Context, key bt.Key, block [16]byte) ([16]byte, error) {
	var ret LEEncryptReturn
	err := h.Command(ctx, &LEEncrypt{Key: key, PlaintextData: block}, &ret)
	return ret.EncryptedData, err
}

// submit queues a command and gives its number. It fails only where the host has
// ended.
func (h *Host) submit(command Command, finish func(result)) (serial uint64, err error) {
	h.mu.Lock()
	defer h.unlock()
	if h.err != nil {
		return 0, h.err
	}
	p := h.newPending()
	p.opcode, p.packet, p.finish = command.Opcode(), AppendCommand(p.packet[:0], command), finish
	p.serial = h.nextSerial()
	h.queue.push(p)
	return p.serial, nil
}

// withdraw takes back a command that was not sent yet.
func (h *Host) withdraw(serial uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.queue.keep(slices.DeleteFunc(h.queue.all(), func(p *pending) bool { return p.serial == serial }))
}

func (h *Host) nextSerial() uint64 {
	h.serial++
	return h.serial
}

// nextCommand moves the oldest command to those that were sent and appends its
// packet; h.mu is held.
func (h *Host) nextCommand(b []byte) []byte {
	p := h.queue.pop()
	h.credits--
	p.begun = time.Now()
	h.sent = append(h.sent, p)
	h.watch()
	b = append(b, p.packet...)
	clear(p.packet) // it may hold a key
	return b
}

// watch has the host look whether commands are late, when the next one may be;
// h.mu is held. One timer serves all commands: most are answered long before it
// goes off, and it is not worth its while to be set for each.
func (h *Host) watch() {
	if h.watching || len(h.sent) == 0 {
		return
	}
	h.watching = true
	left := time.Until(h.sent[0].begun.Add(h.options.CommandTimeout))
	if h.watcher == nil {
		h.watcher = time.AfterFunc(left, h.lookForLate)
	} else {
		h.watcher.Reset(left)
	}
}

// lookForLate ends the host when a command was not answered in time.
func (h *Host) lookForLate() {
	h.mu.Lock()
	h.watching = false
	late := len(h.sent) > 0 && time.Since(h.sent[0].begun) >= h.options.CommandTimeout
	if !late {
		h.watch()
		h.mu.Unlock()
		return
	}
	opcode := h.sent[0].opcode
	h.mu.Unlock()
	_ = h.fail(fmt.Errorf("%w: %s", ErrTimeout, opcode), bt.HardwareFailure)
}

// commandComplete handles the event of that name.
func (h *Host) commandComplete(e *CommandComplete) {
	p := h.answered(Opcode(e.CommandOpcode), e.NumHCICommandPackets)
	if p == nil {
		return
	}
	if len(e.ReturnParameters) == 0 {
		h.finishCommand(p, result{err: &PacketError{Packet: p.opcode.String(), Problem: "return parameters without a status"}})
		return
	}
	r := result{complete: true}
	if status := bt.Status(e.ReturnParameters[0]); status != bt.Success {
		r.err = &CommandError{Opcode: p.opcode, Status: status}
	} else {
		r.parameters = e.ReturnParameters
	}
	h.finishCommand(p, r)
}

// commandStatus handles the event of that name.
func (h *Host) commandStatus(e *CommandStatus) {
	p := h.answered(Opcode(e.CommandOpcode), e.NumHCICommandPackets)
	if p == nil {
		return
	}
	var r result
	if e.Status != bt.Success {
		r.err = &CommandError{Opcode: p.opcode, Status: e.Status}
	}
	h.finishCommand(p, r)
}

// finishCommand tells how a command ended, and takes its memory back.
func (h *Host) finishCommand(p *pending, r result) {
	p.finish(r)
	h.mu.Lock()
	defer h.mu.Unlock()
	p.finish = nil
	if len(h.spareCommands) < keptCommands {
		h.spareCommands = append(h.spareCommands, p)
	}
}

// answered takes the oldest command with this opcode off those that were sent,
// and notes how many more the controller takes: as many as it says without those
// that it had perhaps not seen when it said so. Opcode 0 answers none.
func (h *Host) answered(opcode Opcode, credits uint8) *pending {
	h.mu.Lock()
	i := slices.IndexFunc(h.sent, func(p *pending) bool { return p.opcode == opcode })
	var p *pending
	if i >= 0 {
		p = h.sent[i]
		h.sent = slices.Delete(h.sent, i, i+1)
	}
	h.credits = max(0, int(credits)-len(h.sent))
	h.unlock()
	if p == nil && opcode != 0 {
		h.count(&h.stats.Unknown, slog.LevelWarn, "answer to no command", "opcode", opcode)
	}
	return p
}
