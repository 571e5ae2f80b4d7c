package market

import (
	"testing"

	"blesmp/gen/table"

	"github.com/google/go-cmp/cmp"
)

// talk lets two deals exchange their PDUs until both are silent, and lists the
// other effects as "role Kind".
func talk(deals [2]*Deal, from uint8, effects []Effect) []string {
	var told []string
	type flight struct {
		to  uint8
		pdu []byte
	}
	var queue []flight
	deliver := func(role uint8, effects []Effect) {
		for _, e := range effects {
			switch e.Kind {
			case EffectSend:
				queue = append(queue, flight{1 - role, append([]byte(nil), e.PDU...)})
			case EffectStartTimer, EffectStopTimer:
			default:
				told = append(told, deals[role].name()+" "+e.Kind.String())
			}
		}
	}
	deliver(from, effects)
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		deliver(next.to, deals[next.to].Receive(nil, next.pdu))
	}
	return told
}

func (d *Deal) name() string { return d.table.Roles[d.machine.Role] }

func pair(buyerLimit, sellerLimit uint16) [2]*Deal {
	buyer, seller := New(Table(), Buyer), New(Table(), Seller)
	buyer.Wants, buyer.Limit = GoodsBread|GoodsEggs, buyerLimit
	seller.Limit = sellerLimit
	return [2]*Deal{buyer, seller}
}

func TestDeal(t *testing.T) {
	deals := pair(200, 200)
	told := talk(deals, Buyer, deals[Buyer].Step(nil, EventBuy))
	if diff := cmp.Diff([]string{"seller AskPerson"}, told); diff != "" {
		t.Errorf("ordering (-want +got):\n%s", diff)
	}
	told = talk(deals, Seller, deals[Seller].Step(nil, EventAccepted))
	want := []string{"buyer Nod", "seller Ring", "seller Done", "buyer Done"}
	if diff := cmp.Diff(want, told, sorted); diff != "" {
		t.Errorf("dealing (-want +got):\n%s", diff)
	}
	for role, d := range deals {
		if d.State() != StateIdle {
			t.Errorf("role %d ends in %v, want Idle", role, d.State())
		}
	}
	// The buyer pays from an empty bag: bread, label and box.
	if got := deals[Buyer].Bag(); got != 3 {
		t.Errorf("%d things in the buyer's bag, want 3", got)
	}
}

var sorted = cmp.Transformer("sorted", func(list []string) map[string]int {
	counts := map[string]int{}
	for _, s := range list {
		counts[s]++
	}
	return counts
})

func TestEffects(t *testing.T) {
	tests := []struct {
		name   string
		events []EventKind
		want   []Effect
	}{
		{
			name:   "a refused command has its argument",
			events: []EventKind{EventCall, EventCall},
			want: []Effect{
				{Kind: EffectSend, PDU: []byte{0x09}},
				{Kind: EffectStartTimer, Timer: TimerBoredom},
				{Kind: EffectRefuse, Excuse: Busy},
			},
		},
		{
			name:   "the state's own timer stops with the state",
			events: []EventKind{EventCall, EventYawned},
			want: []Effect{
				{Kind: EffectSend, PDU: []byte{0x09}},
				{Kind: EffectStartTimer, Timer: TimerBoredom},
				{Kind: EffectStopTimer, Timer: TimerBoredom},
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := New(Table(), Seller)
			var got []Effect
			for _, event := range test.events {
				got = d.Step(got, event)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("effects (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMalformedPDU(t *testing.T) {
	for _, test := range []struct {
		name string
		pdu  []byte
		want []Effect // of a buyer that waits for the seller
	}{
		{"an answer of the file", []byte{0x01, 0x07, 0x01, 0x00, 0x64}, badWord},
		{"an answer of the row", []byte{0x05, 0x01}, badWord},
		{"what is no PDU", []byte{0x77}, badWord},
		{"too short", []byte{0x03}, badWord},
		{"a Sorry that is too long", []byte{0x04, 0x03, 0x00}, []Effect{
			{Kind: EffectBroken, Reason: Nobody}, {Kind: EffectStopTimer},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := pair(100, 100)[Buyer]
			d.Step(nil, EventBuy)
			d.out = nil
			got := d.Receive(nil, test.pdu)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("effects (-want +got):\n%s", diff)
			}
		})
	}
}

// badWord is how a deal ends over something that it did not understand.
var badWord = []Effect{
	{Kind: EffectSend, PDU: []byte{0x04, byte(BadWord)}},
	{Kind: EffectBroken, Reason: BadWord},
	{Kind: EffectStopTimer},
}

func TestGrid(t *testing.T) {
	tests := []struct {
		buyer, seller Payment
		friends, rain bool
		want          Payment
		ok            bool
	}{
		{Cash, Card, false, false, Cash, true},
		{Cash, Barter, false, false, Barter, true},
		{Card, Barter, false, false, Cash, true},
		{Cash, Cash, true, false, Barter, true},
		{Cash, Cash, true, true, Cash, true},
		{Cash, 3, false, false, 0, false},
		{3, Cash, false, false, 0, false},
	}
	for _, test := range tests {
		got, ok := usualPayment(Table(), test.buyer, test.seller, test.friends, test.rain)
		if got != test.want || ok != test.ok {
			t.Errorf("usualPayment(%v, %v, %v, %v) = %v, %v; want %v, %v",
				test.buyer, test.seller, test.friends, test.rain, got, ok, test.want, test.ok)
		}
	}
}

func TestNames(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{StateAwaitCoin.String(), "AwaitCoin"},
		{State(200).String(), "State(0xc8)"},
		{EventChoose.String(), "Choose"},
		{EventOrder.String(), "Order"},
		{EventYawned.String(), "Yawned"},
		{EffectSlam.String(), "Slam"},
		{EffectStopTimer.String(), "StopTimer"},
		{TimerBoredom.String(), "boredom"},
		{TimerBoredom.Duration().String(), "1m0s"},
		{TimerPatience.Event().String(), "Timeout"},
		{CodeCoin.String(), "Coin"},
		{PDUCode(0).String(), "PDUCode(0x00)"},
		{TooDear.String(), "too dear"},
		{Nobody.String(), "Nobody"},
		{(GoodsBread | GoodsEggs | 0x40).String(), "Bread|Eggs|0x40"},
		{Goods(0).String(), "0x00"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	deals := pair(100, 100)
	effects := make([]Effect, 0, 16)
	scratch := make([]byte, 0, 64)
	d := deals[Buyer]
	start := d.machine
	agree, price := []byte{0x02, 0x01}, []byte{0x03, 0x00, 0x64}
	if n := testing.AllocsPerRun(100, func() {
		d.machine, d.out = start, scratch
		effects = d.Step(effects[:0], EventBuy)
		effects = d.Receive(effects[:0], agree)
		effects = d.Receive(effects[:0], price)
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
	if d.State() == StateIdle {
		t.Error("the deal went nowhere")
	}
}

func TestTookHearsOfRules(t *testing.T) {
	d := New(Table(), Seller)
	var got []table.Step
	d.Took = func(s table.Step) { got = append(got, s) }
	d.Step(nil, EventCall)
	if len(got) != 1 || State(got[0].To) != StateCalling || EventKind(got[0].Event) != EventCall {
		t.Errorf("steps %+v, want one to Calling", got)
	}
}
