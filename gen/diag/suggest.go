package diag

import "strings"

// Suggest gives the candidate that a mistyped word most likely stands for, or
// "" where none is near. The first of several equally near ones is taken.
func Suggest(word string, candidates []string) string {
	// One typing error in three letters is a slip; more is another word.
	limit := max(1, min(3, len(word)/3))
	best := ""
	for _, c := range candidates {
		if c == word || c == "" {
			continue
		}
		d := distance(strings.ToLower(word), strings.ToLower(c), limit)
		if d == 0 {
			return c // all but upper and lower case
		}
		if d <= limit {
			limit, best = d-1, c
		}
	}
	return best
}

// DidYouMean gives a hint for a Diagnostic: "did you mean X?", or "" where no
// candidate is near.
func DidYouMean(word string, candidates []string) string {
	if s := Suggest(word, candidates); s != "" {
		return "did you mean " + s + "?"
	}
	return ""
}

// distance counts the letters to insert, drop, replace or swap with their
// neighbour until a is b. Above the limit it gives limit + 1.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if abs(len(x)-len(y)) > limit {
		return limit + 1
	}
	// Three rows of the usual table: before the last, last, current.
	older, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, last, row = last, row, older
	}
	return min(last[len(y)], limit+1)
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
