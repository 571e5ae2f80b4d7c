package toolbox

import "errors"

// ErrNotRandom is returned where a random source gives one value out of range
// after another, as it does when it is stuck at zeros or ones.
var ErrNotRandom = errors.New("toolbox: the random source is stuck")

// maxDraws bounds the attempts to draw a value that is in range. A good source
// misses with a chance below 2^-20 each time.
const maxDraws = 8
