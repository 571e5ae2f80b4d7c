package table

// Combine gives the value of an operation that looks at both of its sides, from
// Eq to Without; it is 0 for any other. A truth value is 0 or 1. Who runs a table
// calculates in octets, as the machine does; who reasons about one in int, in
// which what leaves the octet can be seen.
func Combine[N uint8 | int](op NodeOp, a, b N) N {
	switch op {
	case Eq:
		return truth[N](a == b)
	case Ne:
		return truth[N](a != b)
	case Lt:
		return truth[N](a < b)
	case Le:
		return truth[N](a <= b)
	case Gt:
		return truth[N](a > b)
	case Ge:
		return truth[N](a >= b)
	case Has:
		return truth[N](a&b == b)
	case Add:
		return a + b
	case Sub:
		return a - b
	case With:
		return a | b
	case Without:
		return a &^ b
	}
	return 0
}

// Truth gives a truth value as a slot holds it.
func Truth(b bool) uint8 { return truth[uint8](b) }

func truth[N uint8 | int](b bool) N {
	if b {
		return 1
	}
	return 0
}
