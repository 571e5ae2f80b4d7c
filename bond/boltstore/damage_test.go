package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"blesmp/bond"
)

const pageSize = 4096

// flips gives the bits to flip in a file: many at the start of every page in
// use, where bbolt keeps what it trusts, and a thinner sample of the rest.
func flips(file []byte) []int {
	var bits []int
	for page := 0; page < len(file); page += pageSize {
		if bytes.Equal(file[page:page+pageSize], make([]byte, pageSize)) {
			continue
		}
		for bit := range 8 * 48 {
			if bit%16 == page/pageSize%16 {
				bits = append(bits, 8*page+bit)
			}
		}
	}
	for bit := 0; bit < 8*len(file); bit += 2053 {
		bits = append(bits, bit)
	}
	return bits
}

// TestDamage_flips wants a file with one wrong bit to be refused and left
// alone, or to hold what it held before.
func TestDamage_flips(t *testing.T) {
	good, want := sample(t)
	path := filepath.Join(t.TempDir(), "bonds.db")
	refused := 0
	for _, bit := range flips(good) {
		file := bytes.Clone(good)
		file[bit/8] ^= 1 << (bit % 8)
		write(t, path, file)
		s, err := openWith(path, nil)
		if err != nil {
			refused++
			wantCorrupt(t, path, err)
		} else {
			got, err := read(s)
			if err != nil {
				t.Fatalf("bit %d of octet %#x: read: %v", bit%8, bit/8, err)
			}
			if diff := quickDiff(want, got); diff != "" {
				t.Fatalf("bit %d of octet %#x (-want +got):\n%s", bit%8, bit/8, diff)
			}
			if err := s.Close(); err != nil {
				t.Fatalf("Close: %v", err)
			}
		}
		wantFile(t, path, file)
	}
	if refused == 0 {
		t.Error("no file was refused")
	}
}

// TestDamage_unverified does the same where Open does not look at the leaves:
// whatever is found then, it is not a panic, a wrong bond or a changed file.
func TestDamage_unverified(t *testing.T) {
	good, want := sample(t)
	path := filepath.Join(t.TempDir(), "bonds.db")
	for i, bit := range flips(good) {
		file := bytes.Clone(good)
		file[bit/8] ^= 1 << (bit % 8)
		write(t, path, file)
		useDamaged(t, path, file, want, i, fmt.Sprintf("bit %d of octet %#x", bit%8, bit/8))
	}
}

// useDamaged opens a damaged file without looking at its leaves, calls every
// method that reads and, at every third turn, one that changes something.
func useDamaged(t *testing.T, path string, file []byte, want contents, turn int, what string) {
	t.Helper()
	s, err := openWith(path, &Options{VerifyLimit: -1})
	if err != nil {
		wantCorrupt(t, path, err)
		wantFile(t, path, file)
		return
	}
	known := func(method string, err error) {
		t.Helper()
		var corrupt *bond.CorruptError
		if err != nil && !errors.Is(err, bond.ErrNotFound) && !errors.As(err, &corrupt) {
			t.Fatalf("%s: %s: %v", what, method, err)
		}
	}
	for n := 0; n < len(want.Bonds); n += 17 {
		b, err := s.Get(ours, peer(n))
		known("Get", err)
		if diff := quickDiff(want.Bonds[n], b); err == nil && diff != "" {
			t.Fatalf("%s: Get (-want +got):\n%s", what, diff)
		}
		b, err = s.Get(ours, want.Bonds[n].OnAir)
		known("Get", err)
		if diff := quickDiff(want.Bonds[n], b); err == nil && diff != "" {
			t.Fatalf("%s: Get by on-air address (-want +got):\n%s", what, diff)
		}
	}
	_, err = read(s)
	known("read", err)
	known("Check", s.Check())
	wantFile(t, path, file)

	changes := []func() error{
		func() error { return s.Put(bondWith(60)) },
		func() error { return s.PutIdentity(want.Identities[0]) },
		func() error { return s.PutAttempts(ours, peer(8), []byte{8}) },
		func() error { _, err := s.ReserveSignCounter(ours, peer(30), 1); return err },
		func() error { return s.Delete(ours, want.Bonds[90].OnAir) },
	}
	if turn%3 == 0 { // each waits for the disk
		if err := changes[turn/3%len(changes)](); err != nil {
			known("change", err)
			wantFile(t, path, file)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatalf("%s: Close: %v", what, err)
	}
}

func TestDamage_truncated(t *testing.T) {
	good, want := sample(t)
	header, err := readHeader(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	used := int(header.high) * pageSize
	path := filepath.Join(t.TempDir(), "bonds.db")
	var sizes []int
	for page := 0; page <= used; page += pageSize {
		sizes = append(sizes, page, page+1, page+80, page+pageSize-1)
	}
	for _, size := range sizes {
		if size >= len(good) {
			continue
		}
		write(t, path, good[:size])
		for _, o := range []*Options{nil, {VerifyLimit: -1}, {Recover: true}} {
			s, err := openWith(path, o)
			if size >= used {
				if err != nil {
					t.Fatalf("without the unused end, %d octets: %v", size, err)
				}
				wantContents(t, s, want)
				if err := s.Close(); err != nil {
					t.Fatalf("Close: %v", err)
				}
				continue
			}
			wantCorrupt(t, path, err)
			wantFile(t, path, good[:size])
		}
	}
}

func TestDamage_foreign(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other.db")
	db, err := bbolt.Open(other, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("bonds"))
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	foreign, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	garbage := make([]byte, 1<<17)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range garbage {
		garbage[i] = byte(random.Uint32())
	}
	good, _ := sample(t)
	for name, file := range map[string][]byte{
		"empty":              {},
		"one octet":          {0},
		"text":               []byte("bonds = []\n"),
		"zeros":              make([]byte, 1<<16),
		"garbage":            garbage,
		"short garbage":      garbage[:5000],
		"garbage in the end": append(bytes.Clone(good[:3*pageSize]), garbage...),
		"another bbolt file": foreign,
		"headers alone":      good[:2*pageSize],
		"headers swapped":    append(append(bytes.Clone(good[2*pageSize:4*pageSize]), good[:2*pageSize]...), good[4*pageSize:]...),
		"pages shifted":      append(bytes.Clone(good[:2*pageSize]), good[3*pageSize:]...),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bonds.db")
			write(t, path, file)
			for _, o := range []*Options{nil, {VerifyLimit: -1}, {Recover: true}} {
				_, err := openWith(path, o)
				wantCorrupt(t, path, err)
				wantFile(t, path, file)
			}
		})
	}
	t.Run("a directory", func(t *testing.T) {
		_, err := openWith(dir, nil)
		wantCorrupt(t, dir, err)
	})
}

