// Package emit writes the Go code of a specification: enumerations, flags and
// the codecs of PDUs, and for a file with a machine the table, the names of its
// parts, and the code that binds the table to hand-written methods.
//
// The code reads like code that was written by hand, imports the standard
// library and gen/table alone, and is the same for the same file, octet for
// octet.
package emit
