package virtual

// fifo is a queue whose memory is used again when it has been empty.
type fifo[T any] struct {
	items []T
	first int // of items, that is still in the queue
}

func (q *fifo[T]) put(item T) { q.items = append(q.items, item) }

func (q *fifo[T]) empty() bool { return q.first == len(q.items) }

// take gives the oldest item; there has to be one.
func (q *fifo[T]) take() T {
	var none T
	item := q.items[q.first]
	q.items[q.first] = none
	if q.first++; q.empty() {
		q.items, q.first = q.items[:0], 0
	}
	return item
}
