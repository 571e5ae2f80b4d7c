// Package mutate tests the tests: it changes one thing at a time in the
// specification's machine, builds the table of the changed machine, and lets
// everything that can find a fault look at it. A change that nothing finds is a
// survivor: a test is missing there, or the change makes no difference, and then
// the specification says why, in a remark beside the row:
//
//	# equivalent mutant: drop emit ReportLevel -- the reason
//
// The words before the dashes are those with which a survivor is printed. The
// remark stands on the row's own line, or on lines of its own right above it.
//
// A changed machine may do anything, so a Pool runs mutants in processes of
// their own, which may crash or hang.
package mutate
