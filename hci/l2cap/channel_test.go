package l2cap_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"blesmp/hci/l2cap"

	"github.com/google/go-cmp/cmp"
)

func TestChannelReceive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := l2cap.NewChannel(l2cap.ATT, nil, nil)
		var got [][]byte
		var last error
		go func() {
			for {
				p, err := c.Receive(t.Context())
				if err != nil {
					last = err
					return
				}
				got = append(got, p)
			}
		}()
		synctest.Wait()
		memory := []byte{1}
		c.Deliver(memory)
		memory[0] = 2
		c.Deliver(memory)
		c.Deliver(nil)
		broken := errors.New("link is gone")
		if !c.End(broken) || c.End(errors.New("again")) {
			t.Error("the first End counts, and only that one")
		}
		c.Deliver([]byte{9})
		synctest.Wait()
		if diff := cmp.Diff([][]byte{{1}, {2}, {}}, got); diff != "" {
			t.Errorf("received (-want +got):\n%s", diff)
		}
		if !errors.Is(last, broken) {
			t.Errorf("ended with %v, want %v", last, broken)
		}
	})
}

func TestChannelReceiveContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := l2cap.NewChannel(l2cap.ATT, nil, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var got error
		go func() { _, got = c.Receive(ctx) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if !errors.Is(got, context.Canceled) {
			t.Errorf("got %v", got)
		}
	})
}

func TestChannelSendAndClose(t *testing.T) {
	var sent [][]byte
	closed := 0
	c := l2cap.NewChannel(l2cap.ATT, func(p []byte) error { sent = append(sent, p); return nil }, func() { closed++ })
	if err := c.Send([]byte{2, 5, 2}); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	_ = c.Close()
	if err := c.Send([]byte{1}); !errors.Is(err, l2cap.ErrClosed) {
		t.Errorf("Send on a closed channel: got %v", err)
	}
	if _, err := c.Receive(t.Context()); !errors.Is(err, l2cap.ErrClosed) {
		t.Errorf("Receive on a closed channel: got %v", err)
	}
	if diff := cmp.Diff([][]byte{{2, 5, 2}}, sent); diff != "" || closed != 1 {
		t.Errorf("closed %d times; sent (-want +got):\n%s", closed, diff)
	}
}

func TestChannelOverflow(t *testing.T) {
	c := l2cap.NewChannel(l2cap.ATT, nil, nil)
	n := 0
	for range 10_000 {
		c.Deliver([]byte{1})
	}
	for {
		_, err := c.Receive(t.Context())
		if errors.Is(err, l2cap.ErrOverflow) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n == 0 || n > 1000 {
		t.Errorf("%d PDUs were kept", n)
	}
}
