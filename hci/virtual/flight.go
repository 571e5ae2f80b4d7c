package virtual

// flight is a PDU on its way. Its memory is used again.
type flight struct {
	from *end
	pdu  []byte
	done func() // runs when the peer has it; may be nil
	land func() // is arrive
}

// spareFlights is how many are kept for later.
const spareFlights = 64

// newFlight gives one without a PDU. An Interceptor may keep what it has seen, so
// that there each has memory of its own.
func (a *Air) newFlight() *flight {
	n := len(a.spare)
	if n == 0 || a.options.Interceptor != nil {
		f := new(flight)
		f.land = f.arrive
		return f
	}
	f := a.spare[n-1]
	a.spare = a.spare[:n-1]
	return f
}

// arrive hands the PDU to the peer, unless the link has ended meanwhile.
func (f *flight) arrive() {
	e, a := f.from, f.from.link.air
	e.travelling--
	if !e.link.gone {
		data := f.pdu[0]&headerLLID != llidControl
		if data { // first, so that the receiver's host, woken last, runs before the sender's
			e.finished(f.done)
		}
		e.peer.receive(f.pdu)
		if !data {
			e.finished(f.done)
		}
	}
	f.from, f.pdu, f.done = nil, f.pdu[:0], nil
	if len(a.spare) < spareFlights {
		a.spare = append(a.spare, f)
	}
}
