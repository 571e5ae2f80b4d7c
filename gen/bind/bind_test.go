package bind_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"blesmp/gen/bind"
	"blesmp/gen/diag"
	"blesmp/gen/emit"
	"blesmp/gen/machine"
	"blesmp/gen/spec"

	"github.com/google/go-cmp/cmp"
)

// change replaces a text in a file of the market.
type change struct{ file, old, new string }

const (
	yaml = "spec/market.yaml"
	deal = "market/deal.go"
)

func inGo(before, after string) change   { return change{deal, before, after} }
func inYAML(before, after string) change { return change{yaml, before, after} }

// method adds Go code at the end.
func method(code string) change {
	return inGo("// Effects.\n", "// Effects.\n\n"+code+"\n")
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name    string
		changes []change
		want    []string // without line and column
	}{
		{name: "the market as it is"},

		// Methods.
		{
			name:    "an action without a method",
			changes: []change{inGo("func (d *Deal) wave() { d.waved++ }", "")},
			want: []string{
				"spec/market.yaml: action wave has no method: write func (d *Deal) wave() in package market",
			},
		},
		{
			name:    "a mistyped guard",
			changes: []change{inGo("fairPrice() bool", "fairPirce() bool")},
			want: []string{
				"market/deal.go: nothing names method fairPirce: no guard, and no Go code (did you mean fairPrice?)",
				"spec/market.yaml: guard fairPrice has no method: write func (d *Deal) fairPrice() bool in package market (did you mean fairPirce?)",
			},
		},
		{
			name:    "a PDU and an effect without a method",
			changes: []change{inGo("func (d *Deal) sorry(why Reason) Sorry { return Sorry{Why: why} }", ""), inGo("func (d *Deal) refuse(e *Effect, why Excuse) { e.Excuse = why }", "")},
			want: []string{
				"spec/market.yaml: PDU Sorry has no method: write func (d *Deal) sorry(Reason) Sorry in package market",
				"spec/market.yaml: effect Refuse has no method: write func (d *Deal) refuse(*Effect, Excuse) in package market",
			},
		},
		{
			name:    "the engine lacks something",
			changes: []change{inGo("func (d *Deal) scratch() []byte { return d.out }", "")},
			want: []string{
				"spec/market.yaml: the engine's scratch has no method: write func (d *Deal) scratch() []byte in package market",
			},
		},
		{
			name:    "signatures",
			changes: []change{inGo("keepCoin() {", "keepCoin(n, m int) {"), inGo("wanted() bool {", "wanted() (ok bool, err error) {"), inGo("nod(e *Effect, p Payment)", "nod(e *Effect)")},
			want: []string{
				"market/deal.go: method keepCoin of Deal is func(int, int); action keepCoin needs func()",
				"market/deal.go: method wanted of Deal is func() (bool, error); guard wanted needs func() bool",
				"market/deal.go: method nod of Deal is func(*Effect); effect Nod needs func(*Effect, Payment)",
			},
		},
		{
			name:    "methods that nothing names",
			changes: []change{method("func (d *Deal) dance() {}\n\nfunc (d *Deal) sing() bool { return true }\n\nfunc (d *Deal) Dance() { d.hum() }\n\nfunc (d *Deal) hum() {}\n\nfunc (d *Deal) clap(e *Effect, n int) {}")},
			want: []string{
				"market/deal.go: nothing names method dance: no action, and no Go code",
				"market/deal.go: nothing names method sing: no guard, and no Go code (did you mean ring?)",
				"market/deal.go: nothing names method clap: no effect, and no Go code",
			},
		},
		{
			name:    "Go that is no Go",
			changes: []change{inGo("// Effects.", "var 1 int")},
			want:    []string{"market/deal.go: expected 'IDENT', found 1"},
		},

		// Actions are straight-line.
		{
			name:    "an action that branches on a variable",
			changes: []change{inGo("d.bag = 0 }", "if d.vars().Known() { d.bag = 0 } }")},
			want:    []string{"market/deal.go: action pay branches on variable known (make it rules with a guard)"},
		},
		{
			name:    "by way of a local name and a helper",
			changes: []change{inGo("d.bag = 0 }", "d.empty() }"), method("func (d *Deal) empty() {\n\tv := d.vars()\n\tround := v.Round()\n\tfor i := 0; i < int(round); i++ {\n\t\td.bag = 0\n\t}\n}")},
			want:    []string{"market/deal.go: action pay branches on variable round, in empty (make it rules with a guard)"},
		},
		{
			name:    "by way of a function",
			changes: []change{inGo("d.bag = 0 }", "count(d.vars()) }"), method("func count(v *vars) {\n\tswitch v.Payment() {\n\tcase Cash:\n\t}\n}")},
			want:    []string{"market/deal.go: action pay branches on variable payment, in count (make it rules with a guard)"},
		},
		{
			name:    "an action that branches on the state or the role",
			changes: []change{inGo("d.bag = 0 }", "if d.State() == StateIdle { d.bag = 0 }\n\tswitch { case d.machine.Role == Buyer: d.bag = 1 }\n\tif d.machine.State == 0 { d.bag = 2 } }")},
			want: []string{
				"market/deal.go: action pay branches on the state (make it rules with a guard)",
				"market/deal.go: action pay branches on the role (make it rules with a guard)",
				"market/deal.go: action pay branches on the state (make it rules with a guard)",
			},
		},
		{
			name:    "by way of a field that is made of the role",
			changes: []change{inGo("return &Deal{table: t, machine: t.New(role)}", "d := &Deal{table: t, machine: t.New(role)}\n\td.setSide()\n\treturn d"), method("func (d *Deal) setSide() { d.bag = 1 - int(d.machine.Role) }"), inGo("d.waved++ }", "if d.bag == 0 { d.waved++ } }")},
			want:    []string{"market/deal.go: action wave branches on the role, by way of bag (make it rules with a guard)"},
		},
		{
			name:    "other branches are fine",
			changes: []change{inGo("d.waved++ }", "if d.waved < 10 { d.waved++ }\n\tfor range d.bag { d.waved++ } }")},
		},

		// Actions write what they declare.
		{
			name:    "an action that writes more than it declares",
			changes: []change{inYAML("keepOrder: {makes: [order], sets: [to_give, to_get, payment], gives: {payment: [Cash, Card]}}", "keepOrder: {makes: [order], sets: [to_give, payment]}")},
			want:    []string{"market/deal.go: action keepOrder writes variable to_get, which it does not declare (declare it: sets)"},
		},
		{
			name:    "an action that writes less",
			changes: []change{inGo("	d.vars().setPayment(d.message.Order.Payment)\n", "")},
			want:    []string{"spec/market.yaml: action keepOrder declares that it sets payment, but its method does not"},
		},
		{
			name:    "an action that writes the engine's slots, or past the setters",
			changes: []change{inGo("d.waved++ }", "d.vars().setRaining(true)\n\td.machine.Slots[0] = 1 }")},
			want: []string{
				"market/deal.go: action wave writes raining, which is the engine's to fill",
				"market/deal.go: action wave writes the machine's slots (use the setters of vars)",
			},
		},
		{
			name:    "writes in a helper count",
			changes: []change{inGo("	d.vars().setPayment(d.message.Order.Payment)\n", "	d.keepPayment()\n"), method("func (d *Deal) keepPayment() {\n\tv := (*vars)(&d.machine.Slots)\n\tv.setPayment(d.message.Order.Payment)\n}")},
		},

		// Guards write nothing.
		{
			name:    "a guard that writes",
			changes: []change{inGo("return d.message.Coin.Metal == 1", "d.bag = 1\n\td.waved++\n\treturn true")},
			want: []string{
				"market/deal.go: guard coinGood writes d.bag (a guard only looks: write in an action)",
				"market/deal.go: guard coinGood writes d.waved (a guard only looks: write in an action)",
			},
		},
		{
			name:    "a guard that sets a variable or calls an action",
			changes: []change{inGo("return d.message.Coin.Metal == 1", "d.vars().setToGive(0)\n\td.wave()\n\treturn true")},
			want: []string{
				"market/deal.go: guard coinGood writes variable to_give (a guard only looks: write in an action)",
				"market/deal.go: guard coinGood calls action wave (a guard only looks: write in an action)",
			},
		},
		{
			name:    "a guard that writes by reference, in a helper",
			changes: []change{inGo("return d.message.Coin.Metal == 1", "return d.bite()"), method("func (d *Deal) bite() bool {\n\tcoin := &d.message.Coin\n\tcoin.Metal = 2\n\tcopy(d.out, \"x\")\n\tok := true\n\treturn ok\n}")},
			want: []string{
				"market/deal.go: guard coinGood writes coin.Metal, in bite (a guard only looks: write in an action)",
				"market/deal.go: guard coinGood writes d.out, in bite (a guard only looks: write in an action)",
			},
		},
		{
			name:    "a guard may have variables of its own",
			changes: []change{inGo("return d.message.Coin.Metal == 1", "coin := d.message.Coin\n\tcoin.Metal = 2\n\tn := 0\n\tn++\n\treturn n == 1")},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := check(t, test.changes)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// check looks at the market with some changes, in a module of its own, and gives
// what is found without lines and columns.
func check(t *testing.T, changes []change) []string {
	t.Helper()
	files := map[string]string{
		"go.mod": "module example.org/fair\n",
		yaml:     read(t, "../testdata/market.yaml"),
		deal:     read(t, "../internal/market/deal.go"),
	}
	for _, c := range changes {
		if strings.Count(files[c.file], c.old) != 1 {
			t.Fatalf("%s: %q is not there once", c.file, c.old)
		}
		files[c.file] = strings.Replace(files[c.file], c.old, c.new, 1)
	}
	t.Chdir(t.TempDir())
	for name, text := range files {
		path := filepath.FromSlash(name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := spec.Load(filepath.FromSlash(yaml))
	if err != nil {
		t.Fatal(err)
	}
	m, err := machine.Resolve(f)
	if err != nil {
		t.Fatal(err)
	}
	code, err := emit.Go(m, m.Table(), emit.Options{Source: yaml, Import: "example.org/fair/market"})
	if err != nil {
		t.Fatal(err)
	}
	overlay := map[string][]byte{filepath.Join("market", emit.FileName): code}
	return findings(t, bind.Check(m, "market", overlay), files)
}

// findings lists diagnostics, each of which has a place in its file.
func findings(t *testing.T, err error, files map[string]string) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var list *diag.List
	if !errors.As(err, &list) {
		t.Fatal(err)
	}
	var found []string
	for _, d := range list.All() {
		d.Path = filepath.ToSlash(d.Path)
		if lines := strings.Split(files[d.Path], "\n"); d.Line < 1 || d.Line > len(lines) || d.Col < 1 || d.Col > len(lines[d.Line-1])+1 {
			t.Errorf("%v has no place in its file", d)
		}
		d.Line, d.Col = 0, 0
		found = append(found, d.String())
	}
	return found
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
