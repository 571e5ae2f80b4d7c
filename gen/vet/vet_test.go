package vet

import (
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"
)

func TestFixtures(t *testing.T) {
	for _, test := range []struct {
		name      string
		analyzers []*analysis.Analyzer
		packages  []string
	}{
		{"bound", []*analysis.Analyzer{Actions, Guards}, []string{"bound"}},
		{"secrets", []*analysis.Analyzer{SecretPrint, SecretEqual}, []string{"secret", "client"}},
		{"deterministic", []*analysis.Analyzer{Deterministic}, []string{"chance"}},
		{"documented", []*analysis.Analyzer{Documented}, []string{"documented"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			analysistest.Run(t, analysistest.TestData(), together(test.analyzers), test.packages...)
		})
	}
}

// The flags say what directives say elsewhere.
func TestFlags(t *testing.T) {
	set := func(a *analysis.Analyzer, name, value string) {
		t.Helper()
		if err := a.Flags.Set(name, value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = a.Flags.Set(name, "") })
	}
	set(Deterministic, "packages", "other,flagged")
	set(SecretEqual, "types", "other.Key,flagged.Key")
	all := together([]*analysis.Analyzer{Deterministic, SecretEqual})
	analysistest.Run(t, analysistest.TestData(), all, "flagged")
}

func TestAnalyzersAreValid(t *testing.T) {
	if err := analysis.Validate(Analyzers()); err != nil {
		t.Fatal(err)
	}
}

// together makes one analyzer of several, so that one fixture can say what all
// of them find.
func together(analyzers []*analysis.Analyzer) *analysis.Analyzer {
	all := &analysis.Analyzer{Name: "together", Doc: "run several analyzers"}
	for _, a := range analyzers {
		all.Requires = append(all.Requires, a.Requires...)
	}
	all.Run = func(pass *analysis.Pass) (any, error) {
		for _, a := range analyzers {
			one := *pass
			one.Analyzer = a
			if _, err := a.Run(&one); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
	return all
}
