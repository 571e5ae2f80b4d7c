package toolbox_test

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"blesmp/bt"
	"blesmp/smp/toolbox"
)

const vectorsFile = "testdata/crypto-vectors.yaml"

type vectorFile struct {
	Format      string            `yaml:"format"`
	SourcesRead map[string]string `yaml:"sources_read"`
	Vectors     []vector          `yaml:"vectors"`
	Rejects     []vector          `yaml:"rejects"`
}

type vector struct {
	ID       string            `yaml:"id"`
	Function string            `yaml:"function"`
	Inputs   map[string]any    `yaml:"inputs"`
	Outputs  map[string]string `yaml:"outputs"`
	Sources  []string          `yaml:"sources"`
	Note     string            `yaml:"note"`
	Why      string            `yaml:"why"`
}

// TestVectors computes every published answer. An entry that names a function
// unknown here, an input that no function reads and an output that none makes
// are failures.
func TestVectors(t *testing.T) {
	t.Parallel()
	functions := map[string]func(*inputs) map[string]string{
		"p256":     vectorP256,
		"c1":       vectorC1,
		"s1":       vectorS1,
		"aes-cmac": vectorCMAC,
		"f4":       vectorF4,
		"f5":       vectorF5,
		"f6":       vectorF6,
		"g2":       vectorG2,
		"h6":       vectorH6,
		"h7":       vectorH7,
		"ah":       vectorAH,
		"ctkd":     vectorCTKD,
		"d1":       vectorD1,
		"signing":  vectorSigning,
	}
	file, entries := loadVectors(t)
	run, used := 0, map[string]bool{}
	for _, v := range file.Vectors {
		function, ok := functions[v.Function]
		if !ok {
			t.Errorf("%s: unknown function %q", v.ID, v.Function)
			continue
		}
		in := &inputs{t: t, id: v.ID, values: v.Inputs, read: map[string]bool{}}
		if diff := cmp.Diff(v.Outputs, function(in)); diff != "" {
			t.Errorf("%s: outputs (-want +got):\n%s", v.ID, diff)
		}
		in.checkAllRead()
		used[v.Function] = true
		run++
	}
	for name := range functions {
		if !used[name] {
			t.Errorf("no vector for %s", name)
		}
	}
	if want := entries - len(file.Rejects); run != want {
		t.Errorf("%d vectors were run, want %d", run, want)
	}
}

// TestRejects offers every public key that has to fail a pairing.
func TestRejects(t *testing.T) {
	t.Parallel()
	functions := map[string]func(*inputs){
		"p256":                 rejectP256,
		"smp-public-key-check": rejectReflected,
	}
	file, entries := loadVectors(t)
	run := 0
	for _, v := range file.Rejects {
		function, ok := functions[v.Function]
		if !ok {
			t.Errorf("%s: unknown function %q", v.ID, v.Function)
			continue
		}
		in := &inputs{t: t, id: v.ID, values: v.Inputs, read: map[string]bool{}}
		function(in)
		in.checkAllRead()
		run++
	}
	if want := entries - len(file.Vectors); run != want {
		t.Errorf("%d rejects were run, want %d", run, want)
	}
}

