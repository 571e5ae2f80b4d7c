package smp

// supply is random octets of the system, drawn for several values of one pairing
// at once: to ask for 64 takes hardly longer than to ask for two. What was handed
// out is wiped, and the rest when the pairing ends.
type supply struct {
	octets [64]byte //vet:secret
	left   int      // at the end of octets
}

// draw fills p.
func (s *supply) draw(p []byte) {
	for len(p) > 0 {
		if s.left == 0 {
			fillRandom(s.octets[:])
			s.left = len(s.octets)
		}
		rest := s.octets[len(s.octets)-s.left:]
		n := copy(p, rest)
		clear(rest[:n])
		s.left -= n
		p = p[n:]
	}
}

// draw fills b from Config.Rand, or from the supply where there is none.
func (p *Procedure) draw(b []byte) {
	if p.supplied {
		p.supply.draw(b)
		return
	}
	p.config.Rand(b)
}
