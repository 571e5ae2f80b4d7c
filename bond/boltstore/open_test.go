package boltstore

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"blesmp/bond"
	"blesmp/bt"
)

// childFile, in the environment, makes the test binary the process that writes
// until it is killed, from the bond of the number childFirst, with so many
// callers at the same time as childWriters says.
const (
	childFile    = "BOLTSTORE_TEST_FILE"
	childFirst   = "BOLTSTORE_TEST_FIRST"
	childWriters = "BOLTSTORE_TEST_WRITERS"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childFile); path != "" {
		if err := writeForEver(path, os.Getenv(childFirst), os.Getenv(childWriters)); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(sharedDir) // no effect where it is empty
	os.Exit(code)
}

// writeForEver has callers put one bond after the other, and names each on
// standard output once it is stored.
func writeForEver(path, first, writers string) error {
	start, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	callers, err := strconv.Atoi(writers)
	if err != nil {
		return err
	}
	s, err := openWith(path, nil)
	if err != nil {
		return err
	}
	var next atomic.Int64
	next.Store(int64(start))
	failed := make(chan error)
	for range callers {
		go func() {
			for {
				n := int(next.Add(1) - 1)
				err := s.Put(bondWith(n))
				if err == nil {
					_, err = fmt.Println(n) // one write, so lines do not mix
				}
				if err != nil {
					failed <- err
				}
			}
		}()
	}
	return <-failed
}

// TestKilled kills a process that writes bonds without an end, again and again,
// at other places of its writes each time: a process with one caller, and one
// with many. The file is locked before; afterwards it opens, is whole, and holds
// all that the processes said.
func TestKilled(t *testing.T) {
	for writers, kills := range map[int]int{1: 120, 12: 60} {
		t.Run(fmt.Sprintf("%d writers", writers), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bonds.db")
			stored := make(map[int]bool) // what has to be there
			first := 0
			for kill := range kills {
				until := 1 + kill%4*writers
				acknowledged := killAfter(t, path, first, writers, until, time.Duration(kill%50)*20*time.Microsecond)
				for _, n := range acknowledged {
					stored[n] = true
				}
				s := mustOpen(t, path, nil)
				// Each caller can have stored one that it was killed over before
				// it said so.
				unsaid := 0
				for b, err := range s.All() {
					if err != nil {
						t.Fatalf("kill %d: All: %v", kill, err)
					}
					n := int(binary.BigEndian.Uint32(b.Peer.Address[2:]))
					if diff := quickDiff(bondWith(n), b); diff != "" {
						t.Errorf("kill %d: bond %d (-want +got):\n%s", kill, n, diff)
					}
					if !stored[n] {
						unsaid++
						stored[n] = true
					}
					first = max(first, n+1)
				}
				if unsaid > writers {
					t.Errorf("kill %d: %d bonds are stored that were not acknowledged, want at most %d", kill, unsaid, writers)
				}
				for n := range stored {
					if _, err := s.Get(ours, peer(n)); err != nil {
						t.Errorf("kill %d: Get of an acknowledged bond: %v", kill, err)
					}
				}
				if err := errors.Join(s.Check(), s.Close()); err != nil {
					t.Fatalf("kill %d: %v", kill, err)
				}
			}
		})
	}
}

// killAfter has a process write bonds from the one numbered first, and kills it
// once it has acknowledged so many and a moment more is over. It returns the
// numbers of the bonds that are acknowledged by then.
func killAfter(t *testing.T, path string, first, writers, until int, moment time.Duration) (acknowledged []int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childFile+"="+path,
		childFirst+"="+strconv.Itoa(first), childWriters+"="+strconv.Itoa(writers))
	var stderr strings.Builder
	child.Stderr = &stderr
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		var n int
		if _, err := fmt.Sscan(lines.Text(), &n); err != nil || n < first {
			t.Fatalf("line %q, want a bond from %d: %v", lines.Text(), first, err)
		}
		if acknowledged = append(acknowledged, n); len(acknowledged) != until {
			continue
		}
		if _, err := openWith(path, &Options{Timeout: -1}); !errors.Is(err, ErrLocked) {
			t.Errorf("Open of a file in use: %v, want ErrLocked", err)
		}
		for start := time.Now(); time.Since(start) < moment; {
			runtime.Gosched()
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	if err := child.Wait(); err == nil || len(acknowledged) < until {
		t.Fatalf("the child ended by itself after %d bonds: %v: %s", len(acknowledged), err, stderr.String())
	}
	return acknowledged
}

func TestOpen_locked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.db")
	s := mustOpen(t, path, nil)
	_, err := openWith(path, &Options{Timeout: -1})
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), path) {
		t.Errorf("second Open: %v, want ErrLocked with the path", err)
	}
	if err := s.Put(bondWith(1)); err != nil {
		t.Errorf("Put after another's Open: %v", err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Errorf("Close twice: %v", err)
	}
	if _, err := s.Get(ours, peer(1)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Get after Close: %v, want os.ErrClosed", err)
	}
	if err := s.Put(bondWith(1)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Put after Close: %v, want os.ErrClosed", err)
	}
	for _, err := range s.All() {
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("All after Close: %v, want os.ErrClosed", err)
		}
	}
	mustOpen(t, path, &Options{Timeout: -1})
}

