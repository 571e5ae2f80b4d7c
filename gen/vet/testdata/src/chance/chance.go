// Package chance is replayed.
//
//vet:deterministic
package chance

import (
	"context"
	other "math/rand"
	"math/rand/v2"
	"time"
)

// Clock is what a caller gives.
type Clock struct{ Now func() time.Time }

func chance(c Clock, r *other.Rand, ctx context.Context) {
	_ = c.Now().Add(time.Second)
	_ = r.Int()
	c.Now = time.Now                                 // want `uses the clock: time.Now`
	time.Sleep(1)                                    // want `uses the clock: time.Sleep`
	_, stop := context.WithTimeout(ctx, time.Second) // want `uses the clock: context.WithTimeout`
	stop()
	_ = other.Int()                 // want `uses math/rand.Int`
	_ = rand.New(rand.NewPCG(1, 2)) // want `uses math/rand/v2.New` `uses math/rand/v2.NewPCG`
	time.AfterFunc(1, stop)         //vet:allow deterministic: the fixture asks for it
	/* want `say why` */    //vet:allow deterministic
	time.Tick(1)            // want `uses the clock: time.Tick`
	_ = time.Since(c.Now()) // want `uses the clock: time.Since`
	_ = 1                   //vet:allow deterministic: nothing is here // want `nothing to allow`
}
