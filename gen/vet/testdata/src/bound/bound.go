package bound

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

	"example/gen/table"
)

type Procedure struct {
	table   *table.Table
	machine table.Machine
	octets  [4]byte
	list    []byte
	keys    map[string]int
	inner   *inner
	n       int
	rand    func([]byte)
	ask     func(string) *inner
	mu      sync.Mutex
	hits    atomic.Int64
	out     chan int
}

type inner struct{ n int }

func (i *inner) bump()     { i.n++ }
func (i inner) value() int { i.n++; return i.n }

var total int

func (p *Procedure) vars() *vars { return (*vars)(&p.machine.Slots) }

// Step is what actions may not call.
func (p *Procedure) Step(event uint8) { p.table.Step(&p.machine, event) }

func (p *Procedure) fine() {
	p.n++
	p.vars().setRound(1)
	_ = p.table.Name(p.machine.State)
}
func (p *Procedure) again()    { p.Step(1) }                        // want `action again calls Step`
func (p *Procedure) byTable()  { p.table.Step(&p.machine, 1) }      // want `action byTable writes the machine` `action byTable calls Step`
func (p *Procedure) byHelper() { p.later() }                        //
func (p *Procedure) later()    { func() { p.machine.State = 2 }() } // want `action byHelper writes the machine's State`
func (p *Procedure) jump()     { p.machine.State++ }                // want `action jump writes the machine's State`
func (p *Procedure) turn()     { p.machine.Role = 1 }               // want `action turn writes the machine's Role`
func (p *Procedure) whole()    { p.machine = table.Machine{} }      // want `action whole writes the machine:`
func (p *Procedure) pointed() {
	state := &p.machine.State // want `action pointed writes the machine's State`
	*state = 3
}

func (p *Procedure) looks() bool {
	return p.n > 1 && p.vars().Round() == 2 && p.inner.value() > 0 && p.ask("x") != nil && p.hits.Load() > 0
}

// scratches writes, but only to what it has made itself.
func (p *Procedure) scratches() bool {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], 7)
	fill(sum[:])
	fresh := &inner{n: p.n}
	fresh.bump()
	seen := map[string]int{}
	seen["x"]++
	list := append([]byte(nil), p.list...)
	list[0] = 1
	octets := p.octets
	octets[1] = 2
	p.rand(octets[:])
	return sum == octets
}

func fill(b []byte) { b[0] = 1 }

func (p *Procedure) fills() bool  { fill(p.octets[:]); return true }    // want `guard fills writes by calling fill`
func (p *Procedure) writes() bool { p.n = 1; return true }              // want `guard writes writes p.n`
func (p *Procedure) counts() bool { p.inner.n++; return true }          // want `guard counts writes p.inner.n`
func (p *Procedure) global() bool { total++; return true }              // want `guard global writes total`
func (p *Procedure) copies() bool { return copy(p.octets[:], "x") > 0 } // want `guard copies writes by calling copy`
func (p *Procedure) helps() bool  { return p.deep(2) }                  // want `guard helps writes by calling p.deep`
func (p *Procedure) reaches() bool {
	i := p.inner
	i.bump() // want `guard reaches writes by calling i.bump`
	return true
}
func (p *Procedure) acts() bool   { p.fine(); return true }             // want `guard acts calls action fine`
func (p *Procedure) setter() bool { p.vars().setRound(3); return true } // want `guard setter writes by calling`
func (p *Procedure) remote() bool {
	binary.BigEndian.PutUint32(p.octets[:], 7) // want `guard remote writes by calling binary.BigEndian.PutUint32`
	return true
}
func (p *Procedure) source() bool { p.rand(p.octets[:]); return true } // want `guard source writes by calling p.rand`
func (p *Procedure) alias() bool {
	p.ask("x").n = 1    // want `guard alias writes p.ask\("x"\).n`
	delete(p.keys, "x") // want `guard alias writes by calling delete`
	return true
}
func (p *Procedure) locks() bool {
	p.mu.Lock()              // want `guard locks writes by calling p.mu.Lock`
	return p.hits.Add(1) > 0 // want `guard locks writes by calling p.hits.Add`
}
func (p *Procedure) sends() bool { p.out <- 1; return true } // want `guard sends sends to p.out`
func (p *Procedure) literal() bool {
	func() { p.n = 2 }() // want `guard literal writes p.n`
	return true
}
func (p *Procedure) meant() bool {
	//vet:allow guards: a count of questions for the fixture
	p.n++
	return true
}

func (p *Procedure) deep(n int) bool {
	if n > 0 {
		return p.deep(n - 1)
	}
	p.list[0] = 1
	return true
}