// loadVectors also counts the entries in the text, apart from the parser.
func loadVectors(t *testing.T) (file vectorFile, entries int) {
	t.Helper()
	text, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Load(text, &file, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	if file.Format != "smp-crypto-vectors/1" {
		t.Fatalf("format %q", file.Format)
	}
	if len(file.Vectors) == 0 || len(file.Rejects) == 0 {
		t.Fatalf("%d vectors, %d rejects", len(file.Vectors), len(file.Rejects))
	}
	return file, strings.Count(string(text), "\n  - id: ")
}

func vectorP256(in *inputs) map[string]string {
	a, b := in.keyPair("private_a"), in.keyPair("private_b")
	ab, errA := a.DH(b.Public())
	ba, errB := b.DH(a.Public())
	if errA != nil || errB != nil || ab != ba {
		in.t.Errorf("%s: the two sides disagree: %v, %v", in.id, errA, errB)
	}
	x, y := a.Public(), b.Public()
	return map[string]string{
		"public_a_x": hex.EncodeToString(x.X[:]),
		"public_a_y": hex.EncodeToString(x.Y[:]),
		"public_b_x": hex.EncodeToString(y.X[:]),
		"public_b_y": hex.EncodeToString(y.Y[:]),
		"dhkey":      hex.EncodeToString(ab[:]),
	}
}

// vectorC1 turns the PDUs round: the file has them most significant octet first.
func vectorC1(in *inputs) map[string]string {
	preq, pres := [7]byte(in.octets("preq", 7)), [7]byte(in.octets("pres", 7))
	slices.Reverse(preq[:])
	slices.Reverse(pres[:])
	confirm := toolbox.C1(in.key("k"), in.value("r"), preq, pres,
		bt.TypedAddress{Type: bt.AddressType(in.number("iat")), Address: bt.Address(in.octets("ia", 6))},
		bt.TypedAddress{Type: bt.AddressType(in.number("rat")), Address: bt.Address(in.octets("ra", 6))})
	return map[string]string{"confirm": hex.EncodeToString(confirm[:])}
}

func vectorS1(in *inputs) map[string]string {
	return map[string]string{"key": toolbox.S1(in.key("k"), in.value("r1"), in.value("r2")).Reveal()}
}

func vectorCMAC(in *inputs) map[string]string {
	mac := toolbox.CMAC(in.key("key"), in.octets("message", -1))
	return map[string]string{"mac": hex.EncodeToString(mac[:])}
}

func vectorF4(in *inputs) map[string]string {
	mac := toolbox.F4(in.coordinate("u"), in.coordinate("v"), in.value("x"), in.octets("z", 1)[0])
	return map[string]string{"mac": hex.EncodeToString(mac[:])}
}

func vectorF5(in *inputs) map[string]string {
	macKey, ltk := toolbox.F5(in.coordinate("w"), in.value("n1"), in.value("n2"), in.address("a1"), in.address("a2"))
	return map[string]string{"mackey": macKey.Reveal(), "ltk": ltk.Reveal()}
}

func vectorF6(in *inputs) map[string]string {
	mac := toolbox.F6(in.key("w"), in.value("n1"), in.value("n2"), in.value("r"),
		[3]byte(in.octets("iocap", 3)), in.address("a1"), in.address("a2"))
	return map[string]string{"mac": hex.EncodeToString(mac[:])}
}

func vectorG2(in *inputs) map[string]string {
	value := toolbox.G2(in.coordinate("u"), in.coordinate("v"), in.value("x"), in.value("y"))
	return map[string]string{
		"value":      fmt.Sprintf("%08x", value),
		"six_digits": fmt.Sprintf("%06d", toolbox.Digits(value)),
	}
}

func vectorH6(in *inputs) map[string]string {
	keyID := toolbox.KeyID(binary.BigEndian.Uint32(in.octets("keyid", 4)))
	return map[string]string{"mac": toolbox.H6(in.key("w"), keyID).Reveal()}
}

func vectorH7(in *inputs) map[string]string {
	return map[string]string{"mac": toolbox.H7(in.value("salt"), in.key("w")).Reveal()}
}

// vectorAH also resolves the address that prand and the hash make up.
func vectorAH(in *inputs) map[string]string {
	irk, prand := in.key("irk"), [3]byte(in.octets("prand", 3))
	hash := toolbox.AH(irk, prand)
	if a := (bt.Address{prand[0], prand[1], prand[2], hash[0], hash[1], hash[2]}); !toolbox.Resolve(irk, a) {
		in.t.Errorf("%s: Resolve(%v) = false, want true", in.id, a)
	}
	return map[string]string{"hash": hex.EncodeToString(hash[:])}
}

func vectorCTKD(in *inputs) map[string]string {
	ct2 := in.number("ct2") == 1
	if in.has("ltk") {
		return map[string]string{"link_key": toolbox.LinkKeyFromLTK(in.key("ltk"), ct2).Reveal()}
	}
	return map[string]string{"ltk": toolbox.LTKFromLinkKey(in.key("link_key"), ct2).Reveal()}
}

func vectorD1(in *inputs) map[string]string {
	d, r := binary.BigEndian.Uint16(in.octets("d", 2)), binary.BigEndian.Uint16(in.octets("r", 2))
	return map[string]string{"key": toolbox.D1(in.key("k"), d, r).Reveal()}
}

func vectorSigning(in *inputs) map[string]string {
	csrk, data := in.key("csrk"), in.octets("data_wire", -1)
	signature := toolbox.Sign(csrk, data, uint32(in.number("counter")))
	if !toolbox.Verify(csrk, data, signature) {
		in.t.Errorf("%s: Verify = false, want true", in.id)
	}
	return map[string]string{"signature_wire": hex.EncodeToString(signature[:])}
}

func rejectP256(in *inputs) {
	peer := toolbox.PublicKey{X: in.coordinate("peer_x"), Y: in.coordinate("peer_y")}
	if err := peer.Validate(); !errors.Is(err, toolbox.ErrInvalidPublicKey) {
		in.t.Errorf("%s: Validate = %v, want ErrInvalidPublicKey", in.id, err)
	}
	shared, err := in.keyPair("private_a").DH(peer)
	if !errors.Is(err, toolbox.ErrInvalidPublicKey) || shared != (toolbox.DHKey{}) {
		in.t.Errorf("%s: DH = %v with a key, want ErrInvalidPublicKey and none", in.id, err)
	}
}

func rejectReflected(in *inputs) {
	own := toolbox.PublicKey{X: in.coordinate("own_x"), Y: in.coordinate("own_y")}
	for _, y := range in.list("peer_y_any_of", 32) {
		peer := toolbox.PublicKey{X: in.coordinate("peer_x"), Y: [32]byte(y)}
		if err := peer.Validate(); err != nil {
			in.t.Errorf("%s: Validate = %v, want a valid point", in.id, err)
		}
		if !own.SameX(peer) || !peer.SameX(own) {
			in.t.Errorf("%s: SameX = false, want true", in.id)
		}
	}
}

// inputs reads the values of one entry and notes which were read.
type inputs struct {
	t      *testing.T
	id     string
	values map[string]any
	read   map[string]bool
}

func (in *inputs) has(name string) bool {
	_, ok := in.values[name]
	return ok
}

func (in *inputs) get(name string) any {
	in.t.Helper()
	value, ok := in.values[name]
	if !ok {
		in.t.Fatalf("%s: no input %q", in.id, name)
	}
	in.read[name] = true
	return value
}

func (in *inputs) number(name string) int {
	in.t.Helper()
	value, ok := in.get(name).(int)
	if !ok {
		in.t.Fatalf("%s: %s is not a number", in.id, name)
	}
	return value
}

// octets decodes hexadecimal text of size octets, or of any number for -1.
func (in *inputs) octets(name string, size int) []byte {
	in.t.Helper()
	return in.decode(name, in.get(name), size)
}

func (in *inputs) list(name string, size int) [][]byte {
	in.t.Helper()
	values, ok := in.get(name).([]any)
	if !ok || len(values) == 0 {
		in.t.Fatalf("%s: %s is not a list with values", in.id, name)
	}
	var list [][]byte
	for _, value := range values {
		list = append(list, in.decode(name, value, size))
	}
	return list
}

func (in *inputs) decode(name string, value any, size int) []byte {
	in.t.Helper()
	text, ok := value.(string)
	if !ok {
		in.t.Fatalf("%s: %s is not text", in.id, name)
	}
	octets, err := hex.DecodeString(text)
	if err != nil || size >= 0 && len(octets) != size {
		in.t.Fatalf("%s: %s: %d octets, want %d: %v", in.id, name, len(octets), size, err)
	}
	return octets
}

func (in *inputs) value(name string) [16]byte      { return [16]byte(in.octets(name, 16)) }
func (in *inputs) key(name string) bt.Key          { return bt.Key(in.octets(name, 16)) }
func (in *inputs) coordinate(name string) [32]byte { return [32]byte(in.octets(name, 32)) }

// address reads the type octet and the six octets of an address.
func (in *inputs) address(name string) bt.TypedAddress {
	octets := in.octets(name, 7)
	return bt.TypedAddress{Type: bt.AddressType(octets[0]), Address: bt.Address(octets[1:])}
}

func (in *inputs) keyPair(name string) *toolbox.KeyPair {
	in.t.Helper()
	pair, err := toolbox.KeyPairFromPrivate(in.coordinate(name))
	if err != nil {
		in.t.Fatalf("%s: %s: %v", in.id, name, err)
	}
	return pair
}

func (in *inputs) checkAllRead() {
	in.t.Helper()
	for name := range in.values {
		if !in.read[name] {
			in.t.Errorf("%s: input %q was not read", in.id, name)
		}
	}
}
