package ah

import (
	"crypto/aes"
	"fmt"
	"math/rand/v2"
	"testing"

	"blesmp/bt"
)

// ways are the implementations of Find that this build has.
var ways = []struct {
	name string
	find func(keys []bt.Key, prand, hash [3]byte) int
}{{"Find", Find}, {"portable", portable}}

// hashOf is ah, written as the specification has it (Core Vol 3, Part H, 2.2.2).
func hashOf(t testing.TB, key bt.Key, prand [3]byte) (hash [3]byte) {
	t.Helper()
	block, err := aes.NewCipher(key[:])
	if err != nil {
		t.Fatal(err)
	}
	var b [aes.BlockSize]byte
	copy(b[13:], prand[:])
	block.Encrypt(b[:], b[:])
	return [3]byte(b[13:])
}

func draw(random *rand.Rand) (key bt.Key, prand [3]byte) {
	for i := range key {
		key[i] = byte(random.Uint32())
	}
	for i := range prand {
		prand[i] = byte(random.Uint32())
	}
	return key, prand
}

func row(random *rand.Rand, count int) []bt.Key {
	keys := make([]bt.Key, count)
	for i := range keys {
		keys[i], _ = draw(random)
	}
	return keys
}

// TestFind_sample is the sample of Core Vol 3, Part H, D.7.
func TestFind_sample(t *testing.T) {
	key, err := bt.ParseKey("ec0234a357c8ad05341010a60a397d9b")
	if err != nil {
		t.Fatal(err)
	}
	prand, hash := [3]byte{0x70, 0x81, 0x94}, [3]byte{0x0d, 0xfb, 0xaa}
	for _, way := range ways {
		if got := way.find([]bt.Key{{1}, {2}, key}, prand, hash); got != 2 {
			t.Errorf("%s finds %d, want 2", way.name, got)
		}
		for octet := range hash {
			other := hash
			other[octet] ^= 1
			if got := way.find([]bt.Key{{1}, {2}, key}, prand, other); got != -1 {
				t.Errorf("%s finds %d for a hash with another octet %d, want -1", way.name, got, octet)
			}
		}
	}
}

// TestFind_everywhere looks for a key at every position of rows of up to 40 keys,
// and for one that is not there.
func TestFind_everywhere(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for count := range 41 {
		keys := row(random, count)
		_, prand := draw(random)
		for want := -1; want < count; want++ {
			key, _ := draw(random)
			if want >= 0 {
				key = keys[want]
			}
			hash := hashOf(t, key, prand)
			for _, way := range ways {
				if got := way.find(keys, prand, hash); got != want {
					t.Errorf("%s finds %d of %d keys, want %d", way.name, got, count, want)
				}
			}
		}
	}
}

// TestFind_lowest puts one key into many places, of which the first one counts.
func TestFind_lowest(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	key, prand := draw(random)
	hash := hashOf(t, key, prand)
	for range 300 {
		keys := row(random, 1+random.IntN(40))
		want := -1
		for range random.IntN(4) {
			i := random.IntN(len(keys))
			keys[i] = key
			if want < 0 || i < want {
				want = i
			}
		}
		for _, way := range ways {
			if got := way.find(keys, prand, hash); got != want {
				t.Errorf("%s finds %d of %d keys, want %d", way.name, got, len(keys), want)
			}
		}
	}
}

// TestFind_holes looks for addresses that a zero key makes, which resolves
// nothing, also where the key of an owner makes the same hash.
func TestFind_holes(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	// One key in 16,777,216 makes the same hash as the zero key, as this one does.
	owner, err := bt.ParseKey("3967d5db384c1997470a20acd7a74d37")
	if err != nil {
		t.Fatal(err)
	}
	prand := [3]byte{0x70, 0x81, 0x94}
	hash := hashOf(t, bt.Key{}, prand)
	if hash != hashOf(t, owner, prand) {
		t.Fatal("the zero key makes another hash than the owner's")
	}
	for count := range 41 {
		for want := -1; want < count; want++ {
			keys := row(random, count)
			for i := range keys {
				if i == want {
					keys[i] = owner
				} else if random.IntN(3) > 0 {
					keys[i] = bt.Key{}
				}
			}
			for _, way := range ways {
				if got := way.find(keys, prand, hash); got != want {
					t.Errorf("%s finds %d of %d keys, want %d", way.name, got, count, want)
				}
			}
		}
	}
}

// TestFind_places has the keys begin at every octet of memory, which is not where
// the registers would have them.
func TestFind_places(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	type place struct {
		_    [1]byte
		keys [9]bt.Key
	}
	memory := make([]place, 16) // 145 octets each: every place has another alignment
	for n := range memory {
		keys := memory[n].keys[:]
		copy(keys, row(random, len(keys)))
		_, prand := draw(random)
		for want := range keys {
			hash := hashOf(t, keys[want], prand)
			for from := 0; from <= want; from++ {
				for _, way := range ways {
					if got := way.find(keys[from:want+1:want+1], prand, hash); got != want-from {
						t.Errorf("%s finds %d from place %d, want %d", way.name, got, n, want-from)
					}
				}
			}
		}
	}
}

// FuzzFind wants all ways to find what ah says of each key in turn.
func FuzzFind(f *testing.F) {
	f.Add([]byte("0123456789abcdef0123456789ABCDEF"), []byte{1, 2, 3}, -1)
	f.Add(make([]byte, 16*9), []byte{0x70, 0x81, 0x94}, 8)
	f.Add(make([]byte, 16*5+3), []byte{}, 2)
	f.Fuzz(func(t *testing.T, octets, random []byte, owner int) {
		keys := make([]bt.Key, min(len(octets)/16, 100))
		for i := range keys {
			keys[i] = bt.Key(octets[16*i:])
		}
		var prand, hash [3]byte
		copy(hash[:], random[copy(prand[:], random):])
		if owner >= 0 && owner < len(keys) {
			hash = hashOf(t, keys[owner], prand)
		}
		want := -1
		for i, key := range keys {
			if key != (bt.Key{}) && hashOf(t, key, prand) == hash {
				want = i
				break
			}
		}
		for _, way := range ways {
			if got := way.find(keys, prand, hash); got != want {
				t.Errorf("%s finds %d, want %d", way.name, got, want)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	for _, count := range []int{1, 4, 1000, 100_000} {
		keys := row(rand.New(rand.NewPCG(11, 12)), count)
		for _, way := range ways {
			b.Run(fmt.Sprintf("%s/%d", way.name, count), func(b *testing.B) {
				var prand [3]byte
				n := 0
				for b.Loop() {
					n++
					prand[0], prand[1], prand[2] = byte(n>>16), byte(n>>8), byte(n)
					way.find(keys, prand, [3]byte{})
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(count), "ns/key")
			})
		}
	}
}
