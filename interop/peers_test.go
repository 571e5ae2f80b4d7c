//go:build interop

package interop

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// described are the peers with the versions that were tested.
func described() ([]Peer, error) {
	b, err := os.ReadFile(filepath.Join(nodeModules, "ble-host", "package.json"))
	if err != nil {
		return nil, err
	}
	var pkg struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(b, &pkg); err != nil {
		return nil, err
	}
	node, err := exec.Command("node", "--version").Output()
	if err != nil {
		return nil, err
	}
	built, err := os.ReadFile(kernelPath + ".built")
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(built), "\n")
	if len(lines) < 2 {
		return nil, fmt.Errorf("%s.built does not tell the version", kernelPath)
	}
	return []Peer{
		{
			Name:    bleHost.name,
			Version: fmt.Sprintf("ble-host %s on node %s", pkg.Version, strings.TrimSpace(string(node))),
			About:   "A host stack in JavaScript, as a node process on a controller over TCP (interop/node/host.js).",
			Lacks: []string{
				"out-of-band data",
				"CSRKs and signing",
				"an IRK of its own and private addresses: it distributes sixteen zeros",
				"pairing without LE Secure Connections: legacy pairing takes place where we do not offer them",
				"cross-transport key derivation, a smallest key size, a mode with LE Secure Connections only",
			},
		},
		{
			Name:    linuxOS.name,
			Version: lines[1] + " of Debian, as User Mode Linux",
			About: "The kernel's own host (net/bluetooth) as a User Mode Linux process on a controller over a unix socket, " +
				"driven through its management and L2CAP sockets (interop/linux).",
			Lacks: []string{
				"keypress notifications",
				"a way to encrypt an encrypted link again, but for a Security Request",
				"a choice of keys: it distributes LTK and CSRK, and the IRK only with privacy on",
				"a way to take out-of-band data that these tests drive: user space has to bring it by other commands of the management socket",
			},
		},
	}, nil
}

// quirks are what we allow for.
var quirks = []Quirk{
	{"ble-host", "distributes a zero IRK: it stands for none", "Key distribution: legacy, initiator IRK, responder IRK"},
	{"ble-host", "with only that to keep, there is no bond at our side", "Key distribution: legacy, initiator nothing, responder IRK"},
	{"ble-host", "refuses a comparison by Pairing Failed of its caller, not by an answer", "Failures: comparison refused by the peer"},
	{"ble-host", "does not start encryption or pairing until it has reported the last encryption", "Bonds: the key refreshed on an encrypted link"},
	{"ble-host", "tells the LTK in the size of the key, without the zeros", "Bonds: connect again and encrypt: legacy, key of 7 octets"},
	{"Linux", "Pair Device answers that all is done where the L2CAP side of the link is not yet there", "Pairing: LE Secure Connections, Just Works"},
	{"Linux", "asks its user to consent to Just Works as responder", "Pairing: LE Secure Connections, Just Works"},
	{"Linux", "asks for MITM protection whenever it has a display or a keyboard", "Security Request: for more than the bond: the central pairs again"},
	{"Linux", "takes its IO capability over when the link is made, not when it pairs", "Bonds: pair again on an encrypted link"},
	{"Linux", "Pair Device refuses a peer with a bond; a higher socket level pairs again", "Bonds: pair again on an encrypted link"},
	{"Linux", "distributes a CSRK with every pairing, also of LE Secure Connections", "Key distribution: LE Secure Connections, initiator CSRK, responder CSRK"},
	{"Linux", "reports every failed pairing as 0x05; the reason is only on the air", "Failures: wrong passkey, LE Secure Connections, initiator types"},
	{"Linux", "as responder, gives up a pairing by refusing to type the passkey: 0x01", "Failures: cancelled in the middle by the peer, legacy"},
	{"Linux", "ends the link where the peripheral has no key, and keeps its bond", "Bonds: we lost our bond"},
	{"Linux", "finds a peer whose IRK it has only by its identity", "Addresses: we come back with a private address"},
	{"Linux", "pairs without LE Secure Connections though a socket asks for level 4", "Linux socket security levels: level 4 where we do without LE Secure Connections: it pairs all the same"},
	{"Linux", "drops what it does not expect in a pairing, so that the pairing waits for its timeout", "PDUs that nobody should send"},
}
