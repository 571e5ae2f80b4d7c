package chance

import "time"

var start = time.Now()
