package virtual_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"

	"github.com/google/go-cmp/cmp"
)

func TestParseFault(t *testing.T) {
	for _, test := range []struct {
		rule string
		want virtual.Fault
		text string // String, where it is not the rule
	}{
		{rule: "drop", want: virtual.Fault{Code: -1}},
		{rule: "drop,pdu=3,type=smp", want: virtual.Fault{PDU: 3, Type: virtual.SMPPDU, Code: -1}},
		{
			rule: "drop,code=4,link=2,from=peripheral,type=smp", text: "drop,from=peripheral,type=smp,code=0x04,link=2",
			want: virtual.Fault{Side: virtual.PeripheralSide, Type: virtual.SMPPDU, Code: 4, Link: 2},
		},
		{rule: "drop,type=control,code=0x00", want: virtual.Fault{Type: virtual.ControlPDU}},
		{rule: "drop,type=l2cap", want: virtual.Fault{Type: virtual.L2CAPPDU, Code: -1}},
		{rule: "drop,type=signalling", want: virtual.Fault{Type: virtual.SignallingPDU, Code: -1}},
		{
			rule: "delay=200ms,from=central,type=att",
			want: virtual.Fault{
				Action: virtual.FaultDelay, Delay: 200 * time.Millisecond, Side: virtual.CentralSide, Type: virtual.ATTPDU, Code: -1,
			},
		},
		{rule: "disconnect,pdu=12", want: virtual.Fault{Action: virtual.FaultDisconnect, PDU: 12, Code: -1}},
		{rule: "disconnect", text: "disconnect,pdu=1", want: virtual.Fault{Action: virtual.FaultDisconnect, PDU: 1, Code: -1}},
		{rule: "wrong-ltk", want: virtual.Fault{Action: virtual.FaultWrongLTK, Code: -1}},
		{rule: "wrong-ltk,pdu=2,link=1", want: virtual.Fault{Action: virtual.FaultWrongLTK, PDU: 2, Link: 1, Code: -1}},
		{rule: "reorder", want: virtual.Fault{Action: virtual.FaultReorder, Code: -1}},
		{
			rule: "reorder,event=connection,at=central", text: "reorder,at=central,event=connection",
			want: virtual.Fault{
				Action: virtual.FaultReorder, Side: virtual.CentralSide, Event: virtual.LateConnection, Code: -1,
			},
		},
	} {
		got, err := virtual.ParseFault(test.rule)
		if err != nil {
			t.Errorf("%s: %v", test.rule, err)
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.rule, diff)
		}
		text := test.text
		if text == "" {
			text = test.rule
		}
		if got.String() != text {
			t.Errorf("%s: String gives %s, want %s", test.rule, got, text)
		}
		if again, err := virtual.ParseFault(got.String()); err != nil || again != got {
			t.Errorf("%s: read again: %+v, %v", got, again, err)
		}
	}
}

func TestParseFaultErrors(t *testing.T) {
	for rule, problem := range map[string]string{
		"":                           `no action ""; the actions are drop, delay, disconnect, wrong-ltk, reorder`,
		"explode":                    `no action "explode"`,
		"drop=3":                     "drop has no value; write drop,key=value",
		"drop,3":                     `"3" is not of the form key=value`,
		"drop,":                      `"" is not of the form key=value`,
		"drop,at=central":            `drop does not take "at"; it takes pdu, from, type, code, link`,
		"drop,pdu=0":                 "pdu=0: want a number from 1",
		"drop,pdu=-1":                "want a number from 1",
		"drop,pdu=2,pdu=3":           "pdu is given twice",
		"drop,from=me":               "from=me: want central or peripheral",
		"drop,from=":                 "from=: want central or peripheral",
		"drop,type=l2ping":           "type=l2ping: want control or l2cap or smp or att or signalling",
		"drop,type=smp,code=0x100":   "code=0x100: want an octet, as 0x04",
		"drop,code=4":                "code needs a type",
		"drop,link=first":            "link=first: want a number from 1",
		"delay":                      "delay needs a duration, as delay=200ms",
		"delay=fast":                 "delay needs a duration",
		"delay=-1s":                  "delay needs a duration",
		"wrong-ltk,from=central":     `wrong-ltk does not take "from"; it takes pdu, link`,
		"reorder,pdu=1":              `reorder does not take "pdu"; it takes at, event, link`,
		"reorder,event=disconnected": "event=disconnected: want encryption or connection",
	} {
		_, err := virtual.ParseFault(rule)
		var wrong *virtual.FaultError
		if !errors.As(err, &wrong) || wrong.Rule != rule || !strings.Contains(wrong.Problem, problem) {
			t.Errorf("%q: got %v, want %q", rule, err, problem)
		}
	}
}

