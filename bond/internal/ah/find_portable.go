//go:build (!amd64 && !arm64) || purego

package ah

import "blesmp/bt"

func find(keys []bt.Key, prand, hash [3]byte) int { return portable(keys, prand, hash) }