// TestDamage_cycle makes a branch lead to itself, which would keep bbolt
// descending until the stack is full.
func TestDamage_cycle(t *testing.T) {
	good, _ := sample(t)
	path := filepath.Join(t.TempDir(), "bonds.db")
	branches := 0
	for page := 2 * pageSize; page < len(good); page += pageSize {
		p := pageData(good[page : page+pageSize])
		if p.kind() != branchPage || p.id() != uint64(page/pageSize) {
			continue
		}
		branches++
		for i := range int(p.count()) {
			file := bytes.Clone(good)
			native.PutUint64(file[page+pageHeaderSize+i*elementSize+8:], p.id())
			write(t, path, file)
			s, err := openWith(path, nil)
			inUse := err != nil // and not on a free page
			if inUse {
				wantCorrupt(t, path, err)
			} else if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			wantFile(t, path, file)
			for _, o := range []*Options{{VerifyLimit: -1}, {Recover: true, VerifyLimit: -1}} {
				s, err := openWith(path, o)
				if err != nil {
					wantCorrupt(t, path, err)
					wantFile(t, path, file)
					continue
				}
				if !inUse {
					if err := errors.Join(s.Check(), s.Put(bondWith(1)), s.Close()); err != nil {
						t.Fatalf("opened, but %v", err)
					}
					continue
				}
				_, err = read(s)
				wantCorrupt(t, path, err)
				_, err = s.Resolve(ours, addressOf(t, "40:00:00:00:00:01/random"))
				wantCorrupt(t, path, err)
				wantCorrupt(t, path, s.Put(bondWith(1)))
				wantCorrupt(t, path, s.Check())
				if err := s.Close(); err != nil {
					t.Fatalf("Close: %v", err)
				}
				wantFile(t, path, file)
			}
		}
	}
	if branches < 2 {
		t.Errorf("%d branches in the sample, want several", branches)
	}
}

