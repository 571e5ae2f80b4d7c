package smp

import "blesmp/bt"

// A link may be made while the worker of the peer's last one still keeps its bond.
// What comes on the new link waits until that is done, or the key would not be
// found, and the peer be told that it is lost.

// ends notes that the link of a session is gone, before its worker knows.
func (m *Manager) ends(s *Session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, noted := m.ending[s]
	if m.sessions[s.link] == s && !noted {
		m.ending[s] = nil
	}
}

// follow has a new session wait for all that are ending and may be of the same
// peer. m.mu is held.
func (m *Manager) follow(s *Session) {
	for before := range m.ending {
		if samePeer(before.link, s.link) {
			m.ending[before] = append(m.ending[before], s)
			s.held++
		}
	}
}

// samePeer reports whether two links may be of one peer: a private address that
// nobody could resolve may be anybody's.
func samePeer(before, now bt.Link) bool {
	return now.PeerAddress() == before.PeerAddress() || now.PeerIdentity() == before.PeerIdentity() || now.PeerIdentity().IsResolvable()
}

// ended lets those go on that wait for a session. It is out of the manager
// then.
func (m *Manager) ended(s *Session) {
	m.mu.Lock()
	delete(m.sessions, s.link)
	waiting := m.ending[s]
	delete(m.ending, s)
	m.mu.Unlock()
	for _, next := range waiting {
		next.goOn()
	}
}

// goOn counts one of the sessions before as ended; after the last the worker
// starts.
func (s *Session) goOn() {
	s.mu.Lock()
	s.held--
	start := s.held == 0 && s.workspace != nil && !s.working
	s.working = s.working || start
	s.mu.Unlock()
	if start {
		s.manager.staff.take(s)
	}
}

// recognize is for a session that has waited: only now there is the bond that
// tells who the peer is.
func (s *Session) recognize() {
	s.procedure.peerIdentity = s.identify()
	if s.publish() {
		s.wake()
	}
	if s.manager.options.EncryptBonded {
		s.encryptBonded()
	}
}
