package machine_test

import (
	"strings"
	"testing"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
)

// counter sets a variable in a rule with a condition. What else stands in the
// file keeps every name in use.
const counter = `
protocol: Counter
core: Part C
go: {package: counter, dir: ., procedure: C}
roles: [one]
enums:
  Mode: {values: {Slow: 0, Fast: 1}}
flags:
  Lamps: {bits: {Red: 0, Green: 1..2}}
events: {push: [Tick, Read]}
inputs: {hot: bool, other: bool}
vars: {n: 0..10, m: 0..3, mode: Mode, lamps: Lamps}
guards:
  small: n < 10
  windy: {opaque: the wind blows}
actions:
  turn: {sets: [n, m, mode, lamps]}
phases:
  Only:
    states:
      A:
        initial: true
        rest: true
        when:
          Tick:
            - {if: COND, set: {VAR: VALUE}, goto: B}
            - {goto: B}
          Read:
            - {if: windy and (hot or other), do: [turn]}
            - {if: small and m == 0 and mode == Fast and lamps, do: [turn]}
            - {goto: B}
      B: {rest: true, when: {Tick: {goto: A}, Read: {goto: A}}}
`

func TestValues(t *testing.T) {
	const over, under = "n can become 11 here, outside 0..10", "n can become -1 here, outside 0..10"
	for _, test := range []struct{ cond, assign, want string }{
		// The condition keeps the value in its range.
		{"n < 10", "n: n + 1", ""},
		{"not (n >= 10)", "n: n + 1", ""},
		{"n != 10 and hot", "n: n + 1", ""},
		{"n == 3 or n == 4", "n: n + 1", ""},
		{"small", "n: n + 1", ""},
		{"n <= 7", "n: n + m", ""},
		{"n + m < 10", "n: n + m + 1", ""},
		{"n >= m", "n: n - m", ""},
		{"n > 0", "n: n - 1", ""},
		{"hot == other and n < 10", "n: n + 1", ""},
		// It does not.
		{"hot", "n: n + 1", over},
		{"hot or n < 10", "n: n + 1", over},
		{"windy and n > 5", "n: n + 1", over},
		{"not small", "n: n + 1", over},
		{"n != 9", "n: n + 1", over},
		{"lamps has Red", "n: n + 1", over},
		{"mode == Fast", "n: n - 1", under},
		{"n < m", "n: n - m", "n can become -1 here, outside 0..10"},
		{"n >= 8", "n: n + m", over},
		// Values and types.
		{"hot", "m: n", "m can become 4 here, outside 0..3"},
		{"hot", "n: m", ""},
		{"n <= 3", "m: n", ""},
		{"hot", "n: 11", "11 lies outside 0..10"},
		{"hot", "n: 2 + 3", ""},
		{"hot", "n: 9 + 3", "n can become 12 here, outside 0..10"},
		{"hot", "n: hot", "this is a bool, and a number from 0 to 10 is wanted"},
		{"hot", "mode: Fast", ""},
		{"hot", "mode: Fsat", `unknown Mode "Fsat" (did you mean Fast?)`},
		{"hot", "mode: Red", `unknown Mode "Red"`},
		{"hot", "mode: 1", "a number stands where a Mode is wanted"},
		{"hot", "lamps: Red", ""},
		{"hot", "lamps: Red with Green", ""},
		{"hot", "lamps: lamps without Green", ""},
		{"hot", "lamps: 0", ""},
		{"hot", "lamps: 1", "a number stands where a Lamps is wanted"},
		{"hot", "lamps: lamps + lamps", `"+" goes with numbers, and this is a Lamps`},
		{"hot", "n: n with n", `"with" goes with flags, and this is a number from 0 to 10`},
		// Conditions.
		{"mode == Slow", "n: 1", ""},
		{"Slow == mode", "n: 1", ""},
		{"mode != Slow", "n: 1", ""},
		{"not lamps", "n: 1", ""},
		{"lamps == 0", "n: 1", ""},
		{"lamps has Red with Green", "n: 1", ""},
		{"hot == true", "n: 1", ""},
		{"true", "n: 1", ""},
		{"mode", "n: 1", "a condition has to be true or false, and this is a Mode"},
		{"mode == Sluw", "n: 1", `unknown Mode "Sluw" (did you mean Slow?)`},
		{"mode == 1", "n: 1", "a number stands where a Mode is wanted"},
		{"mode == hot", "n: 1", "this is a bool, and the other side is a Mode"},
		{"lamps has Rde", "n: 1", `unknown flag of Lamps "Rde" (did you mean Red?)`},
		{"lamps < lamps", "n: 1", `"<" goes with numbers, and this is a Lamps`},
		{"hto", "n: 1", `unknown guard or variable "hto" (did you mean hot?)`},
		{"n < 11", "n: 1", "this is always true: the left side is 0..10, the right side 11..11"},
		{"n <= 10", "n: 1", "this is always true: the left side is 0..10, the right side 10..10"},
		{"n > 10", "n: 1", "this is always false: the left side is 0..10, the right side 10..10"},
		{"n >= 0", "n: 1", "this is always true: the left side is 0..10, the right side 0..0"},
		{"n >= 11", "n: 1", "this is always false: the left side is 0..10, the right side 11..11"},
		{"n < 0", "n: 1", "this is always false: the left side is 0..10, the right side 0..0"},
		{"m > 3", "n: 1", "this is always false: the left side is 0..3, the right side 3..3"},
		{"n != 12", "n: 1", "this is always true: the left side is 0..10, the right side 12..12"},
		{"1 == 1", "n: 1", `neither side of "==" is a variable`},
	} {
		assign, value, _ := strings.Cut(test.assign, ": ")
		source := strings.NewReplacer("COND", test.cond, "VAR", assign, "VALUE", value).Replace(counter)
		f, err := spec.Parse("counter.yaml", []byte(source))
		if err != nil {
			t.Fatalf("%s, %s: %v", test.cond, test.assign, err)
		}
		_, err = machine.Resolve(f)
		got := ""
		if err != nil {
			got, _, _ = strings.Cut(err.Error(), "\n")
			_, got, _ = strings.Cut(got, ": ")
		}
		if got != test.want {
			t.Errorf("if %s, set %s: %q, want %q", test.cond, test.assign, got, test.want)
		}
	}
}