// TestRecover_record damages one record of each kind.
func TestRecover_record(t *testing.T) {
	good, want := sample(t)
	path := filepath.Join(t.TempDir(), "bonds.db")
	victim := want.Bonds[50]
	damage := func(t *testing.T, record []byte) []byte {
		t.Helper()
		file := bytes.Clone(good)
		header, err := readHeader(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for at := 0; ; at++ {
			next := bytes.Index(file[at:], record)
			if next < 0 {
				break
			}
			at += next
			file[at+3] ^= 0x10 // also in stale pages: they do not matter
			found++
		}
		if found == 0 || header.high == 0 {
			t.Fatal("the record is not in the file")
		}
		write(t, path, file)
		return file
	}

	t.Run("bond", func(t *testing.T) {
		_, record := encodeBond(victim)
		file := damage(t, record)
		_, err := openWith(path, nil)
		corrupt := wantCorrupt(t, path, err)
		if corrupt.Bucket != bondsBucket || corrupt.Record != "local 00:AA:00:00:00:00/public, peer C0:00:00:00:00:32/random" {
			t.Errorf("CorruptError names bucket %q, record %q", corrupt.Bucket, corrupt.Record)
		}
		wantFile(t, path, file)

		s := mustOpen(t, path, &Options{Recover: true})
		_, err = s.Get(ours, victim.Peer)
		wantCorrupt(t, path, err)
		_, err = s.Get(ours, victim.OnAir)
		wantCorrupt(t, path, err)
		wantCorrupt(t, path, s.Put(victim))
		wantCorrupt(t, path, s.Check())
		wantFile(t, path, file)
		unread, rest := 0, 0
		for _, err := range s.All() {
			if err != nil {
				wantCorrupt(t, path, err)
				unread++
			} else {
				rest++
			}
		}
		if unread != 1 || rest != sampleBonds-1 {
			t.Errorf("All: %d cannot be read and %d can, want 1 and %d", unread, rest, sampleBonds-1)
		}
		if err := s.Delete(ours, victim.OnAir); err != nil {
			t.Fatalf("Delete: %v", err)
		}
		if err := errors.Join(s.Check(), s.Close()); err != nil {
			t.Fatal(err)
		}
		left := want
		left.Bonds = append(append([]bond.Bond(nil), want.Bonds[:50]...), want.Bonds[51:]...)
		wantContents(t, mustOpen(t, path, nil), left)
	})

	for name, test := range map[string]struct {
		bucket string
		key    []byte
		value  []byte
	}{
		"on-air address": {onAirBucket, pairKey(ours, victim.OnAir), appendAddress(nil, victim.Peer)},
		"IRK":            {irksBucket, pairKey(ours, victim.Peer), victim.PeerIRK[:]},
	} {
		t.Run(name, func(t *testing.T) {
			damage(t, seal(test.key, test.value))
			_, err := openWith(path, nil)
			if corrupt := wantCorrupt(t, path, err); corrupt.Bucket != test.bucket {
				t.Errorf("CorruptError names bucket %q, want %q", corrupt.Bucket, test.bucket)
			}
			s := mustOpen(t, path, &Options{Recover: true})
			if _, err := s.Get(ours, victim.Peer); err != nil {
				t.Errorf("Get by identity: %v", err)
			}
			if test.bucket == onAirBucket {
				_, err := s.Get(ours, victim.OnAir)
				wantCorrupt(t, path, err)
			}
			if err := s.Delete(ours, victim.OnAir); err != nil {
				t.Fatalf("Delete: %v", err)
			}
			if _, err := s.Get(ours, victim.Peer); !errors.Is(err, bond.ErrNotFound) {
				t.Errorf("Get after Delete: %v, want ErrNotFound", err)
			}
			if err := errors.Join(s.Check(), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}

	t.Run("identity", func(t *testing.T) {
		_, record := encodeIdentity(want.Identities[0])
		damage(t, record)
		s := mustOpen(t, path, &Options{Recover: true})
		_, err := s.Identities()
		if corrupt := wantCorrupt(t, path, err); corrupt.Bucket != identitiesBucket {
			t.Errorf("CorruptError names bucket %q", corrupt.Bucket)
		}
		if err := s.DeleteIdentity(ours); err != nil {
			t.Errorf("DeleteIdentity: %v", err)
		}
		if err := errors.Join(s.Check(), s.Close()); err != nil {
			t.Error(err)
		}
	})

	t.Run("attempts", func(t *testing.T) {
		key := pairKey(ours, peer(7))
		damage(t, encodeAttempts(key, 1, want.Attempts))
		s := mustOpen(t, path, &Options{Recover: true})
		_, err := s.Attempts(ours, peer(7))
		if corrupt := wantCorrupt(t, path, err); corrupt.Bucket != attemptsBucket {
			t.Errorf("CorruptError names bucket %q", corrupt.Bucket)
		}
		if err := s.PutAttempts(ours, peer(7), want.Attempts); err != nil {
			t.Errorf("PutAttempts: %v", err)
		}
		wantContents(t, s, want)
		if err := errors.Join(s.Check(), s.Close()); err != nil {
			t.Error(err)
		}
	})
}

// TestRecover_header damages either header. The one of the last change takes
// that change with it, so nobody may miss it.
func TestRecover_header(t *testing.T) {
	good, want := sample(t)
	header, err := readHeader(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "bonds.db")
	for page := range uint64(2) {
		file := bytes.Clone(good)
		file[page*pageSize+pageHeaderSize+20] ^= 1
		write(t, path, file)
		_, err := openWith(path, nil)
		wantCorrupt(t, path, err)
		if !errors.Is(err, errOldHeader) {
			t.Errorf("Open: %v, want %v", err, errOldHeader)
		}
		wantFile(t, path, file)
		s := mustOpen(t, path, &Options{Recover: true})
		if err := errors.Join(s.Check(), s.Close()); err != nil {
			t.Fatal(err)
		}
		expect := want
		if header.transaction%2 == page {
			expect.Attempts = nil // stored last
		}
		s = mustOpen(t, path, nil)
		wantContents(t, s, expect)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
