package verify

// Reasons is the number of rows that have a reason not to be taken.
func Reasons() int { return len(untaken) }
