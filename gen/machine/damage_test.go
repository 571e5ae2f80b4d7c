package machine_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"blesmp/gen/machine"
	"blesmp/gen/spec"
)

// TestDamaged resolves what is left of a specification after lines and words
// have been lost, also where its form is wrong already: whoever wants all
// mistakes at once does that. There has to be an error or a table, and never a
// panic.
func TestDamaged(t *testing.T) {
	b, err := os.ReadFile(market)
	if err != nil {
		t.Fatal(err)
	}
	source := string(b)
	resolve := func(what, source string) (whole bool) {
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("%s: %v", what, p)
			}
		}()
		f, formErr := spec.Parse("market.yaml", []byte(source))
		m, err := machine.Resolve(f)
		if err == nil {
			m.Table()
		}
		return formErr == nil && err == nil
	}
	tried, whole := 0, 0
	try := func(what, source string) {
		tried++
		if resolve(what, source) {
			whole++
		}
	}
	lines := strings.SplitAfter(source, "\n")
	for i := 0; i < len(lines); i += 5 {
		line := lines[i]
		try("without "+line, strings.Join(lines[:i], "")+strings.Join(lines[i+1:], ""))
	}
	words := regexp.MustCompile(`\w+`).FindAllStringIndex(source, -1)
	for i := 0; i < len(words); i += 23 {
		at := words[i]
		try("another word for "+source[at[0]:at[1]], source[:at[0]]+"Xylophone"+source[at[1]:])
	}
	if whole*3 > tried {
		t.Errorf("%d of %d damaged files pass", whole, tried)
	}
	t.Logf("%d tried, %d pass", tried, whole)
}
