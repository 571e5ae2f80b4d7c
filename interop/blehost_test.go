//go:build interop

package interop

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"blesmp/bt"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// blehost is a node process with ble-host.
type blehost struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	feed  *feed
	own   bt.TypedAddress
	dir   string
	log   *journal
	done  chan struct{}
	ready chan error

	mu       sync.Mutex
	features any
	peer     bt.TypedAddress
}

func newBLEHost() *blehost {
	return &blehost{feed: newFeed(), done: make(chan struct{}), ready: make(chan error, 1)}
}

func (h *blehost) events() *feed             { return h.feed }
func (h *blehost) identity() bt.TypedAddress { return h.own }

// hostLine is a line of node/host.js.
type hostLine struct {
	Event    string          `json:"event"`
	Error    string          `json:"error"`
	Role     string          `json:"role"`
	Peer     string          `json:"peer"`
	PeerType string          `json:"peerType"`
	Reason   uint8           `json:"reason"`
	Remote   bool            `json:"remote"`
	Status   uint8           `json:"status"`
	Model    *uint8          `json:"model"`
	Value    *string         `json:"value"`
	Type     uint8           `json:"type"`
	Level    *hostLevel      `json:"level"`
	Result   json.RawMessage `json:"result"`
	Address  string          `json:"address"`
	Started  *bool           `json:"started"`
	What     string          `json:"what"`
	Bonded   bool            `json:"bonded"`
}

type hostLevel struct {
	MITM    bool `json:"mitm"`
	SC      bool `json:"sc"`
	KeySize *int `json:"keySize"`
}

func (h *blehost) start(ctx context.Context, w *world, o peerOptions) error {
	switch {
	case o.privacy:
		return errors.New("ble-host has no IRK of its own")
	case o.legacy:
		return errors.New("ble-host always offers LE Secure Connections")
	}
	c := w.air.NewController(virtual.Config{})
	port, err := w.listen("ble-host", c)
	if err != nil {
		return err
	}
	h.log, h.dir = w.log, filepath.Join(w.dir, "ble-host")
	if err := os.MkdirAll(h.dir, 0o755); err != nil {
		return err
	}
	args := []string{nodeScript, strconv.Itoa(port)}
	h.own = bt.TypedAddress{Address: c.PublicAddress()}
	if o.static {
		h.own = bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0xc2, 0x62, 0x6c, 0x65, 0x68, 0x6f}}
		args = append(args, h.own.Address.String())
	}
	h.cmd = exec.CommandContext(ctx, "node", args...)
	h.cmd.Dir = h.dir
	h.cmd.Env = append(os.Environ(), "NODE_PATH="+nodeModules)
	h.cmd.Stderr = w.log
	if h.stdin, err = h.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := h.cmd.Start(); err != nil {
		return err
	}
	go h.read(out)
	select {
	case err := <-h.ready:
		return err
	case <-h.done:
		return errors.New("node ended while it started")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *blehost) read(out io.Reader) {
	defer close(h.done)
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			_ = h.cmd.Wait()
			return
		}
		h.log.printf("ble-host> %s", line[:len(line)-1])
		var e hostLine
		if err := json.Unmarshal(line, &e); err != nil {
			h.feed.put(told{kind: trouble, text: err.Error()})
			continue
		}
		h.hear(e)
	}
}

func (h *blehost) hear(e hostLine) {
	switch e.Event {
	case "ready":
		h.ready <- nil
	case "connected":
		who, err := bt.ParseTypedAddress(e.Peer + "/" + e.PeerType)
		if err != nil {
			h.feed.put(told{kind: trouble, text: err.Error()})
		}
		h.mu.Lock()
		h.peer = who
		h.mu.Unlock()
		h.feed.put(told{kind: connected, who: who, bonded: e.Bonded})
	case "disconnected":
		h.feed.put(told{kind: disconnected, status: bt.Status(e.Reason)})
	case "request":
		h.feed.put(told{kind: requested})
	case "passkey":
		h.hearPasskey(e)
	case "complete":
		h.feed.put(told{kind: complete, text: string(e.Result)})
	case "failed":
		h.feed.put(told{kind: pairingFailed, reason: smp.Reason(e.Reason), remote: e.Remote})
	case "encrypt":
		x := told{kind: encrypted, status: bt.Status(e.Status)}
		if e.Level != nil {
			x.level = &smp.Level{MITM: e.Level.MITM, SC: e.Level.SC}
			if e.Level.KeySize != nil {
				x.level.KeySize = *e.Level.KeySize
			}
		}
		h.feed.put(x)
	case "keypress":
		h.feed.put(told{kind: keypressed, key: smp.KeypressType(e.Type)})
	case "done":
		h.feed.put(told{kind: kind("done " + e.What)})
	case "error":
		h.feed.put(told{kind: trouble, text: e.Error})
	}
}

// hearPasskey tells the three questions apart, which are one event at ble-host.
func (h *blehost) hearPasskey(e hostLine) {
	if e.Model == nil {
		h.feed.put(told{kind: trouble, text: "passkeyExchange without a model"})
		return
	}
	model := smp.AssociationModel(*e.Model)
	x := told{model: &model, kind: enterPasskey}
	if e.Value != nil {
		passkey, err := smp.ParsePasskey(*e.Value)
		if err != nil {
			h.feed.put(told{kind: trouble, text: err.Error()})
			return
		}
		x.kind, x.passkey = displayPasskey, passkey
		if model == smp.NumericComparison {
			x.kind = compareNumber
		}
	}
	h.feed.put(x)
}

