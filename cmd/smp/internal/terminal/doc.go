// Package terminal is the talk of a command with the person at it: lines that are said, a last
// line that tells how things stand, and questions whose answers are edited key by key, so that each key can
// be told to the peer. Without a terminal, the same questions are answered by lines.
package terminal
