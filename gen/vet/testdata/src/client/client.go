package client

import (
	"bytes"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"

	"secret"
)

func prints(w io.Writer, k secret.Key, p secret.Pair, b *secret.Bond, q secret.Quiet, v *secret.Vault, l *slog.Logger) error {
	fmt.Println(k)                      // want `a secret is given to fmt.Println`
	fmt.Fprintf(w, "%x", k[:4])         // want `a secret is given to fmt.Fprintf`
	fmt.Println(p)                      // want `a secret is given to fmt.Println`
	fmt.Println(b)                      // want `\*secret.Bond is given to fmt.Println and has a secret in it`
	fmt.Println(*v)                     // want `secret.Vault is given to fmt.Println and has a secret in it`
	fmt.Println(v.PIN % 10)             // want `a secret is given to fmt.Println`
	l.Info("key", "k", k)               // want `a secret is given to log/slog.Info`
	slog.Debug("key", slog.Any("k", k)) // want `a secret is given to log/slog.Any`
	text := k.Reveal()
	if text == "" { // want `== compares a secret`
		return errors.New("no " + text) // want `a secret is given to errors.New`
	}
	octets := make([]byte, 16)
	copy(octets, k[:])
	fmt.Println(hex.EncodeToString(octets)) // want `a secret is given to fmt.Println`
	tell := func(k secret.Key) string { return "key " + k.Reveal() }
	fmt.Println(tell(k))    // want `a secret is given to fmt.Println`
	fmt.Println(through(k)) // want `a secret is given to fmt.Println`
	pin, err := secret.Ask()
	if err != nil {
		return fmt.Errorf("asking: %w", err)
	}
	if len(pin) > 3 {
		panic(pin) // want `a secret is given to panic`
	}
	fmt.Println(secret.Shown(k), q, b.Name, v.Size, len(k), k.Equal(k), pin != "") // want `!= compares a secret`
	fmt.Println(k)                                                                 //vet:allow secretprint: the fixture asks for it
	return nil
}

func through(k secret.Key) (text string) {
	text = fmt.Sprint("key") + k.Reveal()
	return
}

func compares(a, b secret.Key, v, w secret.Vault, x, y *secret.Bond, p secret.Pair) bool {
	switch a { // want `switch compares a secret`
	case b:
		return true
	}
	switch {
	case a == b: // want `== compares a secret`
	case v != w: // want `!= compares a secret`
	case bytes.Equal(a[:], b[:]): // want `bytes.Equal compares a secret`
	case reflect.DeepEqual(x, y): // want `reflect.DeepEqual compares a secret`
	case a[0] == 0: // want `== compares a secret`
	case x == y, x.LTK == nil, p == nil, v.Size == w.Size, x.Name == "":
	case subtle.ConstantTimeCompare(a[:], b[:]) == 1:
	default:
		//vet:allow secretequal: the fixture asks for it
		return a != b
	}
	return false
}
