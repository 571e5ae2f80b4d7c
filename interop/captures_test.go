//go:build interop

package interop

import "sync"

// everyCapture are the recordings of all cases.
var everyCapture captures

type captures struct {
	mu  sync.Mutex
	all []namedCapture
}

type namedCapture struct {
	name  string
	bytes []byte
}

func (c *captures) add(name string, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, namedCapture{name, b})
}
