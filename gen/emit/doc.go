// Package emit writes the Go code of a specification: enumerations, flags and
// the codecs of PDUs, and for a file with a machine the table, the names of its
// parts, and the code that binds the table to hand-written methods.
//
// The code reads like code that was written by hand, imports the standard
// library and gen/table alone, and is the same for the same file, octet for
// octet.
//
// # What a package with a machine provides
//
// The generated code binds the table to the methods of one type, the procedure
// of the file's go section, here P. All of the following is hand-written.
//
//   - type P struct, with a method for each action, guard, sent PDU and effect:
//     the generated interfaces actions, guards, senders and emitters list them.
//   - type Effect struct, with a field Kind EffectKind and whatever else the
//     emitters fill. EffectSend, EffectStartTimer and EffectStopTimer come
//     after the effects of the file, for the engine's own use.
//   - the methods of the generated interface engine:
//     newEffect(EffectKind) *Effect gives an effect that an emitter then fills;
//     scratch() []byte gives the buffer that a PDU is appended to;
//     sent(PDUCode, []byte) takes that buffer back, the PDU at its end;
//     startTimer(Timer), stopTimer(Timer) and took(table.Step).
//
// An engine keeps a table.Machine, has (*vars)(&machine.Slots) as the typed view
// of its variables, reads PDUs with message.unmarshal, and steps with
//
//	Table().Step(&p.machine, binding{p}, uint8(EventX))
//
// A method is named as the action or the guard in the file, and as the PDU or
// effect with its first letters in lower case: PingReply and pingReply, IDCard
// and idCard. None of it allocates.
package emit
