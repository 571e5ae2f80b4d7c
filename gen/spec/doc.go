// Package spec reads specifications: YAML files that describe a protocol's
// values, PDUs and state machine. It turns a file into a tree that keeps every
// position, and reports everything that is wrong with its form at once. What
// the names mean is settled later, in package machine. Format lays a file out.
//
// A part of the language is a file here: file, enum, pdu, association, machine,
// phase, rule, sequence, expr. Each has a table of the keys that its mappings
// may have.
package spec
