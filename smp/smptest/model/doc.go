// Package model tests two linked Procedures with random sequences of moves, by
// gopter's commands: about nine legal moves in ten, else what an attacker, a
// malfunctioning controller, or a person may do. After every move both sides are
// held to the rules of smptest, and an undisturbed exchange to the order of PDUs that
// the specification's message charts give.
//
// A Setup, Moves and the State are values, so that gopter can shrink a failing
// sequence; the Rig that they are played on is built anew each time.
package model
