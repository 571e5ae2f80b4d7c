package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"blesmp/bond"
)

// The errors of Open that callers tell apart with errors.Is. A damaged or
// foreign file is a *bond.CorruptError.
var (
	// ErrLocked says that another process, or an earlier Open of this one, has
	// the file open.
	ErrLocked = errors.New("boltstore: the file is in use")

	// ErrPermissions says that others may read or write the file.
	ErrPermissions = errors.New("boltstore: the file is open to others")
)

// The defaults of Options.
const (
	DefaultTimeout     = time.Second
	DefaultVerifyLimit = 256 << 10
)

// Options says how to open a file; Open takes functions that change them.
type Options struct {
	// Timeout is how long to wait while another process has the file open. 0
	// means DefaultTimeout, and less than 0 not to wait.
	Timeout time.Duration

	// VerifyLimit is the size in octets up to which Open looks at every page
	// and every record in use; that takes some 7 microseconds a bond. 0 means
	// DefaultVerifyLimit, some 400 bonds, and less than 0 that it never
	// does so.
	VerifyLimit int64

	// Recover opens a file in spite of damage that is confined to records or to
	// one of the two headers. Damaged records are reported when they are read,
	// and can be deleted. A damaged header is written anew; the last change may
	// be missing, a sign counter's included.
	Recover bool
}

func (o *Options) orDefaults() Options {
	var options Options
	if o != nil {
		options = *o
	}
	if options.Timeout == 0 {
		options.Timeout = DefaultTimeout
	}
	if options.VerifyLimit == 0 {
		options.VerifyLimit = DefaultVerifyLimit
	}
	return options
}

const (
	adviceBackup  = "the file is left as it is: restore it from a backup, or move it away and pair again"
	adviceForeign = "the file is left as it is: choose another path, or restore the right file from a backup"
	adviceRecover = "the file is left as it is: restore it from a backup, or open it with Options.Recover"
	adviceRecord  = "delete this record and pair again, or restore the file from a backup"
	adviceNewer   = "the file is left as it is: use the newer version of the program that wrote it"
	adviceClose   = "close the store, then restore the file from a backup"
)

// Open opens the bonds in a file, and makes the file where there is none; its
// directory must exist. The errors are a *bond.CorruptError for a damaged or
// foreign file, ErrLocked, ErrPermissions, and those of the file system.
func Open(path string, options ...func(*Options)) (*Store, error) {
	var o Options
	for _, change := range options {
		change(&o)
	}
	return openWith(path, &o)
}

