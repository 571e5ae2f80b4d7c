package bond

import (
	"crypto/aes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"blesmp/bt"
)

func testAddress(kind byte, n uint32) bt.Address {
	a := bt.Address{0x40, kind}
	binary.BigEndian.PutUint32(a[2:], n)
	return a
}

// TestAnswerTable_flood has addresses that come again and again among very many
// that come once, and wants the table to keep the former, also if the flood is
// there before them.
func TestAnswerTable_flood(t *testing.T) {
	const regulars = 100 // of 256 places
	for _, test := range []struct {
		name         string
		early        int // turns of the regulars before the flood
		flood        int // addresses between two turns of the regulars
		turns, count int // of the turns, those that count
	}{
		{"settled before", 20, 1000, 200, 200},
		{"flooded before", 0, 100, 1000, 700},
	} {
		t.Run(test.name, func(t *testing.T) {
			table := newAnswerTable(16)
			random := rand.New(rand.NewPCG(1, 2))
			missed := 0
			for turn := -test.early; turn < test.turns; turn++ {
				for n := range uint32(regulars) {
					a := testAddress(1, n)
					got := table.get(a)
					if got >= 0 && got != int(n) {
						t.Fatalf("get of regular %d = %d", n, got)
					}
					if got < 0 {
						table.put(a, int(n))
						if turn >= test.turns-test.count {
							missed++
						}
					}
				}
				for range test.flood {
					if a := testAddress(2, random.Uint32()); turn >= 0 && table.get(a) < 0 {
						table.put(a, 7)
					}
				}
			}
			t.Logf("%d of %d answers were lost", missed, regulars*test.count)
			// The hash has a new seed in each run: some sets get more regulars than
			// they have places.
			if missed*8 > regulars*test.count {
				t.Errorf("%d of %d answers were lost, want at most one of eight", missed, regulars*test.count)
			}
		})
	}
}

// TestAnswerTable_replaced wants new regulars to find a place when the old ones
// do not come any more.
func TestAnswerTable_replaced(t *testing.T) {
	const regulars = 40 // few enough for no set to be short of places, whatever the seed
	table := newAnswerTable(16)
	for generation := range uint32(20) {
		missed := 0
		for step := range 50 {
			for n := range uint32(regulars) {
				a := testAddress(3, generation<<16|n)
				if table.get(a) < 0 {
					table.put(a, 1)
					if step >= 25 {
						missed++
					}
				}
			}
		}
		if missed > regulars {
			t.Errorf("generation %d: asked 25 times in a row, %d addresses were missed %d times", generation, regulars, missed)
		}
	}
}

// TestIRKList_floodSize wants what a list remembers to be no larger after a
// flood, and the answers about peers to outlast it.
func TestIRKList_floodSize(t *testing.T) {
	l := newIRKList()
	const peers = 300
	address := func(n uint32) bt.TypedAddress { return bt.TypedAddress{Address: testAddress(0, n)} }
	key := func(n uint32) bt.Key { return bt.Key{1, 15: byte(n), 14: byte(n >> 8)} }
	var known []bt.Address
	for n := range uint32(peers) {
		l.put(address(n), key(n))
	}
	for n := range uint32(100) {
		rpa := testAddress(4, n)
		irk := key(n)
		block, err := aes.NewCipher(irk[:])
		if err != nil {
			t.Fatal(err)
		}
		out := make([]byte, aes.BlockSize)
		block.Encrypt(out, append(make([]byte, 13), rpa[:3]...))
		copy(rpa[3:], out[13:])
		known = append(known, rpa)
		for range 2 {
			if peer, ok := l.resolve(rpa); !ok || peer != address(n) {
				t.Fatalf("resolve of peer %d: %v, %t", n, peer, ok)
			}
		}
	}
	size := len(l.answers.found.sets) + len(l.answers.unknown.sets)
	random := rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		l.resolve(testAddress(byte(random.Uint32()), random.Uint32()))
	}
	if got := len(l.answers.found.sets) + len(l.answers.unknown.sets); got != size {
		t.Errorf("%d sets after a flood, %d before", got, size)
	}
	lost := 0
	for _, rpa := range known {
		if _, s := l.recall(rpa); s != nil {
			lost++
		}
	}
	if lost > len(known)/10 {
		t.Errorf("%d of %d peers have to be searched for after a flood", lost, len(known))
	}
}

// TestSetsFor wants tables to grow with the list, and not without an end.
func TestSetsFor(t *testing.T) {
	for _, test := range []struct{ peers, want int }{
		{0, minSets}, {1, minSets}, {1000, 16}, {100_000, maxSets}, {math.MaxInt32, maxSets},
	} {
		if got := setsFor(test.peers); got != test.want {
			t.Errorf("setsFor(%d) = %d, want %d", test.peers, got, test.want)
		}
	}
}
