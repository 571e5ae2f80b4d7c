//go:build linux

package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// request is one line from the host:
//
//	mgmt       send Data to the management socket, which is opened first
//	connect    connect socket ID on the ATT channel to Address at security Level
//	listen     listen on the ATT channel at security Level; sockets that come
//	           get the numbers from ID on
//	security   raise socket ID to security Level
//	write      write Data, as it is, to the file Args[0]; "done" answers
//	run        run the program Args; its output comes line by line
//	off        end
type request struct {
	Do      string   `json:"do"`
	ID      int      `json:"id,omitempty"`
	Data    string   `json:"data,omitempty"`    // hexadecimal
	Address string   `json:"address,omitempty"` // hexadecimal, most significant octet first
	Type    uint8    `json:"type,omitempty"`    // 1 public, 2 random
	Level   uint8    `json:"level,omitempty"`   // 1 to 4
	Args    []string `json:"args,omitempty"`
}

// response is one line to the host: an event, or the answer to the request with
// this number.
type response struct {
	Event string `json:"event"`
	ID    int    `json:"id,omitempty"`
	Data  string `json:"data,omitempty"`
	Error string `json:"error,omitempty"`
}

func (s *server) handle(r request) {
	var err error
	switch r.Do {
	case "mgmt":
		err = s.manage(r)
	case "connect":
		go s.connect(r)
	case "listen":
		err = s.listen(r)
	case "security":
		err = s.security(r)
	case "write":
		err = s.writeFile(r)
	case "run":
		go s.run(r)
	default:
		err = fmt.Errorf("no request %q", r.Do)
	}
	if err != nil {
		s.say(response{Event: "error", ID: r.ID, Error: r.Do + ": " + err.Error()})
	}
}

// manage sends one management packet, and starts to report those that come.
func (s *server) manage(r request) error {
	if s.mgmt == 0 {
		fd, err := unix.Socket(unix.AF_BLUETOOTH, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.BTPROTO_HCI)
		if err != nil {
			return err
		}
		if err := unix.Bind(fd, &unix.SockaddrHCI{Dev: noDevice, Channel: unix.HCI_CHANNEL_CONTROL}); err != nil {
			return err
		}
		s.mgmt = fd
		go func() {
			buf := make([]byte, 4096)
			for {
				n, err := unix.Read(fd, buf)
				if err != nil {
					s.fatal(err)
					return
				}
				s.say(response{Event: "mgmt", Data: hex.EncodeToString(buf[:n])})
			}
		}()
	}
	packet, err := hex.DecodeString(r.Data)
	if err != nil {
		return err
	}
	_, err = unix.Write(s.mgmt, packet)
	return err
}

// noDevice binds the management socket to no device in particular.
const noDevice = 0xffff

// attChannel is the fixed channel of the Attribute Protocol.
const attChannel = 4

// open makes a socket of the ATT channel. Its sockets stay open until the guest
// ends: kernels 6.1 do not survive it if one is closed after its link.
func open(address [6]byte, kind, level uint8) (int, error) {
	fd, err := unix.Socket(unix.AF_BLUETOOTH, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, unix.BTPROTO_L2CAP)
	if err != nil {
		return 0, err
	}
	if err := unix.Bind(fd, &unix.SockaddrL2{CID: attChannel, Addr: address, AddrType: kind}); err != nil {
		return 0, fmt.Errorf("bind: %w", err)
	}
	return fd, setSecurity(fd, level)
}

// btSecurity is the socket option BT_SECURITY: level and key size, an octet each.
const btSecurity = 4

func setSecurity(fd int, level uint8) error {
	err := unix.SetsockoptString(fd, unix.SOL_BLUETOOTH, btSecurity, string([]byte{level, 0}))
	if err != nil {
		return fmt.Errorf("BT_SECURITY: %w", err)
	}
	return nil
}

// connect answers when the link is as secure as was asked for.
func (s *server) connect(r request) {
	fd, err := open([6]byte{}, unix.BDADDR_LE_PUBLIC, max(r.Level, 1))
	if err == nil {
		var octets []byte
		octets, err = hex.DecodeString(r.Address)
		if err == nil && len(octets) != 6 {
			err = errors.New("an address has six octets")
		}
		if err == nil {
			err = unix.Connect(fd, &unix.SockaddrL2{CID: attChannel, Addr: [6]byte(octets), AddrType: r.Type})
		}
	}
	s.opened("connected", r.ID, fd, err)
}

func (s *server) listen(r request) error {
	fd, err := open([6]byte{}, unix.BDADDR_LE_PUBLIC, max(r.Level, 1))
	if err != nil {
		return err
	}
	if err := unix.Listen(fd, 5); err != nil {
		return err
	}
	go func() {
		for id := r.ID; ; id++ {
			next, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
			s.opened("accepted", id, next, err)
			if err != nil {
				return
			}
		}
	}()
	return nil
}

func (s *server) opened(event string, id, fd int, err error) {
	a := response{Event: event, ID: id}
	if err != nil {
		a.Error = err.Error()
	} else {
		s.mu.Lock()
		s.sockets[id] = fd
		s.mu.Unlock()
	}
	s.say(a)
}

func (s *server) security(r request) error {
	s.mu.Lock()
	fd, ok := s.sockets[r.ID]
	s.mu.Unlock()
	if !ok {
		return fmt.Errorf("no socket %d", r.ID)
	}
	return setSecurity(fd, r.Level)
}

// writeFile sets a variable of the kernel.
func (s *server) writeFile(r request) error {
	if len(r.Args) != 1 {
		return errors.New("no file")
	}
	if err := os.WriteFile(r.Args[0], []byte(r.Data), 0); err != nil {
		return err
	}
	s.say(response{Event: "done", ID: r.ID})
	return nil
}

// run reports what a program says, and how it ends.
func (s *server) run(r request) {
	err := func() error {
		if len(r.Args) == 0 {
			return errors.New("no program")
		}
		out, in, err := os.Pipe()
		if err != nil {
			return err
		}
		cmd := exec.Command(r.Args[0], r.Args[1:]...)
		cmd.Stdout, cmd.Stderr = in, in
		cmd.Dir = "/tmp"
		cmd.Env = []string{"HOME=/tmp", "TMPDIR=/tmp"}
		err = cmd.Start()
		_ = in.Close()
		if err != nil {
			return err
		}
		lines := bufio.NewReader(out)
		for {
			line, err := lines.ReadString('\n')
			if line != "" {
				s.say(response{Event: "output", ID: r.ID, Data: line})
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
		}
		return cmd.Wait()
	}()
	a := response{Event: "ended", ID: r.ID}
	if err != nil {
		a.Error = err.Error()
	}
	s.say(a)
}
