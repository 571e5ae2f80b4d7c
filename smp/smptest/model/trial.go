package model

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// Trial is the system under test: a Rig, and what has been wrong with it.
type Trial struct {
	Rig *smptest.Rig

	setup    Setup
	clean    bool // nothing disturbing has happened on this link
	begun    int  // pairings on this link
	sent     [2]int
	problems []string

	moves  []Move         // that were made by Run
	failed func(Sequence) // told once; nil for nobody
}

// NewTrial builds the Rig of a Setup. Watch, where it is not nil, is told of
// every step; what it returns is a problem.
func NewTrial(s Setup, watch func(smptest.Moment) error) (*Trial, error) {
	return newTrial(s, nil, watch)
}

func newTrial(s Setup, machine *table.Table, watch func(smptest.Moment) error) (*Trial, error) {
	rig, err := s.rig(machine)
	if err != nil {
		return nil, err
	}
	t := &Trial{Rig: rig, setup: s, clean: true}
	rig.OnStep = func(m smptest.Moment) {
		if watch != nil {
			t.note(watch(m))
		}
		t.forgotten(m)
	}
	return t, nil
}

// Problems lists what has been wrong so far.
func (t *Trial) Problems() []string { return append(t.problems, t.Rig.Broken...) }

func (t *Trial) note(err error) {
	if err != nil {
		t.problems = append(t.problems, err.Error())
	}
}

func (t *Trial) wrong(format string, args ...any) {
	t.problems = append(t.problems, fmt.Sprintf(format, args...))
}

// forgotten demands that nothing of a pairing is left when none is running. No
// method tells, so it looks at the field.
func (t *Trial) forgotten(m smptest.Moment) {
	if !smptest.Pairing(m.After) && m.After != smp.StateAwaitSecurity && smptest.Pairing(m.Before) {
		kept := reflect.ValueOf(m.Device.Procedure).Elem().FieldByName("memory")
		if !kept.IsNil() && !kept.Elem().FieldByName("pairing").IsZero() {
			t.wrong("%v: the pairing is not forgotten", m)
		}
	}
}

// begin pairs. A second pairing on a link may be refused by the policy, so no
// chart is held against it.
func (t *Trial) begin() {
	t.begun++
	t.Rig.Pair()
}

// finish lets everything happen that is still to come. Both sides have to come
// to rest, at once where nothing was disturbed, and at the latest when time is
// up. What was disturbed ends with a new link.
func (t *Trial) finish() {
	t.note(t.Rig.Run())
	if t.clean && t.begun == 1 && t.first() {
		t.charted()
	}
	t.Rig.Elapse(31 * time.Second)
	t.note(t.Rig.Run())
	for _, d := range []*smptest.Device{t.Rig.Initiator, t.Rig.Responder} {
		if !d.Procedure.Idle() && !settling(d.State()) {
			t.wrong("%v is still in %v", d.Role, d.State())
		}
	}
	t.note(t.Rig.Reconnect())
	t.clean, t.begun = true, 0
	t.sent = [2]int{len(t.Rig.Initiator.Sent), len(t.Rig.Responder.Sent)}
}

// settling reports whether a side waits for its controllers, who have a time
// limit of their own.
func settling(s smp.State) bool { return s == smp.StateSettling || s == smp.StateEncryptingStored }

// first reports whether neither side had a bond or had sent anything before
// this link.
func (t *Trial) first() bool { return t.sent == [2]int{} }

// charted demands what an undisturbed pairing of strangers comes to.
func (t *Trial) charted() {
	got := [2][]smp.PDUCode{t.Rig.Initiator.SentCodes(), t.Rig.Responder.SentCodes()}
	var want [2][]smp.PDUCode
	for _, line := range Chart(t.setup) {
		want[line.From] = append(want[line.From], line.Code)
	}
	for _, role := range []bt.Role{bt.Central, bt.Peripheral} {
		if !slices.Equal(got[role], want[role]) {
			t.wrong("%v sent %v, the chart has %v", role, got[role], want[role])
		}
		d := t.Rig.Device(role)
		if len(d.Results) != 1 || len(d.Failures) != 0 {
			t.wrong("%v: %d results, %v", role, len(d.Results), d.Failures)
			continue
		}
		level := smp.Level{MITM: t.setup.Model != smp.JustWorks, SC: t.setup.SC, KeySize: 16, Model: t.setup.Model}
		if d.Results[0].Level != level {
			t.wrong("%v: level %v, want %v", role, d.Results[0].Level, level)
		}
	}
}
