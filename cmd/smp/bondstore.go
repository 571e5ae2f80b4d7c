package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"blesmp/bond/boltstore"
	"blesmp/cmd/smp/internal/sharedstore"
)

// bondsHelp is what bonds says of its flag --bonds.
const bondsHelp = "the `FILE` with the bonds (default $" + bondsVariable + ", or smp/bonds.db in the user's folder of settings: ~/.config, ~/Library/Application Support or %AppData%)"

// errNoBondFile says that a file of bonds was named that is not there.
var errNoBondFile = errors.New("there is no such file of bonds")

// bondPath gives the file of bonds: the one that was named, or the one that all
// commands use.
func bondPath(named string) (string, error) {
	path := cmp.Or(named, defaultBonds())
	if path == inMemory {
		return "", errors.New("bonds that are kept in memory end with their command; name a file with --bonds")
	}
	return path, nil
}

// openBonds opens the file of bonds for a command that adds to it. The user's
// own is made on first use, with mode 0600 in a folder with mode 0700.
func openBonds(named string, recoverDamage bool) (*boltstore.Store, error) {
	path, err := bondPath(named)
	if err != nil {
		return nil, err
	}
	if named == "" {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
	}
	store, err := boltstore.Open(path, func(o *boltstore.Options) {
		o.Recover, o.Timeout = recoverDamage, sharedstore.Wait // others use it for moments
	})
	return store, storeError(err)
}

// openExistingBonds opens it for a command that only looks or removes. Nothing
// is made; errNoBondFile says that there is no such file.
func openExistingBonds(named string, recoverDamage bool) (*boltstore.Store, error) {
	path, err := bondPath(named)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s; smp bonds import or a pairing makes it", errNoBondFile, path)
	}
	return openBonds(named, recoverDamage)
}

// storeError says what the storage packages say in the words of the command.
func storeError(err error) error {
	if err == nil {
		return nil
	}
	return &plainError{err}
}

// plainError shows an error of a package without the package's name.
type plainError struct{ err error }

func (e *plainError) Error() string {
	text := strings.Join(strings.Split(e.err.Error(), "\n"), "; ")
	for _, name := range []string{"boltstore: ", "bondfile: ", "bond: "} {
		text = strings.TrimPrefix(text, name)
	}
	return strings.ReplaceAll(text, "Options.Recover", "--recover")
}

func (e *plainError) Unwrap() error { return e.err }
