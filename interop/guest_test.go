//go:build interop

package interop

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"

	"blesmp/hci/virtual"
)

// guest is a User Mode Linux process whose init obeys us.
type guest struct {
	cmd     *exec.Cmd
	control net.Conn
	log     *journal
	done    chan struct{} // closed when the process has ended

	write sync.Mutex
	on    func(*guest, guestEvent)
}

// guests counts guests, for their names.
var guests atomic.Int64

// guestRequest and guestEvent are the lines of linux/guest.
type guestRequest struct {
	Do      string   `json:"do"`
	ID      int      `json:"id,omitempty"`
	Data    string   `json:"data,omitempty"`
	Address string   `json:"address,omitempty"`
	Type    uint8    `json:"type,omitempty"`
	Level   uint8    `json:"level,omitempty"`
	Args    []string `json:"args,omitempty"`
}

type guestEvent struct {
	Event string `json:"event"`
	ID    int    `json:"id"`
	Data  string `json:"data"`
	Error string `json:"error"`
}

// boot starts a guest whose hci0 is on this controller. on is called for every
// line of the guest.
func boot(ctx context.Context, w *world, name string, c *virtual.Controller, on func(*guest, guestEvent)) (*guest, error) {
	root := filepath.Join(w.dir, name)
	for _, d := range []string{"dev", "proc", "sys", "tmp"} {
		if err := os.MkdirAll(filepath.Join(root, d), 0o755); err != nil {
			return nil, err
		}
	}
	for program, path := range map[string]string{"init": guestInit, "smp": smpProgram} {
		if err := link(path, filepath.Join(root, program)); err != nil {
			return nil, err
		}
	}
	seed := make([]byte, 64)
	_, _ = rand.Read(seed)
	if err := os.WriteFile(filepath.Join(root, "seed"), seed, 0o600); err != nil {
		return nil, err
	}
	hciHere, hciThere, err := socketpair()
	if err != nil {
		return nil, err
	}
	controlHere, controlThere, err := socketpair()
	if err != nil {
		return nil, err
	}
	defer func() { _ = hciThere.Close(); _ = controlThere.Close() }()
	if err := w.serve(name, c, hciHere); err != nil {
		return nil, err
	}
	g := &guest{control: controlHere, log: w.log, on: on, done: make(chan struct{})}
	g.cmd = exec.CommandContext(ctx, kernelPath,
		"mem=128M", "rootfstype=hostfs", "rootflags="+root, "root=/dev/root", "rw", "init=/init",
		"con0=fd:0,fd:1", "con=null", "ssl0=fd:3,fd:3", "ssl1=fd:4,fd:4", "loglevel=4", "panic=1",
		fmt.Sprintf("umid=%d", guests.Add(1)), "uml_dir="+guestDir)
	g.cmd.ExtraFiles = []*os.File{hciThere, controlThere}
	g.cmd.Stdout, g.cmd.Stderr = w.log, w.log
	g.cmd.Dir = root
	g.cmd.Env = append(os.Environ(), "HOME="+root)
	// The kernel is several processes: they are ended together.
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	g.cmd.Cancel = func() error { return syscall.Kill(-g.cmd.Process.Pid, syscall.SIGKILL) }
	if err := g.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = g.cmd.Wait()
		close(g.done)
	}()
	go g.read()
	return g, nil
}

func link(from, to string) error {
	if err := os.Link(from, to); err == nil {
		return nil
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o755)
}

// socketpair gives a connection, and the other end for a child.
func socketpair() (net.Conn, *os.File, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	here := os.NewFile(uintptr(fds[0]), "here")
	defer func() { _ = here.Close() }()
	conn, err := net.FileConn(here)
	return conn, os.NewFile(uintptr(fds[1]), "there"), err
}

func (g *guest) read() {
	lines := bufio.NewReader(g.control)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			if !errors.Is(err, io.EOF) {
				g.log.printf("guest: %v", err)
			}
			return
		}
		var e guestEvent
		if err := json.Unmarshal(line, &e); err != nil {
			g.log.printf("guest: %q: %v", line, err)
			continue
		}
		g.log.printf("guest> %s", line[:len(line)-1])
		g.on(g, e)
	}
}

func (g *guest) do(r guestRequest) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	g.log.printf("guest< %s", line)
	g.write.Lock()
	defer g.write.Unlock()
	_, err = g.control.Write(append(line, '\n'))
	return err
}

// stop ends the guest, if need be by force.
func (g *guest) stop() {
	_ = syscall.Kill(-g.cmd.Process.Pid, syscall.SIGKILL)
	<-g.done
	_ = g.control.Close()
}