// faulty connects two hosts on an air with these rules.
func faulty(t *testing.T, rules ...string) *pair {
	t.Helper()
	var parsed []virtual.Fault
	for _, rule := range rules {
		f, err := virtual.ParseFault(rule)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	faults := virtual.NewFaults(parsed...)
	p := newPair(t, virtual.Options{Interceptor: faults, EventInterceptor: faults}, virtual.Config{}, virtual.Config{})
	p.connect()
	return p
}

// frame gives an L2CAP frame for a fixed channel.
func frame(channel byte, payload ...byte) []byte {
	return append([]byte{byte(len(payload)), 0, channel, 0}, payload...)
}

// TestFaultDrop sends five frames from the central and one back, and tells which
// arrive.
func TestFaultDrop(t *testing.T) {
	frames := [][]byte{
		frame(6, 0x01, 1), frame(4, 0x02, 2), frame(6, 0x04, 3), frame(5, 0x12, 4), frame(6, 0x04, 5),
	}
	for _, test := range []struct {
		rules   []string
		arrives string // the last octets of what does
	}{
		{[]string{"wrong-ltk"}, "12345<"},
		{[]string{"drop"}, ""},
		{[]string{"drop,from=central"}, "<"},
		{[]string{"drop,from=peripheral"}, "12345"},
		{[]string{"drop,pdu=2"}, "1345<"},
		{[]string{"drop,type=smp"}, "24"},
		{[]string{"drop,type=smp,pdu=2"}, "1245<"},
		{[]string{"drop,type=smp,code=0x04"}, "124<"},
		{[]string{"drop,type=smp,code=4,pdu=2"}, "1234<"},
		{[]string{"drop,type=att"}, "1345<"},
		{[]string{"drop,type=signalling"}, "1235<"},
		{[]string{"drop,type=l2cap"}, ""},
		{[]string{"drop,type=control"}, "12345<"},
		{[]string{"drop,link=2"}, "12345<"},
		{[]string{"drop,link=1,pdu=1"}, "2345<"},
		{[]string{"drop,pdu=1", "drop,pdu=3"}, "245<"},
	} {
		t.Run(strings.Join(test.rules, " "), func(t *testing.T) {
			p := faulty(t, test.rules...)
			var want []any
			for i, f := range frames {
				p.a.acl(p.central, 0, f)
				p.a.wants(completed(p.central, 1))
				if strings.Contains(test.arrives, fmt.Sprint(i+1)) {
					want = append(want, data{p.peripheral, 2, fmt.Sprintf("%x", f)})
				}
			}
			p.b.wants(want...)
			p.b.acl(p.peripheral, 0, frame(6, 0x0b))
			p.b.wants(completed(p.peripheral, 1))
			if strings.HasSuffix(test.arrives, "<") {
				p.a.wants(data{p.central, 2, "010006000b"})
			}
			p.a.wants()
		})
	}
}

// TestFaultDropFragments loses all fragments of a frame, and none of the next.
func TestFaultDropFragments(t *testing.T) {
	p := faulty(t, "drop,type=smp,code=0x0c")
	long := frame(6, append([]byte{0x0c}, make([]byte, 64)...)...)
	p.a.acl(p.central, 0, long[:27])
	p.a.acl(p.central, 1, long[27:54])
	p.a.acl(p.central, 1, long[54:])
	p.a.acl(p.central, 0, frame(6, 0x0d)[:3])
	p.a.acl(p.central, 1, frame(6, 0x0d)[3:])
	if got := len(p.a.take()); got != 5 {
		t.Errorf("%d packets are acknowledged, want 5", got)
	}
	p.b.wants(data{p.peripheral, 2, "010006"}, data{p.peripheral, 1, "000d"})
}

func TestFaultDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := faulty(t, "delay=3s,type=smp")
		start := time.Now()
		p.a.acl(p.central, 0, frame(6, 0x01))
		p.a.acl(p.central, 0, frame(4, 0x02)) // not delayed, but behind
		p.b.acl(p.peripheral, 0, frame(4, 0x03))
		p.a.wants(data{p.central, 2, "0100040003"})
		if got := time.Since(start); got != 0 {
			t.Errorf("the other direction took %v", got)
		}
		p.b.wants(completed(p.peripheral, 1))
		p.b.reads(data{p.peripheral, 2, "0100060001"}, data{p.peripheral, 2, "0100040002"})
		if got := time.Since(start); got != 3*time.Second {
			t.Errorf("the delayed PDU took %v, want 3s", got)
		}
	})
}

func TestFaultDisconnect(t *testing.T) {
	p := faulty(t, "disconnect,pdu=3,type=smp")
	for i := range 2 {
		p.a.acl(p.central, 0, frame(6, 0x01))
		p.b.wants(data{p.peripheral, 2, "0100060001"})
		p.a.wants(completed(p.central, 1))
		if i == 0 {
			p.a.acl(p.central, 0, frame(4, 0x01))
			p.b.wants(data{p.peripheral, 2, "0100040001"})
			p.a.wants(completed(p.central, 1))
		}
	}
	p.a.acl(p.central, 0, frame(6, 0x01))
	p.a.wants(&hci.DisconnectionComplete{ConnectionHandle: p.central, Reason: bt.ConnectionTimeout})
	p.b.wants(&hci.DisconnectionComplete{ConnectionHandle: p.peripheral, Reason: bt.ConnectionTimeout})

	// The next link counts from the start.
	p.connect()
	if got := p.link.Number(); got != 2 {
		t.Errorf("the second link has number %d", got)
	}
	p.exchange()
}

