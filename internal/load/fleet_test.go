package load_test

import (
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"blesmp/bond"
	"blesmp/internal/floor"
	"blesmp/internal/load"
	"blesmp/smp"
)

func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestX(t *testing.T) {
	before := load.Memory()
	f := load.NewFleet(bond.NewMemory(), smp.Options{})
	start := time.Now()
	if err := f.Grow(t.Context(), 10000); err != nil {
		t.Fatal(err)
	}
	fmt.Println("grow", time.Since(start), f.Hosts())
	fmt.Println("MB", float64(load.Memory()-before)/1e6)
	p, release, err := f.Hold(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("MB holding", float64(load.Memory()-before)/1e6)
	release()
	took, err := p.Wait()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("MB after", float64(load.Memory()-before)/1e6)
	fl, _ := floor.New(floor.JustWorks, true)
	fl2, _ := floor.New(floor.JustWorks, true)
	for range 7 {
		start = time.Now()
		c0 := cpu()
		done := make(chan error)
		go func() { done <- fl2.RunN(500) }()
		fl.RunN(500)
		<-done
		fw := time.Since(start)
		fc := cpu() - c0
		start = time.Now()
		if err := f.Renew(t.Context(), 1000); err != nil {
			t.Fatal(err)
		}
		rn := time.Since(start)
		runtime.GC()
		start = time.Now()
		c0 = cpu()
		took, err = f.Pair(t.Context(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		sw := time.Since(start)
		sc := cpu() - c0
		slices.Sort(took)
		var sum time.Duration
		for _, x := range took {
			sum += x
		}
		fmt.Println("renew", rn, "floor", fw, "stack", sw, float64(sw)/float64(fw), "cpu", fc, sc, float64(sc)/float64(fc), "p99/mean", float64(took[989])/float64(sum/1000))
	}
	f.Close()
}
