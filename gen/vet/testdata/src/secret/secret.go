// Package secret declares secrets.
package secret

import (
	"encoding/hex"
	"log/slog"
)

// Key is secret.
//
//vet:secret
type Key [16]byte

// Pair is secret and an interface.
//
//vet:secret
type Pair interface{ Public() int }

// Reveal gives a secret.
func (k Key) Reveal() string { return hex.EncodeToString(k[:]) }

// Ask gives a secret, because the comment says so.
//
//vet:secret
func Ask() (string, error) { return "1234", nil }

// Shown gives the key up.
//
//vet:reveals the fixture asks for it
func Shown(k Key) string { return k.Reveal() }

//vet:reveals
func silent(k Key) string { return k.Reveal() } // want `say why silent gives a secret up`

// Bond has secrets in it.
type Bond struct {
	Name string
	LTK  *Key
}

// Quiet has them as well, and a method.
type Quiet struct{ key Key }

// String says nothing.
func (Quiet) String() string { return "quiet" }

// Vault has a field that is one.
type Vault struct {
	PIN  uint32 //vet:secret
	Size int
}

// Equal is here for the clients.
func (k Key) Equal(other Key) bool { return slog.Default() != nil && len(k) == len(other) }
