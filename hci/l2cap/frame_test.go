package l2cap_test

import (
	"bytes"
	"errors"
	"testing"

	"blesmp/hci/l2cap"

	"github.com/google/go-cmp/cmp"
)

// fragment is one ACL packet's part of a frame.
type fragment struct {
	Boundary l2cap.Boundary
	Data     []byte
}

func octets(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func frame(t testing.TB, channel l2cap.CID, payload []byte) []byte {
	t.Helper()
	b, err := l2cap.AppendFrame(nil, channel, payload)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func cut(whole []byte, first l2cap.Boundary, size int) []fragment {
	var fragments []fragment
	for f := l2cap.NewFragmenter(whole, first); !f.Done(); {
		boundary, data := f.Next(size)
		fragments = append(fragments, fragment{boundary, data})
	}
	return fragments
}

func TestFragmenter(t *testing.T) {
	publicKey := frame(t, l2cap.SMP, append([]byte{0x0c}, octets(64)...))
	for _, test := range []struct {
		name  string
		frame []byte
		first l2cap.Boundary
		size  int
		want  []fragment
	}{
		{
			name: "fits", frame: frame(t, l2cap.SMP, []byte{0x05, 0x08}), first: l2cap.FirstToController, size: 27,
			want: []fragment{{l2cap.FirstToController, []byte{0x02, 0x00, 0x06, 0x00, 0x05, 0x08}}},
		},
		{
			name: "public key on the smallest buffers", frame: publicKey, first: l2cap.FirstToController, size: 27,
			want: []fragment{
				{l2cap.FirstToController, publicKey[:27]},
				{l2cap.Continuation, publicKey[27:54]},
				{l2cap.Continuation, publicKey[54:]},
			},
		},
		{
			name: "exactly two", frame: publicKey[:54], first: l2cap.FirstToHost, size: 27,
			want: []fragment{{l2cap.FirstToHost, publicKey[:27]}, {l2cap.Continuation, publicKey[27:54]}},
		},
		{
			name: "empty payload", frame: frame(t, l2cap.ATT, nil), first: l2cap.FirstToController, size: 27,
			want: []fragment{{l2cap.FirstToController, []byte{0, 0, 4, 0}}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, cut(test.frame, test.first, test.size)); diff != "" {
				t.Errorf("fragments (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAppendFrameTooLong(t *testing.T) {
	dst := []byte{1}
	got, err := l2cap.AppendFrame(dst, l2cap.ATT, make([]byte, l2cap.MaxPayload+1))
	if !errors.Is(err, l2cap.ErrTooLong) || !bytes.Equal(got, dst) {
		t.Errorf("got % x, %v; want dst and ErrTooLong", got, err)
	}
}

func TestReassembler(t *testing.T) {
	const first, more = l2cap.FirstToHost, l2cap.Continuation
	type result struct {
		Channel l2cap.CID
		Payload []byte
		Problem string
	}
	for _, test := range []struct {
		name string
		push []fragment
		want []result // one for each push that gives a frame or an error
	}{
		{
			name: "one fragment",
			push: []fragment{{first, []byte{2, 0, 6, 0, 5, 8}}},
			want: []result{{Channel: l2cap.SMP, Payload: []byte{5, 8}}},
		},
		{
			name: "from a host",
			push: []fragment{{l2cap.FirstToController, []byte{2, 0, 6, 0, 5}}, {more, []byte{8}}},
			want: []result{{Channel: l2cap.SMP, Payload: []byte{5, 8}}},
		},
		{
			name: "empty payload",
			push: []fragment{{first, []byte{0, 0, 4, 0}}},
			want: []result{{Channel: l2cap.ATT, Payload: []byte{}}},
		},
		{
			name: "header in three parts",
			push: []fragment{{first, []byte{2}}, {more, []byte{0, 6}}, {more, []byte{0, 5, 8}}},
			want: []result{{Channel: l2cap.SMP, Payload: []byte{5, 8}}},
		},
		{
			name: "empty fragments",
			push: []fragment{{first, nil}, {more, []byte{1, 0, 6, 0}}, {more, nil}, {more, []byte{5}}},
			want: []result{{Channel: l2cap.SMP, Payload: []byte{5}}},
		},
		{
			name: "orphan, then a good frame",
			push: []fragment{{more, []byte{1, 2, 3}}, {first, []byte{1, 0, 6, 0, 5}}},
			want: []result{
				{Problem: "l2cap: a continuation without a beginning (3 octets)"},
				{Channel: l2cap.SMP, Payload: []byte{5}},
			},
		},
		{
			name: "overlapping: the new frame counts",
			push: []fragment{{first, []byte{9, 0, 6, 0, 5}}, {first, []byte{1, 0, 6, 0, 7}}, {more, []byte{1}}},
			want: []result{
				{Channel: l2cap.SMP, Payload: []byte{7}, Problem: "l2cap: a frame begins before the last one is whole (5 of 13 octets)"},
				{Problem: "l2cap: a continuation without a beginning (1 octets)"},
			},
		},
		{
			name: "overlapping: the new frame is not whole yet",
			push: []fragment{{first, []byte{9, 0, 6}}, {first, []byte{2, 0, 6, 0, 5}}, {more, []byte{8}}},
			want: []result{
				{Problem: "l2cap: a frame begins before the last one is whole (3 octets)"},
				{Channel: l2cap.SMP, Payload: []byte{5, 8}},
			},
		},
		{
			name: "overlong at once",
			push: []fragment{{first, []byte{1, 0, 6, 0, 5, 8}}, {first, []byte{1, 0, 6, 0, 5}}},
			want: []result{
				{Problem: "l2cap: the fragments are longer than the frame (6 of 5 octets)"},
				{Channel: l2cap.SMP, Payload: []byte{5}},
			},
		},
		{
			name: "overlong by a continuation",
			push: []fragment{{first, []byte{2, 0, 6, 0, 5}}, {more, []byte{8, 9}}, {more, []byte{1}}},
			want: []result{
				{Problem: "l2cap: the fragments are longer than the frame (7 of 6 octets)"},
				{Problem: "l2cap: a continuation without a beginning (1 octets)"},
			},
		},
		{
			name: "a flag that LE does not use",
			push: []fragment{{first, []byte{2, 0, 6, 0, 5}}, {3, []byte{8}}, {more, []byte{8}}},
			want: []result{
				{Problem: "l2cap: packet boundary flag 3 is not used on LE (1 octets)"},
				{Problem: "l2cap: a continuation without a beginning (1 octets)"},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var r l2cap.Reassembler
			var got []result
			for _, f := range test.push {
				whole, ok, err := r.Push(f.Boundary, f.Data)
				var one result
				if ok {
					one.Channel, one.Payload = whole.Channel, bytes.Clone(whole.Payload)
				}
				if err != nil {
					one.Problem = err.Error()
				}
				if ok || err != nil {
					got = append(got, one)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFragmentsRoundTrip(t *testing.T) {
	var r l2cap.Reassembler
	for _, length := range []int{0, 1, 22, 23, 24, 65, 247, 512, l2cap.MaxPayload} {
		for _, size := range []int{1, 4, 5, 27, 251} {
			payload := octets(length)
			var got []byte
			for _, f := range cut(frame(t, l2cap.SMP, payload), l2cap.FirstToHost, size) {
				whole, ok, err := r.Push(f.Boundary, f.Data)
				if err != nil {
					t.Fatalf("%d octets by %d: %v", length, size, err)
				}
				if ok {
					got = bytes.Clone(whole.Payload)
				}
			}
			if !bytes.Equal(payload, got) {
				t.Errorf("%d octets by %d: %d octets came back", length, size, len(got))
			}
		}
	}
}

// FuzzReassembler reads a list of fragments, each a flag, a length and octets.
func FuzzReassembler(f *testing.F) {
	f.Add([]byte{2, 6, 2, 0, 6, 0, 5, 8})
	f.Add([]byte{2, 5, 2, 0, 6, 0, 5, 1, 1, 8, 1, 1, 9, 2, 2, 1, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		var r l2cap.Reassembler
		pushed := 0
		for len(script) >= 2 {
			n := min(int(script[1]), len(script)-2)
			whole, ok, err := r.Push(l2cap.Boundary(script[0]&3), script[2:2+n])
			pushed += n
			if ok && len(whole.Payload) > pushed {
				t.Fatalf("%d octets came out of %d", len(whole.Payload), pushed)
			}
			var fragment *l2cap.FragmentError
			if err != nil && !errors.As(err, &fragment) {
				t.Fatalf("error of another type: %v", err)
			}
			script = script[2+n:]
		}
		whole, ok, _ := r.Push(l2cap.FirstToHost, []byte{1, 0, 6, 0, 5})
		if want := (l2cap.Frame{Channel: l2cap.SMP, Payload: []byte{5}}); !ok || !cmp.Equal(want, whole) {
			t.Fatalf("after all that a good frame gives %v, %t", whole, ok)
		}
	})
}
