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
	Limit   time.Duration // for one means to look at one mutant; see patience
}

// patience is how often the limit those means may take that need long for what
// is no mutant too.
var patience = map[string]time.Duration{Tests: 3, Compile: 10, Verify: 10, Engines: 10}

func (p *Pool) limit(means string) time.Duration { return p.Limit * max(1, patience[means]) }

// answer is what a process says about a mutant.
type answer struct {
	Verdict
	Begins string `json:"begins,omitempty"` // there is no verdict yet: this means looks now
	Error  string `json:"error,omitempty"`  // why there is no verdict
}

// Serve reads numbers of mutants, one a line, and writes a Verdict for each, as
// one line of JSON, or that there can be none. Lines before it tell how far it
// has come.
func Serve(ctx context.Context, j *Judge, in io.Reader, out io.Writer) error {
	var id int
	say := json.NewEncoder(out)
	teller := *j
	teller.Begins = func(means string) { _ = say.Encode(answer{Begins: means}) } // the verdict's error counts
	for {
		switch _, err := fmt.Fscanln(in, &id); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		v, err := teller.Judge(ctx, id)
		a := answer{Verdict: v}
		if err != nil {
			a.Error = err.Error()
		}
		if err := say.Encode(a); err != nil {
			return err
		}
	}
}

// Run judges mutants and tells each verdict, one call at a time. When the ctx
// ends it returns; mutants that were not finished are not told. It gives the
// processor time of all processes, and of those that they waited for. The error
// says that a process could not be started.
func (p *Pool) Run(ctx context.Context, ids []int, tell func(id int, v Verdict)) (spent time.Duration, failed error) {
	queue := make(chan int, len(ids))
	for _, id := range ids {
		queue <- id
	}
	close(queue)
	var mu sync.Mutex
	var all sync.WaitGroup
	for range max(p.Workers, 1) {
		all.Go(func() {
			took, err := p.work(ctx, queue, func(id int, v Verdict) {
				mu.Lock()
				defer mu.Unlock()
				tell(id, v)
			})
			mu.Lock()
			defer mu.Unlock()
			spent, failed = spent+took, errors.Join(failed, err)
		})
	}
	all.Wait()
	return spent, failed
}

func (p *Pool) work(ctx context.Context, queue <-chan int, tell func(int, Verdict)) (spent time.Duration, err error) {
	var w *worker
	defer func() { spent += w.stop() }()
	for id := range queue {
		if ctx.Err() != nil {
			return spent, nil
		}
		if w == nil {
			if w, err = p.start(ctx); err != nil {
				return spent, err
			}
		}
		v, alive, err := w.judge(ctx, id, p.limit)
		if ctx.Err() != nil {
			return spent, nil
		}
		if err != nil {
			return spent, err
		}
		tell(id, v)
		if !alive {
			spent += w.stop()
			w = nil
		}
	}
	return spent, nil
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

// judge gives the verdict, and whether the process can go on. The error says
// that there can be no verdict.
func (w *worker) judge(ctx context.Context, id int, limit func(means string) time.Duration) (Verdict, bool, error) {
	at := Static
	late := time.NewTimer(limit(at))
	defer late.Stop()
	// A process that has ended shows in its answers.
	_, _ = fmt.Fprintln(w.in, id)
	for {
		select {
		case <-ctx.Done():
			return Verdict{}, false, ctx.Err()
		case <-late.C:
			return Verdict{Hang, fmt.Sprintf("%s has no end within %v", at, limit(at))}, false, nil
		case line, ok := <-w.answers:
			var a answer
			if !ok || json.Unmarshal([]byte(line), &a) != nil {
				_ = w.cmd.Wait() // its own words tell more
				return Verdict{Crash, firstLine(w.said.String())}, false, nil
			}
			if a.Error != "" {
				return Verdict{}, false, errors.New(a.Error)
			}
			if a.Begins == "" {
				return a.Verdict, true, nil
			}
			at = a.Begins
			late.Reset(limit(at))
		}
	}
}

// stop ends the process and gives its processor time.
func (w *worker) stop() time.Duration {
	if w == nil {
		return 0
	}
	_ = w.in.Close()
	_ = w.cmd.Process.Kill()
	for range w.answers {
	}
	_ = w.cmd.Wait()
	if w.cmd.ProcessState == nil {
		return 0
	}
	return w.cmd.ProcessState.UserTime() + w.cmd.ProcessState.SystemTime()
}
