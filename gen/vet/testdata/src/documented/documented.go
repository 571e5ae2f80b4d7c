// Package documented has names with comments and names without.
package documented

// Good is fine.
type Good struct{}

type Bare struct{} // want `Bare is exported and has no doc comment`

// This is a type.
type Named struct{} // want `the doc comment of Named has to begin with its name`

// Goods is another word.
type Good2 struct{} // want `the doc comment of Good2 has to begin with its name`

// Half has no end
type Half struct{} // want `Half has to be a sentence`

// Do does it.
func (*Good) Do() {}

func (Good) Undone() {} // want `Undone is exported and has no doc comment`

func (hidden) Undone() {}

type hidden struct{}

// Two counts. It has
// two sentences:
//
//	and an example
const Two = 2

const One = 1 // want `One is exported and has no doc comment`

// The sizes.
const (
	Small = 1
	Large = 2
)

const (
	Red = 1 // like a rose
	// Blue is like the sky.
	Blue = 2
	// The colour of grass.
	Green = 3 // want `the doc comment of Green has to begin with its name`
	Grey  = /* want `Grey is exported and has no doc comment, and its group has none` */ 4
)

func New() {} // want `New is exported and has no doc comment`
