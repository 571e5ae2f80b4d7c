package transport

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// Listen waits for hosts at tcp:HOST:PORT or unix:PATH, the addresses at which
// Open reaches what is served there. Port 0 stands for any that is free. What a
// process that is gone has left at a unix path is put aside; a path that somebody
// serves, or that is no socket, is an error. Closing the listener removes the
// path.
//
// The context limits this call only. Errors are those of Open.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	t, err := parse(address)
	if err != nil {
		return nil, err
	}
	if t.scheme != "tcp" && t.scheme != "unix" {
		return nil, &AddressError{Address: address, Problem: "a controller is served at tcp:HOST:PORT or unix:PATH"}
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, t.scheme, t.name)
	if err != nil && t.scheme == "unix" && errors.Is(err, syscall.EADDRINUSE) && abandoned(t.name) {
		if os.Remove(t.name) == nil {
			listener, err = config.Listen(ctx, t.scheme, t.name)
		}
	}
	if err == nil {
		return listener, nil
	}
	failed := &OpenError{Address: address, Err: rootOf(err)}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		failed.Problem, failed.Try = "somebody listens there, or something else has this name", "another address"
	case errors.Is(err, syscall.EACCES):
		failed.Problem, failed.Try = "no permission to listen there", "another address"
	case errors.Is(err, syscall.ENOENT):
		failed.Problem, failed.Try = "the folder does not exist", "another path"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		failed.Problem, failed.Try = "this machine has no such address", "tcp:127.0.0.1:9001"
	}
	return nil, failed
}

// abandoned reports whether a path is a socket at which nobody listens.
func abandoned(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&os.ModeSocket == 0 {
		return false
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		_ = conn.Close()
		return false
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}
