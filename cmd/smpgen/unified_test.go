package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnified(t *testing.T) {
	tests := []struct {
		name, old, new, want string
	}{
		{name: "equal", old: "a\n", new: "a\n"},
		{name: "from nothing", new: "a\nb\n", want: "@@ -0,0 +1,2 @@\n+a\n+b\n"},
		{name: "to nothing", old: "a\n", want: "@@ -1 +0,0 @@\n-a\n"},
		{
			name: "a line in the middle",
			old:  "1\n2\n3\n4\n5\n6\n7\n8\n9\n", new: "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
			want: "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n",
		},
		{
			name: "two places apart",
			old:  "a\n1\n2\n3\n4\n5\n6\n7\nb\n", new: "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
			want: "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n",
		},
		{
			name: "two places together",
			old:  "a\n1\n2\n3\n4\n5\n6\nb\n", new: "A\n1\n2\n3\n4\n5\n6\nB\n",
			want: "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n",
		},
		{
			name: "the end of the last line",
			old:  "a\nb", new: "a\nb\n",
			want: "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := test.want
			if want != "" {
				want = "--- old\n+++ new\n" + want
			}
			if diff := cmp.Diff(want, unified("old", "new", []byte(test.old), []byte(test.new))); diff != "" {
				t.Errorf("unified diff (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEditsTurnOneIntoTheOther applies the edits between random texts, some of
// them too different to be compared line by line.
func TestEditsTurnOneIntoTheOther(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func(n, words int) []string {
		lines := make([]string, n)
		for i := range lines {
			lines[i] = fmt.Sprint(random.IntN(words))
		}
		return lines
	}
	for i := range 300 {
		words := 2 + i%5
		a, b := text(random.IntN(30), words), text(random.IntN(30), words)
		if i == 0 {
			a, b = text(800, 1000), text(800, 1000)
		}
		var got []string
		at := 0
		for _, e := range edits(a, b) {
			got = append(got, a[at:e.aFrom]...)
			got = append(got, b[e.bFrom:e.bTo]...)
			at = e.aTo
		}
		got = append(got, a[at:]...)
		if !slices.Equal(got, b) {
			t.Fatalf("%s\nto %s\ngave %s", strings.Join(a, " "), strings.Join(b, " "), strings.Join(got, " "))
		}
	}
}