// openWith opens with these options; nil is the same as the zero value.
func openWith(path string, options *Options) (*Store, error) {
	o := options.orDefaults()
	deadline := time.Now().Add(o.Timeout)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := create(path); err != nil {
			return nil, fmt.Errorf("boltstore: create %s: %w", path, err)
		}
	}
	found, err := inspect(path, o, time.Until(deadline))
	if err != nil {
		return nil, err
	}
	s, err := open(path, false, time.Until(deadline))
	if err != nil {
		return nil, err
	}
	if found.whole {
		s.sound.known.Store(true)
	} else if err := s.checkSoon(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if found.oldHeader {
		if err := s.rewriteHeaders(); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// rewriteHeaders makes two transactions, of which each writes one header.
func (s *Store) rewriteHeaders() error {
	if err := s.sound.wait(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for range 2 {
		if err := s.transaction(true, func(*bbolt.Tx) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

// findings is what inspect says of a file that can be opened.
type findings struct {
	oldHeader bool // one of its headers has to be written anew
	whole     bool // everything in it has been looked at
}

// inspect looks at a file without changing it. How long it takes does not
// depend on the number of bonds in a file that is larger than the limit.
func inspect(path string, o Options, timeout time.Duration) (found findings, err error) {
	s, err := open(path, true, timeout)
	if err != nil {
		return findings{}, err
	}
	s.sound.known.Store(true) // what is read below is looked at before
	defer func() { err = errors.Join(err, s.Close()) }()

	info, err := s.file.Stat()
	if err != nil {
		return findings{}, fmt.Errorf("boltstore: %w", err)
	}
	header, err := readHeader(s.file, info.Size())
	if errors.Is(err, errOldHeader) {
		if !o.Recover {
			return findings{}, s.damaged(adviceRecover, err)
		}
		found.oldHeader = true
	} else if err != nil {
		return findings{}, s.damaged(adviceForeign, err)
	}
	found.whole = header.high <= uint64(max(o.VerifyLimit, 0))/uint64(header.pageSize)
	if found.whole {
		err = checkPages(s.file, info.Size(), header, true)
	} else {
		err = checkOutline(s.file, info.Size(), header)
	}
	if err != nil {
		return findings{}, s.damaged(adviceBackup, err)
	}
	return found, s.view(func(tx *bbolt.Tx) error {
		if err := s.checkFormat(tx); err != nil {
			return err
		}
		if !found.whole || o.Recover {
			return nil
		}
		return s.checkRecords(tx, adviceRecover)
	})
}

// open has bbolt open a file that exists.
func open(path string, readOnly bool, timeout time.Duration) (s *Store, err error) {
	s = &Store{path: path, toDisk: (*bbolt.Tx).Commit}
	defer func() {
		if err != nil && s.file != nil {
			// bbolt closes it, too, unless it panicked.
			_ = release(s.file)
		}
	}()
	defer s.rescue(debug.SetPanicOnFault(true), &err)
	s.db, err = bbolt.Open(path, 0o600, &bbolt.Options{
		ReadOnly:     readOnly,
		Timeout:      max(timeout, time.Nanosecond), // 0 would be for ever
		FreelistType: bbolt.FreelistMapType,
		NoStatistics: true,
		OpenFile: func(name string, flag int, _ os.FileMode) (*os.File, error) {
			s.file, err = openFile(name, flag&^os.O_CREATE)
			return s.file, err
		},
	})
	if err != nil {
		return s, s.openError(err)
	}
	return s, nil
}

// openError sorts what bbolt.Open returns.
func (s *Store) openError(err error) error {
	var corrupt *bond.CorruptError
	var path *fs.PathError
	var syscallError *os.SyscallError
	var errno syscall.Errno
	switch {
	case errors.As(err, &corrupt), errors.Is(err, ErrPermissions):
		return err
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("%w by another process or an earlier Open: %s: close it there first", ErrLocked, s.path)
	case errors.As(err, &path), errors.As(err, &syscallError), errors.As(err, &errno):
		return fmt.Errorf("boltstore: open %s: %w", s.path, err)
	}
	return s.damaged(adviceForeign, err)
}

// openFile opens a file and looks at what can be seen from outside.
func openFile(path string, flag int) (*os.File, error) {
	// Opening what is no file may wait for ever.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, &bond.CorruptError{File: path, Err: errors.New("not a regular file"), Advice: adviceForeign}
	}
	f, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case info.Size() == 0:
		err = &bond.CorruptError{File: path, Err: errors.New("the file is empty"), Advice: adviceBackup}
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		err = fmt.Errorf("%w: %s has mode %04o: if its keys are still secret, chmod 600 it", ErrPermissions, path, info.Mode().Perm())
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// create makes a new, empty file of bonds. It appears under its name only when
// it is whole, and never in place of another.
func create(path string) error {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	if err := temp.Close(); err != nil {
		return err
	}
	if err := initialize(temp.Name()); err != nil {
		return err
	}
	err = os.Link(temp.Name(), path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = copyNew(temp.Name(), path) // no links on this file system
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// initialize writes the buckets of a new file.
func initialize(path string) (err error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: DefaultTimeout, PageSize: 4096})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{formatBucket, bondsBucket, onAirBucket, irksBucket, identitiesBucket, attemptsBucket} {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		format := tx.Bucket([]byte(formatBucket))
		if err := format.Put([]byte(magicKey), []byte(magic)); err != nil {
			return err
		}
		return format.Put([]byte(versionKey), []byte{0, formatVersion})
	})
}

// copyNew copies a file to a path where there is none.
func copyNew(from, to string) error {
	octets, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(octets)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}

// syncDirectory makes the name of a new file last; Windows has no such call
// and needs none.
func syncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
