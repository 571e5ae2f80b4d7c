// Package emit writes the Go code of a specification: enumerations, flags and
// the codecs of PDUs, and for a file with a machine the table, the names of its
// parts, and the code that binds the table to hand-written methods.
//
// The code reads like code that was written by hand, imports the standard
// library and gen/table alone, and is the same for the same file, octet for
// octet. A second file holds tests of the codecs: the examples of the
// specification, and a fuzz test that they seed.
//
// # What a package with a machine provides
//
// The generated code binds the table to the methods of one type, the procedure
// of the file's go section, here P. All of the following is hand-written.
//
//   - type P struct, with a method for each action, opaque guard, sent PDU and
//     effect: the generated interfaces actions, guards, senders and emitters
//     list them. A method is named as the action or the guard in the file, and
//     as the PDU or effect with its first letters in lower case: PingReply and
//     pingReply, IDCard and idCard.
//   - type Effect struct, with a field Kind EffectKind and whatever else the
//     emitters fill. EffectSend, EffectStartTimer and EffectStopTimer come
//     after the effects of the file, for the engine's own use.
//   - the methods of the generated interface engine:
//     newEffect(EffectKind) *Effect gives an effect that an emitter then fills;
//     scratch() []byte gives the buffer that a PDU is appended to;
//     sent(PDUCode, []byte) takes that buffer back, the PDU at its end;
//     startTimer(Timer), stopTimer(Timer) and took(table.Step).
//
// The generated type message has a field for each PDU, named as the PDU, and a
// method unmarshal. An engine keeps a table.Machine, has
// (*vars)(&machine.Slots) as the typed view of its variables, and steps with
//
//	binding{p}.step(&p.machine, uint8(EventX))
//
// which is the rules as code: a method for each cell, that reads as the file does
// and names its lines. The same rules are there as data, for whoever reasons about
// them or changes them:
//
//	Table().Step(&p.machine, binding{p}, uint8(EventX))
//
// does the same, and so does any other table over the same names. None of it
// allocates.
//
// Constants of an enumeration have the names of its values, so that these are
// unique in a file. Those of flags start with the name of the type: the bit Open
// of the flags Doors is DoorsOpen, with the methods Doors.Open and
// Doors.WithOpen. Timers know their Duration and the Event that they fire.
package emit