func (h *blehost) do(command map[string]any) error {
	line, err := json.Marshal(command)
	if err != nil {
		return err
	}
	h.log.printf("ble-host< %s", line)
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err = h.stdin.Write(append(line, '\n'))
	return err
}

// call does something of which the process tells that it is done.
func (h *blehost) call(ctx context.Context, command map[string]any) error {
	if err := h.do(command); err != nil {
		return err
	}
	_, err := h.feed.await(ctx, kind(fmt.Sprintf("done %v", command["do"])))
	return err
}

func (h *blehost) offer(ctx context.Context, f smp.Features) error {
	keys := func(d smp.KeyDistribution) map[string]bool {
		return map[string]bool{"encKey": d.EncKey(), "idKey": d.IdKey()}
	}
	bonding := 0
	if f.Bonding {
		bonding = 1
	}
	h.features = map[string]any{
		"ioCap": int(f.IOCapability), "bondingFlags": bonding, "mitm": f.MITM, "keypress": f.Keypress,
		"maxKeySize": f.MaxKeySize, "initKeyDistr": keys(f.InitiatorKeys), "rspKeyDistr": keys(f.ResponderKeys),
	}
	return h.call(ctx, map[string]any{"do": "features", "features": h.features})
}

func (h *blehost) advertise(ctx context.Context) error {
	return h.call(ctx, map[string]any{"do": "advertise"})
}

func (h *blehost) connect(_ context.Context, to bt.TypedAddress) error {
	return h.do(map[string]any{"do": "connect", "type": to.Type.String(), "address": to.Address.String()})
}

func (h *blehost) pair(ctx context.Context) error {
	return h.call(ctx, map[string]any{"do": "pair", "features": h.features})
}

func (h *blehost) requestSecurity(_ context.Context, want smp.SecurityRequirements) error {
	return h.do(map[string]any{"do": "security", "bond": want.Bonding, "mitm": want.MITM, "keypress": want.Keypress})
}

func (h *blehost) encrypt(ctx context.Context) error {
	return h.call(ctx, map[string]any{"do": "encrypt"})
}

func (h *blehost) cancel(context.Context) error {
	return h.do(map[string]any{"do": "cancel", "reason": int(smp.UnspecifiedReason)})
}

func (h *blehost) keypress(_ context.Context, t smp.KeypressType) error {
	return h.do(map[string]any{"do": "keypress", "type": int(t)})
}

func (h *blehost) disconnect(context.Context) error { return h.do(map[string]any{"do": "disconnect"}) }

func (h *blehost) forget(ctx context.Context, who bt.TypedAddress) error {
	return h.call(ctx, map[string]any{"do": "forget", "type": who.Type.String(), "address": who.Address.String()})
}

func (h *blehost) enter(_ context.Context, passkey smp.Passkey) error {
	return h.do(map[string]any{"do": "answer", "value": passkey.String()})
}

func (h *blehost) compare(_ context.Context, same bool) error {
	if !same {
		return h.do(map[string]any{"do": "cancel", "reason": int(smp.NumericComparisonFailed)})
	}
	return h.do(map[string]any{"do": "answer"})
}

func (h *blehost) stop() {
	if h.cmd == nil || h.cmd.Process == nil {
		return
	}
	_ = h.cmd.Process.Kill()
	<-h.done
}

// keysFile is what ble-host writes of a bond; hexadecimal in wire order.
type keysFile struct {
	MITM     bool     `json:"mitm"`
	SC       bool     `json:"sc"`
	IRK      *string  `json:"irk"`
	LocalLTK *ltkFile `json:"localLtk"`
	PeerLTK  *ltkFile `json:"peerLtk"`
}

type ltkFile struct {
	Rand string `json:"rand"`
	EDIV uint16 `json:"ediv"`
	LTK  string `json:"ltk"`
}

func (f *ltkFile) key() (*smp.LongTermKey, error) {
	if f == nil {
		return nil, nil
	}
	ltk, err := hex.DecodeString(f.LTK)
	if err != nil {
		return nil, err
	}
	random, err := hex.DecodeString(f.Rand)
	if err != nil || len(random) != 8 || len(ltk) > 16 {
		return nil, fmt.Errorf("ble-host: keys of %d and %d octets: %w", len(ltk), len(random), err)
	}
	k := &smp.LongTermKey{EDIV: f.EDIV}
	copy(k.Key[16-len(ltk):], reversed(ltk))
	for _, o := range reversed(random) {
		k.Rand = k.Rand<<8 | uint64(o)
	}
	return k, nil
}

func (h *blehost) bond(who bt.TypedAddress) (*foreignBond, error) {
	name := func(a bt.TypedAddress) string {
		return fmt.Sprintf("%02x-%s", uint8(a.Type), strings.ReplaceAll(a.Address.String(), ":", "-"))
	}
	b, err := os.ReadFile(filepath.Join(h.dir, "NodeBleLib-storage-dir", name(h.own), "bonds", name(who), "keys.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var f keysFile
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, err
	}
	x := &foreignBond{MITM: f.MITM, SC: f.SC, level: true}
	if x.LocalLTK, err = f.LocalLTK.key(); err != nil {
		return nil, err
	}
	if x.PeerLTK, err = f.PeerLTK.key(); err != nil {
		return nil, err
	}
	if f.IRK != nil {
		octets, err := hex.DecodeString(*f.IRK)
		if err != nil || len(octets) != 16 {
			return nil, fmt.Errorf("ble-host: IRK of %d octets: %w", len(octets), err)
		}
		irk := wireKey(octets)
		x.PeerIRK = &irk
	}
	return x, nil
}
