package schema_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"blesmp/gen"
	"blesmp/gen/schema"

	"go.yaml.in/yaml/v4"
)

// validator understands as much of JSON schema as the package writes.
type validator struct {
	defs map[string]any
}

// check gives what is wrong with a value, "" for nothing.
func (v *validator) check(path string, s map[string]any, value any) string {
	if to, ok := s["$ref"].(string); ok {
		s, _ = v.defs[strings.TrimPrefix(to, "#/$defs/")].(map[string]any)
		if s == nil {
			return path + ": no definition " + to
		}
		return v.check(path, s, value)
	}
	if all, ok := s["anyOf"].([]any); ok {
		var said []string
		for _, one := range all {
			bad := v.check(path, one.(map[string]any), value)
			if bad == "" {
				return ""
			}
			said = append(said, bad)
		}
		return slices.MaxFunc(said, func(a, b string) int { return len(a) - len(b) })
	}
	if all, ok := s["enum"].([]any); ok && !slices.Contains(all, value) {
		return fmt.Sprintf("%s: %v is none of the names", path, value)
	}
	if pattern, ok := s["pattern"].(string); ok && !regexp.MustCompile(pattern).MatchString(fmt.Sprint(value)) {
		return fmt.Sprintf("%s: %v does not match", path, value)
	}
	if !typed(s["type"], value) {
		return fmt.Sprintf("%s: %T is not %v", path, value, s["type"])
	}
	switch value := value.(type) {
	case []any:
		items, ok := s["items"].(map[string]any)
		for i, one := range value {
			if bad := ""; ok {
				if bad = v.check(fmt.Sprintf("%s[%d]", path, i), items, one); bad != "" {
					return bad
				}
			}
		}
	case map[string]any:
		return v.mapping(path, s, value)
	}
	return ""
}

func (v *validator) mapping(path string, s, value map[string]any) string {
	required, _ := s["required"].([]any)
	for _, key := range required {
		if _, ok := value[key.(string)]; !ok {
			return fmt.Sprintf("%s: no %v", path, key)
		}
	}
	properties, _ := s["properties"].(map[string]any)
	for key, one := range value {
		of, ok := properties[key].(map[string]any)
		if !ok {
			switch rest := s["additionalProperties"].(type) {
			case bool:
				return fmt.Sprintf("%s: no key %s", path, key)
			case map[string]any:
				of = rest
			}
		}
		if of == nil {
			continue
		}
		if bad := v.check(path+"."+key, of, one); bad != "" {
			return bad
		}
	}
	return ""
}

func typed(want, value any) bool {
	if want == nil {
		return true
	}
	have := "object"
	switch value.(type) {
	case string:
		have = "string"
	case bool:
		have = "boolean"
	case int, float64:
		have = "integer"
	case []any:
		have = "array"
	}
	if all, ok := want.([]any); ok {
		return slices.ContainsFunc(all, func(one any) bool { return typed(one, value) })
	}
	return want == have || want == "number" && have == "integer"
}

// check holds a specification against the schema of the file at path.
func check(t *testing.T, path, source string) string {
	t.Helper()
	m, err := gen.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := schema.Write(m)
	if err != nil {
		t.Fatal(err)
	}
	var s, value map[string]any
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(source), &value); err != nil {
		t.Fatal(err)
	}
	v := &validator{s["$defs"].(map[string]any)}
	return v.check("file", s, value)
}

const market = "../testdata/market.yaml"

func read(t *testing.T, path string) string {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

func TestFilesFit(t *testing.T) {
	for _, path := range []string{market, "../testdata/lamps.yaml"} {
		if bad := check(t, path, read(t, path)); bad != "" {
			t.Errorf("%s does not fit its own schema: %s", path, bad)
		}
	}
}

// TestMistakes makes one mistake after the other, each of which an editor has to
// mark.
func TestMistakes(t *testing.T) {
	source := read(t, market)
	for was, is := range map[string]string{
		"goto: Bite}":           "goto: Bites}",
		"do: [keepCoin]":        "do: [keepCion]",
		"send: [Coin]":          "send: [Coyn]",
		"emit: [Ring]":          "emit: [Rong]",
		"Acked: ignore":         "Akced: ignore",
		"must_leave: true":      "must_live: true",
		"waits_for: controller": "waits_for: godot",
		"byte_order: big":       "byte_order: middle",
		"any_answer: ignore":    "any_answer: ignor",
	} {
		if strings.Count(source, was) == 0 {
			t.Fatalf("no %q in the file", was)
		}
		if bad := check(t, market, strings.Replace(source, was, is, 1)); bad == "" {
			t.Errorf("%q passes", is)
		}
	}
}
