package mutate

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

// Pool judges mutants in processes of their own, so that one that panics or
// hangs ends nothing but itself.
type Pool struct {
	// Command gives a process that runs Serve on its standard input and output.
	Command func(ctx context.Context) *exec.Cmd

	Workers int           // how many processes run at once
	Limit   time.Duration // for one mutant
}

// Serve reads numbers of mutants, one a line, and writes a Verdict for each, as
// one line of JSON.
func Serve(ctx context.Context, j *Judge, in io.Reader, out io.Writer) error {
	var id int
	for {
		switch _, err := fmt.Fscanln(in, &id); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		v, err := j.Judge(ctx, id)
		if err != nil {
			return err
		}
		if err := json.NewEncoder(out).Encode(v); err != nil {
			return err
		}
	}
}

// Run judges mutants and tells each verdict, one call at a time. When the ctx
// ends it returns; mutants that were not finished are not told. The error says
// that a process could not be started.
func (p *Pool) Run(ctx context.Context, ids []int, tell func(id int, v Verdict)) error {
	queue := make(chan int, len(ids))
	for _, id := range ids {
		queue <- id
	}
	close(queue)
	var mu sync.Mutex
	var failed error
	var all sync.WaitGroup
	for range max(p.Workers, 1) {
		all.Go(func() {
			err := p.work(ctx, queue, func(id int, v Verdict) {
				mu.Lock()
				defer mu.Unlock()
				tell(id, v)
			})
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
		})
	}
	all.Wait()
	return failed
}

func (p *Pool) work(ctx context.Context, queue <-chan int, tell func(int, Verdict)) error {
	var w *worker
	defer func() { w.stop() }()
	for id := range queue {
		if ctx.Err() != nil {
			return nil
		}
		if w == nil {
			var err error
			if w, err = p.start(ctx); err != nil {
				return err
			}
		}
		v, alive := w.judge(ctx, id, p.Limit)
		if ctx.Err() != nil {
			return nil
		}
		tell(id, v)
		if !alive {
			w.stop()
			w = nil
		}
	}
	return nil
}

// worker is one process.
type worker struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers chan string // closed at the process's end
	said    bytes.Buffer
}

func (p *Pool) start(ctx context.Context) (*worker, error) {
	w := &worker{cmd: p.Command(ctx), answers: make(chan string, 1)}
	w.cmd.Stderr = &w.said
	w.cmd.WaitDelay = time.Second
	in, err := w.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := w.cmd.Start(); err != nil {
		return nil, err
	}
	w.in = in
	go func() {
		defer close(w.answers)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			w.answers <- lines.Text()
		}
	}()
	return w, nil
}

// judge gives the verdict, and whether the process can go on.
func (w *worker) judge(ctx context.Context, id int, limit time.Duration) (Verdict, bool) {
	late := time.NewTimer(limit)
	defer late.Stop()
	// A process that has ended shows in its answers.
	_, _ = fmt.Fprintln(w.in, id)
	select {
	case <-ctx.Done():
		return Verdict{}, false
	case <-late.C:
		return Verdict{Hang, fmt.Sprintf("no end within %v", limit)}, false
	case line, ok := <-w.answers:
		var v Verdict
		if !ok || json.Unmarshal([]byte(line), &v) != nil {
			_ = w.cmd.Wait() // its own words tell more
			return Verdict{Crash, firstLine(w.said.String())}, false
		}
		return v, true
	}
}

// stop ends the process.
func (w *worker) stop() {
	if w == nil {
		return
	}
	_ = w.in.Close()
	_ = w.cmd.Process.Kill()
	for range w.answers {
	}
	_ = w.cmd.Wait()
}