// TestFaultWrongLTK has the second start of encryption fail.
func TestFaultWrongLTK(t *testing.T) {
	p := faulty(t, "wrong-ltk,pdu=2")
	p.encrypt(ltk)
	p.exchange()
	p.enable(ltk)
	p.reply(ltk)
	p.a.wants(&hci.DisconnectionComplete{ConnectionHandle: p.central, Reason: bt.MICFailure})
	p.b.wants(&hci.DisconnectionComplete{ConnectionHandle: p.peripheral, Reason: bt.MICFailure})
	p.connect()
	p.encrypt(ltk)
}

// reads compares the next packets, and waits for them.
func (h *host) reads(want ...any) {
	h.t.Helper()
	for _, w := range want {
		if diff := cmp.Diff(w, h.read()); diff != "" {
			h.t.Fatalf("%s (-want +got):\n%s", h.name, diff)
		}
	}
}

// TestFaultReorder has data overtake the start of encryption.
func TestFaultReorder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := faulty(t, "reorder,at=central")
		start := time.Now()
		p.enable(ltk)
		p.reply(ltk)
		p.b.acl(p.peripheral, 0, []byte{4, 5})
		p.b.wants(&hci.EncryptionChange{ConnectionHandle: p.peripheral, EncryptionEnabled: 1}, completed(p.peripheral, 1))
		p.a.reads(data{p.central, 2, "0405"}, &hci.EncryptionChange{ConnectionHandle: p.central, EncryptionEnabled: 1})
		if got := time.Since(start); got != 0 {
			t.Errorf("took %v", got)
		}

		// Without data it comes 50 ms late, and so does what is behind it.
		p.enable(ltk)
		p.reply(ltk)
		p.a.acl(p.central, 0, []byte{6})
		p.b.wants(&hci.EncryptionKeyRefreshComplete{ConnectionHandle: p.peripheral}, data{p.peripheral, 2, "06"})
		p.a.reads(&hci.EncryptionKeyRefreshComplete{ConnectionHandle: p.central}, completed(p.central, 1))
		if got := time.Since(start); got != 50*time.Millisecond {
			t.Errorf("took %v, want 50ms", got)
		}
		p.exchange()
	})
}

// TestFaultReorderConnection has data overtake the connection, but only at the
// central and on the first link; a reset makes an end of waiting.
func TestFaultReorderConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rule, err := virtual.ParseFault("reorder,at=central,event=connection,link=1")
		if err != nil {
			t.Fatal(err)
		}
		p := newPair(t, virtual.Options{EventInterceptor: virtual.NewFaults(rule)}, virtual.Config{}, virtual.Config{})
		start := time.Now()
		p.b.advertise(advertising())
		p.a.ok(connection(publicB), nil)
		complete, ok := p.b.read().(*hci.LEConnectionComplete)
		if !ok {
			t.Fatalf("peripheral got %+v", complete)
		}
		handle := p.air.Links()[0].Handle(bt.Central)
		p.b.acl(complete.ConnectionHandle, 0, []byte{1})
		p.a.reads(data{handle, 2, "01"})
		if e, ok := p.a.read().(*hci.LEConnectionComplete); !ok || e.ConnectionHandle != handle {
			t.Errorf("central got %+v", e)
		}
		p.a.ok(&hci.Reset{}, &hci.ResetReturn{})
		p.a.ok(&hci.SetEventMask{EventMask: ^hci.EventMask(0)}, &hci.SetEventMaskReturn{})
		p.b.take()
		p.connect()
		if got := time.Since(start); got != 0 {
			t.Errorf("took %v", got)
		}
	})
}

// TestFaultReorderReset resets a controller that keeps events back.
func TestFaultReorderReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := faulty(t, "reorder,at=central")
		start := time.Now()
		p.enable(ltk)
		p.reply(ltk)
		p.a.ok(&hci.Reset{}, &hci.ResetReturn{})
		p.a.wants(&hci.EncryptionChange{ConnectionHandle: p.central, EncryptionEnabled: 1})
		if got := time.Since(start); got != 0 {
			t.Errorf("took %v", got)
		}
	})
}

func FuzzParseFault(f *testing.F) {
	for _, rule := range []string{"drop,pdu=3,type=smp", "delay=200ms,from=central", "reorder,at=central,event=connection", "disconnect"} {
		f.Add(rule)
	}
	f.Fuzz(func(t *testing.T, rule string) {
		fault, err := virtual.ParseFault(rule)
		if err != nil {
			return
		}
		if again, err := virtual.ParseFault(fault.String()); err != nil || again != fault {
			t.Errorf("%q is %s, which is %+v, %v", rule, fault, again, err)
		}
	})
}
