// Package bind holds hand-written Go against the specification that it belongs
// to. The generated code calls methods of one type, the procedure; bind makes
// sure, on syntax alone, that they are there and that they keep to what the
// language promises of them:
//
//   - every action, guard, sent PDU and effect has a method with the right
//     signature, and no unexported method is there for nothing;
//   - an action is straight-line: it never branches on a variable, on the state
//     or on the role, and it writes the variables that it declares, no more and
//     no fewer;
//   - a guard writes nothing.
//
// What a method calls in its own package counts as its own, as far as syntax
// tells what is called: methods of the procedure, and functions. The generated
// file is taken from memory, so that a stale or missing one is no hindrance.
package bind
