package smp

import (
	"context"
	"strings"
	"testing"
)

func TestPrompterSupports(t *testing.T) {
	show := func(context.Context, *Question) error { return nil }
	enter := func(context.Context, *Question) (Passkey, error) { return 0, nil }
	compare := func(context.Context, *Question) (bool, error) { return true, nil }
	all := Prompter{DisplayPasskey: show, EnterPasskey: enter, CompareNumber: compare}
	tests := []struct {
		io    IOCapability
		sc    bool
		needs []string
	}{
		{DisplayOnly, true, []string{"DisplayPasskey"}},
		{DisplayYesNo, false, []string{"DisplayPasskey"}},
		{DisplayYesNo, true, []string{"DisplayPasskey", "CompareNumber"}},
		{KeyboardOnly, true, []string{"EnterPasskey"}},
		{NoInputNoOutput, true, nil},
		{KeyboardDisplay, false, []string{"DisplayPasskey", "EnterPasskey"}},
		{KeyboardDisplay, true, []string{"DisplayPasskey", "EnterPasskey", "CompareNumber"}},
	}
	for _, test := range tests {
		f := DefaultFeatures()
		f.IOCapability, f.SC = test.io, test.sc
		if err := all.supports(&f); err != nil {
			t.Errorf("%v, sc %v: %v", test.io, test.sc, err)
		}
		for _, missing := range []string{"DisplayPasskey", "EnterPasskey", "CompareNumber"} {
			p := all
			switch missing {
			case "DisplayPasskey":
				p.DisplayPasskey = nil
			case "EnterPasskey":
				p.EnterPasskey = nil
			case "CompareNumber":
				p.CompareNumber = nil
			}
			needed := strings.Contains(strings.Join(test.needs, " "), missing)
			err := p.supports(&f)
			if needed != (err != nil) || err != nil && !strings.Contains(err.Error(), "Prompter."+missing) {
				t.Errorf("%v, sc %v without %s: %v", test.io, test.sc, missing, err)
			}
		}
	}
}

func TestParsePasskey(t *testing.T) {
	for text, want := range map[string]Passkey{"0": 0, "7": 7, "000007": 7, "123456": 123456, "999999": 999999} {
		got, err := ParsePasskey(text)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1234567", "12345a", "-12345", "+1", " 1", "1_0", "0x10", "١٢٣"} {
		got, err := ParsePasskey(text)
		if err == nil {
			t.Errorf("%q is read as %v", text, got)
		} else if text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats what was typed: %v", err)
		}
	}
	if got := Passkey(42).String(); got != "000042" {
		t.Errorf("%q", got)
	}
}
