package hci

// queue is first in, first out. Its memory is used again, so that what comes and
// goes allocates nothing. The zero value is empty.
type queue[T any] struct {
	items []T
	first int // index of the oldest
}

// keptCapacity is how many items an empty queue keeps room for: a link has
// queues, and there may be thousands of links.
const keptCapacity = 8

func (q *queue[T]) len() int { return len(q.items) - q.first }

// all are the items, oldest first, valid until the queue changes.
func (q *queue[T]) all() []T { return q.items[q.first:] }

// oldest gives the item whose turn is next; there is one.
func (q *queue[T]) oldest() T { return q.items[q.first] }

func (q *queue[T]) push(item T) {
	if q.first > 0 && len(q.items) == cap(q.items) && q.first >= len(q.items)/2 {
		q.keep(q.all())
	}
	q.items = append(q.items, item)
}

// drop takes the n oldest off.
func (q *queue[T]) drop(n int) {
	clear(q.items[q.first : q.first+n])
	q.first += n
	if q.first < len(q.items) {
		return
	}
	q.items, q.first = q.items[:0], 0
	if cap(q.items) > keptCapacity {
		q.items = nil
	}
}

// pop takes the oldest off; there is one.
func (q *queue[T]) pop() T {
	item := q.items[q.first]
	q.drop(1)
	return item
}

// keep makes these of the items all that there are.
func (q *queue[T]) keep(items []T) {
	n := copy(q.items, items)
	clear(q.items[n:])
	q.items, q.first = q.items[:n], 0
}
