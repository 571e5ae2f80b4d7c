//go:build !purego

package ah

// The features in ECX of CPUID leaf 1.
const (
	featureSSSE3 = 1 << 9
	featureAES   = 1 << 25
)

// hasAES says whether the processor has what the assembly uses.
var hasAES = features()&(featureSSSE3|featureAES) == featureSSSE3|featureAES

// features gives ECX of CPUID leaf 1, which every processor with 64 bits has.
func features() uint32