// TestOpen_race has several goroutines make the same file. One gets it.
func TestOpen_race(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "bonds.db")
	var wg sync.WaitGroup
	opened := make(chan *Store, 4)
	for range cap(opened) {
		wg.Go(func() {
			s, err := openWith(path, &Options{Timeout: -1})
			if err == nil {
				opened <- s
			} else if !errors.Is(err, ErrLocked) {
				t.Errorf("Open: %v, want ErrLocked", err)
			}
		})
	}
	wg.Wait()
	close(opened)
	for s := range opened {
		if err := s.Put(bondWith(1)); err != nil {
			t.Errorf("Put: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if len(opened) > 1 {
		t.Errorf("%d stores on one file", len(opened))
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files in the directory, want only the one: %v, %v", len(entries), entries, err)
	}
}

func TestOpen_fileSystemErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := openWith(filepath.Join(dir, "missing", "bonds.db"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open in a missing directory: %v, want fs.ErrNotExist", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 0 {
		t.Errorf("Open left %d files behind, %v", len(entries), err)
	}
}

func TestCopyNew(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	write(t, from, []byte("new"))
	if err := copyNew(from, to); err != nil {
		t.Fatalf("copyNew: %v", err)
	}
	wantFile(t, to, []byte("new"))
	write(t, from, []byte("newer"))
	if err := copyNew(from, to); !errors.Is(err, fs.ErrExist) {
		t.Errorf("copyNew over a file: %v, want fs.ErrExist", err)
	}
	wantFile(t, to, []byte("new"))
}

// TestOpen_format changes what the bucket format says.
func TestOpen_format(t *testing.T) {
	for name, test := range map[string]struct {
		change func(tx *bbolt.Tx) error
		want   string
	}{
		"newer version": {func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte(formatBucket)).Put([]byte(versionKey), []byte{0, 2})
		}, "format version 2, want 1: the file is left as it is: use the newer version"},
		"no version": {func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte(formatBucket)).Delete([]byte(versionKey))
		}, "no format version"},
		"another magic": {func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte(formatBucket)).Put([]byte(magicKey), []byte("other bonds"))
		}, "not one of bonds"},
		"a bucket missing": {func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte(irksBucket)) }, "bucket irks: the bucket is missing"},
		"foreign record": {func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte(bondsBucket)).Put([]byte("key"), []byte("value"))
		}, "bucket bonds: record 6b6579"},
		"bucket in a bucket": {func(tx *bbolt.Tx) error {
			_, err := tx.Bucket([]byte(bondsBucket)).CreateBucket([]byte("inner"))
			return err
		}, "where it cannot be"},
		"index without a bond": {func(tx *bbolt.Tx) error {
			key := pairKey(ours, peer(1))
			return tx.Bucket([]byte(irksBucket)).Put(key, seal(key, make([]byte, keySize)))
		}, "bucket irks: record local"},
		"bond without its index": {func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte(bondsBucket)).Put(encodeBond(bondWith(1)))
		}, "not in the index"},
		"index of another bond": {func(tx *bbolt.Tx) error {
			b := bondWith(1)
			b.OnAir, b.PeerIRK = bt.TypedAddress{}, nil
			key := pairKey(ours, peer(2))
			err := tx.Bucket([]byte(onAirBucket)).Put(key, seal(key, appendAddress(nil, b.Peer)))
			return errors.Join(err, tx.Bucket([]byte(bondsBucket)).Put(encodeBond(b)))
		}, "has another address"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bonds.db")
			if err := mustOpen(t, path, nil).Close(); err != nil {
				t.Fatal(err)
			}
			db, err := bbolt.Open(path, 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(db.Update(test.change), db.Close()); err != nil {
				t.Fatal(err)
			}
			file, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = openWith(path, nil)
			wantCorrupt(t, path, err)
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("Open: %v, want %q", err, test.want)
			}
			wantFile(t, path, file)
		})
	}
}

// TestPages_agree fills and empties a file at random, and wants the check of
// its pages and bbolt's own to find nothing: it may not refuse what bbolt
// writes.
func TestPages_agree(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.db")
	random := rand.New(rand.NewPCG(3, 4))
	there := make(map[int]bool)
	for round := range 12 {
		s := mustOpen(t, path, &Options{VerifyLimit: 1 << 40})
		for range 8 {
			var bonds []bond.Bond
			grow := round < 6
			for range 250 {
				n := random.IntN(4000)
				if grow || random.IntN(10) == 0 {
					bonds = append(bonds, bondWith(n))
					there[n] = true
				}
			}
			if err := s.Put(bonds...); err != nil {
				t.Fatalf("Put: %v", err)
			}
			for range 40 {
				n := random.IntN(4000)
				if err := s.Delete(ours, peer(n)); (err == nil) != there[n] {
					t.Fatalf("Delete: %v, while the bond is there: %t", err, there[n])
				}
				delete(there, n)
			}
		}
		if err := s.Check(); err != nil {
			t.Fatalf("Check: %v", err)
		}
		info, err := s.file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		header, err := readHeader(s.file, info.Size())
		if err != nil {
			t.Fatal(err)
		}
		if err := checkPages(s.file, info.Size(), header, false); err != nil {
			t.Fatalf("checkPages without leaves: %v", err)
		}
		err = s.db.View(func(tx *bbolt.Tx) error {
			for err := range tx.Check() {
				t.Errorf("bbolt: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for _, err := range s.All() {
			if err != nil {
				t.Fatalf("All: %v", err)
			}
			count++
		}
		if count != len(there) {
			t.Fatalf("%d bonds, want %d", count, len(there))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
