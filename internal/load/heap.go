package load

import "runtime"

// Memory is how much memory the process uses now, in octets: the spans of the
// heap that are in use and all stacks, after the garbage has been collected.
func Memory() int64 {
	runtime.GC()
	runtime.GC() // what the first one took from the pools
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapInuse + s.StackInuse)
}
